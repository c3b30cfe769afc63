"""Verbs and options that do not exist, with what was probably meant."""

from collections.abc import Collection
from difflib import get_close_matches

import click

from broker.cli import habits
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid


def unknown_option(error: click.NoSuchOption, ctx: click.Context, args: list[str]) -> UsageInvalid:
    """Make *error* one about the option as it was typed in *args*.

    Click reads an unknown `-foo` as `-f -o -o` and complains of `-f`.
    """
    known = {spelling for param in ctx.command.get_params(ctx) for spelling in param.opts}
    names = [arg.partition("=")[0] for arg in args]
    suspects = [n for n in names if n.startswith(error.option_name) and n not in known]
    typed = suspects[0] if suspects else error.option_name
    return unknown(
        "-" + typed.lstrip("-"),
        {"-" + spelling.lstrip("-") for spelling in known},
        ctx,
        code="option-unknown",
    )


def unknown(typed: str, known: Collection[str], ctx: click.Context, *, code: str) -> UsageInvalid:
    """The failure of naming what does not exist, with the nearest that does.

    *code* says what was to be named: `verb-unknown`.
    """
    what = code.removesuffix("-unknown")
    close = get_close_matches(typed, sorted(known), n=1, cutoff=0.7)
    guess = f"Did you mean {close[0]}? " if close else ""
    elsewhere = habits.OPTIONS.get(typed) if what == "option" else habits.VERBS.get(typed)
    guess = f"{elsewhere} " if elsewhere else guess
    if what == "option" and ctx.parent is None:
        guess = guess or "Options of a verb come after it. "
    return UsageInvalid(
        Diagnostic(
            code=code,
            subject=ctx.command_path,
            summary=f"There is no {what} {typed}",
            hint=f"{guess}`{ctx.command_path} -help` lists what there is.",
        )
    )
