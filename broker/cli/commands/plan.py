"""`broker plan`."""

import sys
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from broker.cli.changing import ADDRESSES, parallelism_option, reading_options, silent_means
from broker.cli.exit_codes import ExitCode
from broker.cli.foreseen import (
    check_mode,
    drift_now,
    plan_destroy,
    plan_refresh_only,
)
from broker.cli.options import flag, fleet_argument, json_flag, option, resources_flag, verb
from broker.cli.progress import cleared, watching
from broker.cli.question import question_options, surroundings
from broker.cli.render.diagnostics import (
    ending_document,
    failure_document,
    json_text,
    log_diagnostics,
    print_diagnostics,
    print_json,
)
from broker.cli.stock_outs import forgetting_option
from broker.cli.ttl import ttl_asked, ttl_option
from broker.cli.values import Share, flat
from broker.domain.errors import Denied

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from broker.domain.diagnostics import Diagnostic
    from broker.domain.ids import ClusterName
    from broker.domain.members import Member, StackPreview
    from broker.planning.decision_graph import DecisionGraph
    from broker.ports.progress import Progress
    from broker.usecases.choices import Choices
    from broker.usecases.plan import PlanMade, PlanNow, PlanRequest, PreviewAll

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
@option("target", help="Plan only this: cluster.NAME or pool.CLUSTER.NAME.", **ADDRESSES)
@option("exclude", help="Plan everything but this.", **ADDRESSES)
@option("replace", "anew", help="Make this anew, though nothing of it changes.", **ADDRESSES)
@option(
    "preview",
    type=bool,
    metavar="BOOL",
    help="Ask the engine what that does to each resource. Without it: where something is recorded, "
    "or a sandbox runs.",
)
@option(
    "refresh",
    type=bool,
    default=False,
    metavar="BOOL",
    help="Ask the clouds first what drifted, and show it; without it, what is recorded is believed.",
)
@resources_flag
@flag("refresh-only", help="Show what drifted, and plan nothing else.")
@flag("destroy", help="Show what `broker destroy` would take away.")
@flag("drained", help="With -destroy: take away pools on which work still runs, too.")
@option(
    "price-tolerance",
    type=Share(),
    default="0.02",
    show_default=True,
    metavar="SHARE",
    help="What a saved plan may cost more when it is applied: 0.02 or 2%.",
)
@ttl_option
@forgetting_option
@question_options
@flag(
    "allow-unplaced",
    help="Where not all work can be placed, plan the best part, and list the rest. Nothing is left "
    "out for the fleet's budget: a plan over it is denied.",
)
@flag(
    "deterministic",
    help="Stop the search by work, never by time. It always does: plans repeat without this too.",
)
@parallelism_option
@reading_options
@flag("detailed-exitcode", help="Exit with 2 if there are changes, with 0 if there are none.")
def command(**given: Any) -> ExitCode:
    """Decide the cheapest lawful fleet for all workloads at once, and prove it.

    Reads FLEET (fleet.yaml), the price snapshot and what is recorded as made; changes nothing, takes
    no lock, and asks no cloud but with -refresh and -refresh-only.
    """
    check_mode(given)
    outputs = {"-out": given["out"], "-json-into": given["json_into"], "-graph": given["graph"]}
    _check_outputs(outputs)
    given["fleet"] = Path(given["fleet"])
    if given["destroy"]:
        return plan_destroy(given)
    return plan_refresh_only(given) if given["refresh_only"] else _plan(given)


def _plan(given: dict[str, Any]) -> ExitCode:
    from broker import bootstrap
    from broker.usecases.plan import plan

    asking = {
        name: given[name] for name in ("accept_missing_regions", "max_price_age", "variables")
    }
    seen: list[PlanMade] = []
    with watching() as progress:

        def told(made: "PlanMade") -> None:
            cleared(progress)
            _tell(made, given)
            seen.append(made)

        try:
            made = plan(
                _request(given),
                surroundings(progress, **asking),
                bootstrap.plan_files(),
                _now(given, progress),
                told=told,
            )
        except Denied as error:
            return _denied(error, given, is_seen=bool(seen))
    _tell(made, given)
    return ExitCode.CHANGES if given["detailed_exitcode"] and made.has_changes else ExitCode.OK


def _denied(error: Denied, given: dict[str, Any], *, is_seen: bool) -> ExitCode:
    """A program gets one document, on stdout and in a file: of a plan that is seen, that says why.

    Raises *error* where that is still to be told: to people, and where no plan was made at all.
    """
    from broker.storage.whole_file import write_whole

    if is_seen and given["as_json"]:
        log_diagnostics(error.diagnostics)
        return ExitCode.DENIED
    if not is_seen and given["json_into"] is not None:
        failure = failure_document(error.diagnostics, ExitCode.DENIED)
        write_whole(given["json_into"], json_text(failure).encode())
    raise error


