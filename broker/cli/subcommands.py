"""Verbs that have verbs of their own: `broker state list`."""

from typing import Any

import click

from broker.cli.misnamed import unknown, unknown_option
from broker.cli.options import (
    chdir_option,
    no_color_option,
    workspace_option,
)


class DashedGroup(click.Group):
    """A verb whose first argument says what it does."""

    def __init__(self, *args: Any, **attrs: Any) -> None:
        attrs |= {"subcommand_metavar": "ACTION [ARGUMENTS]", "options_metavar": ""}
        super().__init__(*args, **attrs)
        self.params += [chdir_option(), workspace_option(), no_color_option()]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what comes before the action; raises UsageInvalid for an unknown option."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise unknown_option(error, ctx, given) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the action; an unknown one gets a suggestion."""
        if args[0] not in self.commands and not ctx.resilient_parsing:
            raise unknown(args[0], self.commands, ctx, code="action-unknown")
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The actions, in the order in which they are declared."""
        return list(self.commands)
