"""How a command declares itself: options take one dash or two, as Terraform's users type them."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from broker.cli.misnamed import unknown_option
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])

NO_COLOR_KEY = "broker.no-color"
COMPACT_KEY = "broker.compact-warnings"
PLACE_KEY = "broker.place"
"""Where the root context keeps what was given of -no-color, -compact-warnings and -chdir."""


class DashedOption(click.Option):
    """An option that speaks of itself with one dash: `-out=FILE`."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """One spelling in the help: the other works all the same."""
        record = super().get_help_record(ctx)
        if record is None:
            return None
        value = "" if self.is_flag or self.count else f"={self.make_metavar(ctx)}"
        return self.opts[0] + value, record[1]

    def get_help_extra(self, ctx: click.Context) -> click.types.OptionHelpExtra:
        """What is said after the help; a range is said by who leaves it."""
        extra = super().get_help_extra(ctx)
        extra.pop("range", None)
        return extra

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """The name in messages."""
        return f"'{self.opts[0]}'"


class DashedCommand(click.Command):
    """A verb: it has -chdir and -no-color; an unknown option is named in full, with a suggestion."""

    def __init__(self, *args: Any, **attrs: Any) -> None:
        super().__init__(*args, **attrs)
        self.params += [chdir_option(), workspace_option(), no_color_option()]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; raises UsageInvalid for an unknown option."""
        given = list(args)
        try:
            return super().parse_args(ctx, spelled_out(args, self))
        except click.NoSuchOption as error:
            raise unknown_option(error, ctx, given) from None
        except click.UsageError as error:
            # Click's parser does not say whose option lacks its value.
            error.ctx = error.ctx or ctx
            raise

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Complete options."""
        return options_beginning(incomplete, self, ctx)


VARIABLES = "variables"
"""The parameter of commands that take values of variables."""

TRUTHS = frozenset({"true", "false", "1", "0", "yes", "no", "on", "off", "t", "f", "y", "n"})
"""What may follow an option that is true or false."""


def spelled_out(args: Sequence[str], command: click.Command) -> list[str]:
    """*args* with `-refresh=true` for a bare `-refresh`, as Terraform reads it.

    What comes after `--` is no option. Files of values become `-var=@FILE`, so that they keep their place
    among the values that are typed.
    """
    names = {
        spelling
        for param in command.params
        if isinstance(param, click.Option) and param.type is click.BOOL and not param.is_flag
        for spelling in param.opts
    }
    end = args.index("--") if "--" in args else len(args)
    following = [*args[:end], ""][1:]
    options = [
        f"{arg}=true" if arg in names and after.lower() not in TRUTHS else arg
        for arg, after in zip(args[:end], following, strict=True)
    ]
    if any(param.name == VARIABLES for param in command.params):
        options = _files_in_place(options)
    return [*options, *args[end:]]


def _files_in_place(args: Sequence[str]) -> list[str]:
    """*args* with `-var=@FILE` for `-var-file=FILE` and `-var-file FILE`."""
    names = spellings("var-file")
    placed: list[str] = []
    waiting = iter(args)
    for arg in waiting:
        name, equals, value = arg.partition("=")
        if name in names and not equals:
            following = next(waiting, None)
            placed.append(arg if following is None else f"-var=@{following}")
        else:
            placed.append(f"-var=@{value}" if name in names else arg)
    return placed


def options_beginning(
    incomplete: str, command: click.Command, ctx: click.Context
) -> "list[CompletionItem]":
    """Options of *command* for a shell, with as many dashes as were typed."""
    from click.shell_completion import CompletionItem

    dashes = len(incomplete) - len(incomplete.lstrip("-"))
    return [
        CompletionItem(spelling, help=param.help)
        for param in command.get_params(ctx)
        if isinstance(param, click.Option) and not param.hidden
        for spelling in param.opts
        if dashes
        and spelling.startswith(incomplete)
        and (len(spelling) - len(spelling.lstrip("-"))) == dashes
    ]


def spellings(name: str) -> tuple[str, str]:
    """`-name` and `--name`."""
    return f"-{name}", f"--{name}"


def option(
    name: str, parameter: str | None = None, /, *, also: Sequence[str] = (), **attrs: Any
) -> Callable[[F], F]:
    """Declare an option with a value: `-name=VALUE`, `-name VALUE`, and both with two dashes.

    The function gets it as *parameter*; without one, as *name* with underscores. *also* are other
    names of the same option.
    """
    declared = [spelling for each in (name, *also) for spelling in spellings(each)]
    return click.option(*declared, parameter or name.replace("-", "_"), cls=DashedOption, **attrs)


def flag(name: str, parameter: str | None = None, /, **attrs: Any) -> Callable[[F], F]:
    """Declare a switch, off unless given."""
    return option(name, parameter, is_flag=True, default=False, **attrs)


def is_asked_for(parameter: str) -> bool:
    """Whether an option of the command that runs was typed: not as `=false`, but be it with its default."""
    ctx = click.get_current_context()
    is_typed = ctx.get_parameter_source(parameter) is ParameterSource.COMMANDLINE
    return is_typed and ctx.params[parameter] is not False


def resources_flag(function: F) -> F:
    """Declare -resources."""
    return flag(
        "resources",
        help="List each cloud resource that comes or goes, in place of counting them by kind.",
    )(function)


def compact_warnings_flag(function: F) -> F:
    """Declare -compact-warnings, remembered in the root context."""
    return flag(
        "compact-warnings",
        expose_value=False,
        callback=_remember_compact_warnings,
        help="Show warnings in a line each, where nothing failed.",
    )(function)


def _remember_compact_warnings(ctx: click.Context, _param: click.Parameter, value: object) -> None:
    if value:
        ctx.meta[COMPACT_KEY] = True


def json_flag(function: F) -> F:
    """Declare -json; the function gets it as `as_json`."""
    return flag("json", "as_json", help="Print one JSON document, complete and unabridged.")(
        function
    )


def fleet_argument(function: F) -> F:
    """Declare the optional path of the spec; the function gets it as `fleet`, a string."""
    return click.argument(
        "fleet", default="fleet.yaml", metavar="[FLEET]", shell_complete=shell_path("file")
    )(function)


def fleet_option(about: str) -> Callable[[F], F]:
    """Declare -fleet, where the spec is not what the command is about; it is a path as `fleet`."""
    return option(
        "fleet",
        type=click.Path(path_type=Path),
        default="fleet.yaml",
        show_default=True,
        metavar="FLEET",
        help=about,
    )


def shell_path(kind: str) -> "Callable[..., list[CompletionItem]]":
    """Completes paths, which the shell itself knows: of a `file`, or of a `dir` alone."""

    def complete(
        _ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type=kind)]

    return complete


def verb(
    name: str, *, short: str = "", settings: Mapping[str, Any] | None = None
) -> Callable[[Callable[..., Any]], DashedCommand]:
    """Make a function the command *name*; it returns an exit code, or None for 0.

    Its docstring is the help text. What it runs is imported inside of it, so that the help does not
    wait for a solver.
    """
    return click.command(
        name, cls=DashedCommand, short_help=short, context_settings=dict(settings or {})
    )


def chdir_option() -> DashedOption:
    """-chdir=DIR, which holds before anything else is read."""
    return DashedOption(
        list(spellings("chdir")),
        metavar="DIR",
        is_eager=True,
        shell_complete=shell_path("dir"),
        expose_value=False,
        callback=_change_folder,
        help="Work in DIR, as if it were the current folder.",
    )


def _change_folder(ctx: click.Context, _param: click.Parameter, folder: str | None) -> None:
    if folder is None or ctx.resilient_parsing:
        return
    _remember_place(ctx, f"-chdir={folder}")
    try:
        os.chdir(folder)
    except OSError as error:
        raise UsageInvalid(
            Diagnostic(
                code="folder-missing",
                subject=folder,
                summary=f"Can not work in {folder}: {error.strerror}",
                hint="-chdir takes an existing folder: `broker -chdir=DIR plan`.",
            )
        ) from error


def workspace_option() -> DashedOption:
    """-workspace=NAME, which holds before anything else is read."""
    return DashedOption(
        list(spellings("workspace")),
        metavar="NAME",
        is_eager=True,
        hidden=True,
        expose_value=False,
        callback=_choose_workspace,
        help="Work on that of the states of the folder; BROKER_WORKSPACE does the same.",
    )


def _choose_workspace(ctx: click.Context, _param: click.Parameter, name: str | None) -> None:
    if name is not None and not ctx.resilient_parsing:
        os.environ["BROKER_WORKSPACE"] = name
        _remember_place(ctx, f"-workspace={name}")


def _remember_place(ctx: click.Context, typed: str) -> None:
    ctx.meta[PLACE_KEY] = [*ctx.meta.get(PLACE_KEY, ()), typed]


def typed_place() -> list[str]:
    """The -chdir and -workspace of this command line: who goes on has to go on in the same place."""
    ctx = click.get_current_context(silent=True)
    return [] if ctx is None else list(ctx.meta.get(PLACE_KEY, ()))


def no_color_option() -> DashedOption:
    """-no-color, remembered in the root context."""
    return DashedOption(
        list(spellings("no-color")),
        is_flag=True,
        expose_value=False,
        callback=_remember_no_color,
        help="Print without colour; NO_COLOR does the same.",
    )


def _remember_no_color(ctx: click.Context, _param: click.Parameter, value: object) -> None:
    if value:
        ctx.meta[NO_COLOR_KEY] = True
