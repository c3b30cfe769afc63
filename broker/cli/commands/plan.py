"""`broker plan`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from broker.cli.exit_codes import ExitCode
from broker.cli.options import flag, fleet_argument, json_flag, option, verb
from broker.cli.question import question_options, surroundings
from broker.cli.render.diagnostics import json_text, print_diagnostics, print_json

if TYPE_CHECKING:
    from broker.usecases.plan import PlanMade

FILE = click.Path(path_type=Path)


@verb("plan")
@fleet_argument
@option("out", type=FILE, metavar="FILE", help="Save the plan, so that exactly it can be used.")
@option(
    "against",
    type=FILE,
    metavar="PLAN",
    help="Compare with a saved plan, as if it had been carried out.",
)
@json_flag
@option(
    "json-into",
    type=FILE,
    metavar="FILE",
    help="Write the JSON document into FILE, and print the plan for humans all the same.",
)
@question_options
@flag(
    "allow-unplaced",
    help="Where not all work can be placed, plan the best part, and list the rest.",
)
@flag("detailed-exitcode", help="Exit with 2 if there are changes, with 0 if there are none.")
def command(
    *,
    fleet: str,
    out: Path | None,
    against: Path | None,
    as_json: bool,
    json_into: Path | None,
    detailed_exitcode: bool,
    **asking: Any,
) -> ExitCode:
    """Decide the cheapest lawful fleet for all workloads at once, and prove it.

    Reads FLEET (fleet.yaml) and the price snapshot; asks no cloud and changes nothing.
    """
    from broker.cli.progress import watching
    from broker.storage.plan_file import PlanFiles
    from broker.storage.whole_file import check_writable, write_whole
    from broker.usecases.plan import PlanRequest, plan

    if json_into is not None:
        if out is not None and out.resolve() == json_into.resolve():
            message = "-out and -json-into name the same file."
            raise click.UsageError(message)
        check_writable(json_into)
    with watching() as progress:
        made = plan(
            PlanRequest(
                fleet=Path(fleet),
                out=out,
                against=against,
                json_into=json_into,
                allow_unplaced=asking.pop("allow_unplaced"),
            ),
            surroundings(progress, **asking),
            PlanFiles(),
        )
    if json_into is not None:
        write_whole(json_into, json_text(made.document).encode())
    print_diagnostics(made.warnings)
    if as_json:
        print_json(made.document)
    else:
        sys.stdout.write(_text(made, out))
    return ExitCode.CHANGES if detailed_exitcode and made.has_changes else ExitCode.OK


def _text(made: "PlanMade", out: Path | None) -> str:
    from broker import bootstrap
    from broker.cli.render.plan import Page, render_plan, saved_note, unsaved_note
    from broker.cli.render.style import style_for
    from broker.cli.render.table import width_of_output

    page = Page(now=bootstrap.clock().now(), style=style_for(), width=width_of_output())
    note = unsaved_note() if made.saved is None else saved_note(str(out), made.saved)
    return f"{render_plan(made.document, page)}\n{note}"