def _tell(made: "PlanMade", given: dict[str, Any]) -> None:
    from broker.storage.whole_file import write_whole

    json_into, graph = given["json_into"], given["graph"]
    document = made.document
    if made.denied:
        document = {**document, **ending_document(made.denied, ExitCode.DENIED)}
    if json_into is not None:
        write_whole(json_into, json_text(document).encode())
    if graph is not None and made.graph is not None:
        write_whole(graph, _drawn(made.graph, graph).encode())
    print_diagnostics(made.warnings)
    if given["as_json"]:
        print_json(document)
    else:
        sys.stdout.write(_text(made, given["out"], lists_all=given["resources"]))


def _request(given: dict[str, Any]) -> "PlanRequest":
    from broker import bootstrap
    from broker.usecases.plan import PlanRequest

    return PlanRequest(
        fleet=given["fleet"],
        issued_at=bootstrap.clock().now(),
        out=given["out"],
        against=given["against"],
        json_into=given["json_into"],
        graph=given["graph"],
        allow_unplaced=given["allow_unplaced"],
        target=flat(given["target"]),
        exclude=flat(given["exclude"]),
        replace=flat(given["anew"]),
        insist=bool(given["preview"]),
        within=given["price_tolerance"],
        ttl=ttl_asked(given["ttl"]),
        forgets=given["forget_stock_outs"],
    )


def _now(given: dict[str, Any], progress: "Progress") -> "PlanNow":
    """What is recorded, and whom to ask for a preview: nobody, where it would be of no use."""
    from broker import bootstrap
    from broker.usecases.plan import PlanNow

    place = bootstrap.state_place()
    if given["against"] is not None:
        return PlanNow(place=place.address())
    state = place.reader(print_diagnostics).read()
    is_of_use = state is not None or bootstrap.sandbox() is not None
    insists, parallelism = given["preview"], given["parallelism"]
    is_previewed = insists is not False and (insists or is_of_use)
    return PlanNow(
        place=place.address(),
        state=state,
        preview=_previewer(parallelism, progress) if is_previewed else None,
        drift=(lambda: drift_now(parallelism)) if given["refresh"] else None,
        known=_known,
    )


def _known(fleet: str) -> "Collection[ClusterName]":
    """What the engine has records of; it is not loaded where it never was at work."""
    from broker import bootstrap

    return bootstrap.provisioner().known(fleet) if bootstrap.has_stacks() else ()


def _previewer(parallelism: int, progress: "Progress") -> "PreviewAll":
    def warned(findings: "Sequence[Diagnostic]") -> None:
        cleared(progress)
        print_diagnostics(findings)

    def preview(
        changing: "Mapping[ClusterName, Member]",
        leaving: "Mapping[ClusterName, Member]",
        replace: "Collection[str]",
        choices: "Choices",
    ) -> "Mapping[ClusterName, StackPreview]":
        from broker.usecases.previews import preview_all

        means = silent_means(parallelism, warned)
        return preview_all(changing, leaving, means, replace=replace, choices=choices)

    return preview


_EXAMPLES = {"-out": "fleet.plan", "-json-into": "plan.json", "-graph": "fleet.svg"}


def _check_outputs(options: Mapping[str, Path | None]) -> None:
    """Before any work: each can be written, and no two are the same file."""
    from broker.storage.whole_file import check_writable

    given = {name: path for name, path in options.items() if path is not None}
    for name, path in given.items():
        if str(path) == "-":
            message = f"{name} writes a file, and - is none: {name}={_EXAMPLES[name]}, say."
            raise click.UsageError(message)
        check_writable(path)
    for one, other in combinations(given, 2):
        if given[one].resolve() == given[other].resolve():
            message = f"{one} and {other} name the same file."
            raise click.UsageError(message)


def _drawn(graph: "DecisionGraph", path: Path) -> str:
    from broker.cli.render.graph_dot import graph_dot
    from broker.cli.render.graph_svg import graph_svg

    return graph_svg(graph) if path.suffix.lower() == ".svg" else graph_dot(graph)


def _drift_blocks(made: "PlanMade", out: Path | None) -> list[str]:
    from broker.cli.render.drift import render_drift
    from broker.cli.render.style import style_for

    if made.drift is None:
        return []
    blocks = [render_drift(made.drift, style_for()).rstrip("\n")]
    if out is not None and made.drift.drifted.shown:
        blocks.append("A saved plan leaves drift as it is: apply without one to set it right.")
    return blocks


def _text(made: "PlanMade", out: Path | None, *, lists_all: bool) -> str:
    from broker import bootstrap
    from broker.cli.render.plan import (
        Page,
        not_previewed_note,
        render_plan,
        saved_note,
        unsaved_note,
    )
    from broker.cli.render.stacks import render_stacks
    from broker.cli.render.style import style_for
    from broker.cli.render.table import width_of_output

    page = Page(now=bootstrap.clock().now(), style=style_for(), width=width_of_output())
    note = "" if made.saved is None else saved_note(str(out), made.saved)
    note = unsaved_note() if out is None else note
    blocks = [
        render_plan(made.document, page).rstrip("\n"),
        render_stacks(made.document.get("stacks", []), page.style, lists_all=lists_all),
        *_drift_blocks(made, out),
        not_previewed_note(made.not_previewed),
        note.rstrip("\n"),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"
