"""`broker plan -destroy` and `broker plan -refresh-only`: what would go, and what drifted."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from broker.cli.changing import silent_means
from broker.cli.exit_codes import ExitCode
from broker.cli.options import is_asked_for
from broker.cli.written import check_apart
from broker.domain.errors import Denied

if TYPE_CHECKING:
    from broker.usecases.destroy import DestroyRequest, Removal
    from broker.usecases.drift import DriftFound
    from broker.usecases.operation import Means

DECIDING = (
    "against",
    "graph",
    "anew",
    "preview",
    "refresh",
    "allow_unplaced",
    "forget_stock_outs",
    "accept_missing_regions",
    "max_price_age",
    "price_tolerance",
    "ttl",
)
"""Options of a plan that is decided: neither of these is."""


def check_mode(given: dict[str, Any]) -> None:
    """Raise a usage error for options that do not go together, and for output over what is read."""
    modes = [name for name in ("destroy", "refresh_only") if given[name]]
    if len(modes) > 1:
        message = "-destroy and -refresh-only do not go together."
        raise click.UsageError(message)
    odd = [name for name in DECIDING if is_asked_for(name)]
    if "refresh_only" in modes:
        odd += [name for name in ("out", "target", "exclude") if given[name]]
    if given["drained"] and "destroy" not in modes:
        message = "-drained goes with -destroy: any other plan leaves it to the apply."
        raise click.UsageError(message)
    if modes and odd:
        raise click.UsageError(_odd(modes[0], odd[0].replace("anew", "replace")))
    parts = [name for name in ("target", "exclude") if given["ttl"] and given[name]]
    if parts:
        raise click.UsageError(_odd("ttl", parts[0]))
    for option, output in (("-json-into", given["json_into"]), ("-out", given["out"])):
        if modes and output is not None:
            check_apart(output, Path(given["fleet"]), option)


def _odd(mode: str, other: str) -> str:
    typed, with_it = (f"-{name.replace('_', '-')}" for name in (mode, other))
    if other == "out":
        return f"{typed} saves no plan: `broker apply -refresh-only` shows it again, and asks."
    return f"{typed} and {with_it} do not go together."


def plan_destroy(given: dict[str, Any]) -> ExitCode:
    """Show what `broker destroy` would take away, and save it if asked to.

    Raises Denied after that, if it would be refused; a program gets one document, which says why.
    """
    from broker import bootstrap
    from broker.cli.removing import removal_wanted
    from broker.cli.render.applied import NOTHING_TO_DESTROY
    from broker.cli.render.diagnostics import ending_document, log_diagnostics, print_diagnostics
    from broker.cli.render.removal import nothing_goes, render_removal
    from broker.cli.render.style import style_for
    from broker.usecases.destroy import foresee
    from broker.usecases.removal_documents import removal_document

    seen: list[Removal] = []

    def tell(removal: "Removal", **ending: Any) -> None:
        text = render_removal(removal, style_for(), lists_all=given["resources"])
        _print({**removal_document(removal), **ending}, text, given)

    print_diagnostics(bootstrap.stand_in_notice())
    request = removal_wanted({**given, "auto_approve": False})
    used = silent_means(given["parallelism"])
    work = bootstrap.live_work()
    try:
        removal = foresee(request, used, seen.append, warned=print_diagnostics, work=work)
    except Denied as error:
        for removal in seen:
            ending = ending_document(error.diagnostics, ExitCode.DENIED)
            tell(removal, **{**ending, "applyable": False})
        if seen and given["as_json"]:
            log_diagnostics(error.diagnostics)
            return ExitCode.DENIED
        raise
    if removal is None:
        unsaved = "" if given["out"] is None else "No plan is saved: there is nothing to apply.\n"
        _print(nothing_goes(), NOTHING_TO_DESTROY + unsaved, given)
        return ExitCode.OK
    tell(removal)
    _save(removal, request, used, given)
    return ExitCode.CHANGES if given["detailed_exitcode"] else ExitCode.OK


def _save(
    removal: "Removal", request: "DestroyRequest", used: "Means", given: dict[str, Any]
) -> None:
    """Save what goes, if asked to; what is recorded is what was read a moment ago, or apply says so."""
    from broker import bootstrap
    from broker.cli.render.plan import saved_note
    from broker.usecases.removal_plans import removal_plan

    out, state = given["out"], used.states.read()
    if out is None or state is None:
        return
    now = bootstrap.clock().now()
    plans = bootstrap.plan_files()
    document, bindings = removal_plan(
        removal, request, state, fleet=Path(given["fleet"]), issued_at=now
    )
    digest = plans.save(out, document, bindings)
    if not given["as_json"]:
        sys.stdout.write("\n" + saved_note(str(out), digest))


def plan_refresh_only(given: dict[str, Any]) -> ExitCode:
    """Show what `broker apply -refresh-only` would put into the record."""
    from broker import bootstrap
    from broker.cli.render.diagnostics import print_diagnostics
    from broker.cli.render.drift import drift_document, nothing_recorded, render_drift
    from broker.cli.render.style import style_for

    print_diagnostics(bootstrap.stand_in_notice())
    found = drift_now(given["parallelism"])
    if found is None:
        _print(nothing_recorded(), "No drift: nothing is recorded.\n", given)
        return ExitCode.OK
    _print(drift_document(found), render_drift(found, style_for()), given)
    return ExitCode.CHANGES if given["detailed_exitcode"] and found.has_drifted else ExitCode.OK


def drift_now(parallelism: int) -> "DriftFound | None":
    """What the clouds have that is not as recorded; None where nothing is recorded."""
    from broker.usecases.drift import drift

    used = silent_means(parallelism)
    state = used.states.read()
    return None if state is None or not state.members else drift(used)


def _print(document: dict[str, Any], text: str, given: dict[str, Any]) -> None:
    from broker.cli.render.diagnostics import json_text, print_json
    from broker.storage.whole_file import write_whole

    into: Path | None = given["json_into"]
    if into is not None:
        write_whole(into, json_text(document).encode())
    if given["as_json"]:
        print_json(document)
    else:
        sys.stdout.write(text)
