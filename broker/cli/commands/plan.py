"""`broker plan`."""

import sys
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from broker.cli.exit_codes import ExitCode
from broker.cli.options import flag, fleet_argument, json_flag, option, verb
from broker.cli.question import question_options, surroundings
from broker.cli.render.diagnostics import json_text, print_diagnostics, print_json

if TYPE_CHECKING:
    from broker.planning.decision_graph import DecisionGraph
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
@option(
    "graph",
    type=FILE,
    metavar="FILE",
    help="Draw who runs where, near whom and with which data into FILE: SVG if it ends in .svg, else DOT.",
)
@question_options
@flag(
    "allow-unplaced",
    help="Where not all work can be placed, plan the best part, and list the rest.",
)
@flag(
    "deterministic",
    help="Stop the search by work, never by time. It always does: plans repeat without this too.",
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
    from broker import bootstrap
    from broker.cli.progress import watching
    from broker.storage.whole_file import write_whole
    from broker.usecases.plan import PlanRequest, plan

    del asking["deterministic"]  # There is no other way to plan; it is for scripts that insist.
    graph: Path | None = asking.pop("graph")
    _check_outputs({"-out": out, "-json-into": json_into, "-graph": graph})
    with watching() as progress:
        made = plan(
            PlanRequest(
                fleet=Path(fleet),
                issued_at=bootstrap.clock().now(),
                out=out,
                against=against,
                json_into=json_into,
                graph=graph,
                allow_unplaced=asking.pop("allow_unplaced"),
            ),
            surroundings(progress, **asking),
            bootstrap.plan_files(),
        )
    if json_into is not None:
        write_whole(json_into, json_text(made.document).encode())
    if graph is not None and made.graph is not None:
        write_whole(graph, _drawn(made.graph, graph).encode())
    print_diagnostics(made.warnings)
    if as_json:
        print_json(made.document)
    else:
        sys.stdout.write(_text(made, out))
    return ExitCode.CHANGES if detailed_exitcode and made.has_changes else ExitCode.OK


def _check_outputs(options: Mapping[str, Path | None]) -> None:
    """Before any work: each can be written, and no two are the same file."""
    from broker.storage.whole_file import check_writable

    given = {name: path for name, path in options.items() if path is not None}
    for one, other in combinations(given, 2):
        if given[one].resolve() == given[other].resolve():
            message = f"{one} and {other} name the same file."
            raise click.UsageError(message)
    for name, path in given.items():
        if name != "-out":  # whose store looks for itself
            check_writable(path)


def _drawn(graph: "DecisionGraph", path: Path) -> str:
    from broker.cli.render.graph_dot import graph_dot
    from broker.cli.render.graph_svg import graph_svg

    return graph_svg(graph) if path.suffix.lower() == ".svg" else graph_dot(graph)


def _text(made: "PlanMade", out: Path | None) -> str:
    from broker import bootstrap
    from broker.cli.render.plan import Page, render_plan, saved_note, unsaved_note
    from broker.cli.render.style import style_for
    from broker.cli.render.table import width_of_output

    page = Page(now=bootstrap.clock().now(), style=style_for(), width=width_of_output())
    note = unsaved_note() if made.saved is None else saved_note(str(out), made.saved)
    return f"{render_plan(made.document, page)}\n{note}"
