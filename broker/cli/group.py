"""The group of all verbs: it lists them from a table, and imports one when it runs."""

import importlib
from typing import TYPE_CHECKING

import click

from broker.cli.misnamed import unknown, unknown_option
from broker.cli.options import (
    DashedOption,
    chdir_option,
    no_color_option,
    options_beginning,
    spellings,
    workspace_option,
)
from broker.cli.verbs import PLANNED, VERBS
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class LazyGroup(click.Group):
    """A group that imports a verb when it runs, and lists all of them without importing any."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb."""
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(VERBS[cmd_name].module).command
        if not isinstance(command, click.Command):
            message = f"{VERBS[cmd_name].module}.command is no click.Command"
            raise TypeError(message)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs with their summaries."""
        for title, main in (("Main commands", True), ("Other commands", False)):
            with formatter.section(title):
                formatter.write_dl(
                    [(name, verb.summary) for name, verb in VERBS.items() if verb.main is main]
                )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb that *args* begin with; an unknown one gets a suggestion."""
        name = args[0]
        if name not in VERBS and not ctx.resilient_parsing:
            if name in PLANNED:
                raise _not_yet(name, ctx)
            raise unknown(name, VERBS, ctx, code="verb-unknown")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Complete verbs from the table, and what comes before them."""
        from click.shell_completion import CompletionItem

        verbs = [
            CompletionItem(name, help=verb.summary)
            for name, verb in VERBS.items()
            if name.startswith(incomplete)
        ]
        return verbs or options_beginning(incomplete, self, ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what comes before the verb."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise unknown_option(error, ctx, given) from None


def _not_yet(name: str, ctx: click.Context) -> UsageInvalid:
    return UsageInvalid(
        Diagnostic(
            code="verb-not-yet",
            subject=ctx.command_path,
            summary=f"{name} is planned, and does not exist in this version",
            hint=f"{PLANNED[name]} `{ctx.command_path} -help` lists what there is.".lstrip(),
        )
    )


def _print_version(ctx: click.Context, _param: click.Parameter, value: object) -> None:
    if value and not ctx.resilient_parsing:
        ctx.invoke(importlib.import_module(VERBS["version"].module).command)
        ctx.exit()


cli = LazyGroup(
    name="broker",
    help="Plan a GPU fleet across clouds: the cheapest lawful clusters, jointly, with proof.",
    epilog="`broker VERB -help` tells more about a verb. One dash or two: both work.",
    subcommand_metavar="VERB [ARGUMENTS]",
    options_metavar="[-chdir=DIR]",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-help", "--help", "-h"], "max_content_width": 100},
    params=[
        chdir_option(),
        workspace_option(),
        no_color_option(),
        DashedOption(
            list(spellings("version")),
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_version,
            help="Print the version.",
        ),
    ],
)
