"""Values of variables on the command line: `-var NAME=VALUE` and `-var-file=FILE`."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from broker.cli.options import VARIABLES, option, shell_path

if TYPE_CHECKING:
    from broker.spec.load import Given

F = TypeVar("F", bound=Callable[..., Any])

Typed = tuple[tuple[str, str], ...]
"""Names and values; a file of values has no name."""


class Assignment(click.ParamType[tuple[str, str]]):
    """NAME=VALUE, or @FILE."""

    name = "assignment"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Take it apart; what a value means is for the declaration of the variable."""
        if isinstance(value, tuple):
            return value
        text = str(value)
        if text.startswith("@"):
            return "", text.removeprefix("@") or self.fail("-var-file names no file", param, ctx)
        name, equals, given = text.partition("=")
        if not name.strip() or not equals:
            self.fail(f"{text!r} is not NAME=VALUE", param, ctx)
        return name.strip(), given


def variable_options(function: F) -> F:
    """Declare -var and -var-file; the function gets both as `variables`, in the order as typed."""
    values = option(
        "var",
        VARIABLES,
        type=Assignment(),
        multiple=True,
        metavar="NAME=VALUE",
        help="Give a variable of the fleet a value; the last one holds.",
    )
    files = option(
        "var-file",
        type=click.Path(),
        multiple=True,
        metavar="FILE",
        expose_value=False,
        shell_complete=shell_path("file"),
        help="Give variables the values in FILE, a YAML file with NAME: VALUE in each line.",
    )
    return values(files(function))


def given_values(typed: Typed) -> "Given":
    """What was *typed*, and what BROKER_VAR_NAME of the environment says."""
    from broker.spec.load import Given
    from broker.spec.variables import Assigned

    return Given(
        typed=tuple(Assigned(name=name, text=text) if name else Path(text) for name, text in typed),
        environment=os.environ,
    )


def typed_values(typed: Typed, fleet: Path) -> list[str]:
    """The arguments with which to go on; values that may be sensitive are for the user to fill in."""
    if not typed:
        return []
    from broker.spec.load import public_names

    public = public_names(fleet)
    return [_typed(name, text if not name or name in public else "...") for name, text in typed]


def _typed(name: str, text: str) -> str:
    return f"-var={name}={text}" if name else f"-var-file={text}"
