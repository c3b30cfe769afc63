"""`broker workspace`."""

import sys

import click

from broker.cli.options import flag, json_flag, verb
from broker.cli.subcommands import DashedGroup


@click.group("workspace", cls=DashedGroup, no_args_is_help=True)
def command() -> None:
    """Keep several states in one folder, each for a fleet of its own from the same fleet.yaml.

    The fleet of a workspace bears its name (`research-staging`), in names and tags in the clouds
    too. Prices are shared. -workspace=NAME and BROKER_WORKSPACE choose one for a single command.
    """


@verb("list", short="List the workspaces")
@json_flag
def list_(*, as_json: bool) -> None:
    """List the workspaces; a star marks the selected one. Where a fleet is to end, it says when."""
    from broker import bootstrap
    from broker.cli.render.diagnostics import FORMAT_VERSION, print_diagnostics, print_json
    from broker.planning.lifetime import shown
    from broker.usecases.workspace import ends

    names = bootstrap.state_names()
    selected = names.selected()
    until, unknown = ends(names, bootstrap.state_store)
    print_diagnostics(unknown)
    if as_json:
        print_json(
            {
                "format_version": FORMAT_VERSION,
                "workspaces": list(names.names()),
                "selected": selected,
                "expires_at": {name: until[name].isoformat() for name in until},
            }
        )
        return
    for name in names.names():
        end = f"   until {shown(until[name])}" if name in until else ""
        sys.stdout.write(f"{'*' if name == selected else ' '} {name}{end}\n")


@verb("show", short="Print the name of the selected workspace")
def show() -> None:
    """Print the name of the selected workspace."""
    from broker import bootstrap

    sys.stdout.write(f"{bootstrap.state_names().selected()}\n")


@verb("new", short="Make a workspace, and select it")
@click.argument("name", metavar="NAME")
def new(*, name: str) -> None:
    """Make an empty workspace, and select it."""
    from broker import bootstrap
    from broker.usecases.workspace import made

    made(bootstrap.state_names(), name)
    sys.stdout.write(f"Made the workspace {name}, and selected it. Nothing is recorded in it.\n")


@verb("select", short="Let commands work on a workspace from now on")
@click.argument("name", metavar="NAME")
def select(*, name: str) -> None:
    """Let commands in this folder work on the workspace NAME from now on."""
    from broker import bootstrap

    names = bootstrap.state_names()
    names.select(name)
    sys.stdout.write(f"Selected the workspace {name}.\n")
    if names.is_stated():
        sys.stderr.write("Warning: BROKER_WORKSPACE is set, and chooses another one.\n")


@verb("delete", short="Forget a workspace")
@click.argument("name", metavar="NAME")
@flag("force", help="Even if clusters are recorded in it, which go on costing money.")
def delete(*, name: str, force: bool) -> None:
    """Forget the workspace NAME, with all that is recorded in it."""
    from broker import bootstrap
    from broker.usecases.workspace import deleted

    deleted(bootstrap.state_names(), name, bootstrap.state_store, force=force)
    sys.stdout.write(f"Deleted the workspace {name}.\n")


for action in (list_, show, new, select, delete):
    command.add_command(action)
