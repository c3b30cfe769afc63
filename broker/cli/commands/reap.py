"""`broker reap`."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from broker.cli.changing import agreed, changing_options, check_approvable, means_of
from broker.cli.exit_codes import ExitCode
from broker.cli.interrupts import interruptible
from broker.cli.options import compact_warnings_flag, flag, fleet_option, option, typed_place, verb
from broker.cli.removing import spec_of
from broker.cli.values import Age
from broker.cli.variables import typed_values, variable_options
from broker.cli.written import check_apart
from broker.domain.errors import BrokerError, Interrupted

if TYPE_CHECKING:
    from broker.cli.talk import Talk
    from broker.usecases.destroy import Destroyed, Removal
    from broker.usecases.reap import Overdue, ReapRequest, Survey

WAYS_TO_REAP = (
    "-auto-approve reaps without asking, as a timer has to; -dry-run shows what has run out."
)
QUESTION = "Do you really want to destroy what has run out? There is no undo."
WORKSPACE = "BROKER_WORKSPACE"


@verb("reap")
@flag("dry-run", help="Show what has run out, and do nothing.")
@option(
    "grace",
    type=Age(),
    metavar="DURATION",
    help="Leave what has run out less long ago: 30m, 2h.",
)
@fleet_option("The spec that says what must not be destroyed, if it is there.")
@variable_options
@compact_warnings_flag
@changing_options
def command(**given: Any) -> ExitCode:
    """Destroy every fleet that has outlived its `-ttl`, in all workspaces of this state.

    For a timer: `broker reap -auto-approve`. What was made without -ttl is never touched, half made or
    not. Pods that still run are lost, pools of work that says `destroy: forbidden` are kept. What is
    left, for whatever reason, comes to exit code 4, and the next run goes on with it.
    """
    from broker import bootstrap
    from broker.cli.talk import talking

    if given["dry_run"]:
        return _foresee(given)
    clock, into, read = bootstrap.clock(), given["json_into"], given["fleet"]
    with talking(clock, as_json=given["as_json"], into=into, read=read) as chosen:
        try:
            check_approvable("broker reap", given, ways=WAYS_TO_REAP)
            return _reap(chosen, given)
        except BrokerError as error:
            return chosen.failed(error)


def _foresee(given: dict[str, Any]) -> ExitCode:
    from broker import bootstrap
    from broker.cli.render.diagnostics import json_text, print_diagnostics, print_json
    from broker.cli.render.reap import render_survey, survey_document
    from broker.cli.render.style import style_for
    from broker.storage.whole_file import write_whole
    from broker.usecases.reap import check_reaped

    into: Path | None = given["json_into"]
    if into is not None:
        check_apart(into, given["fleet"])
    print_diagnostics(bootstrap.stand_in_notice())
    request = _request(given)
    found = _survey(request)
    if into is not None:
        write_whole(into, json_text(survey_document(found)).encode())
    if given["as_json"]:
        print_json(survey_document(found))
    else:
        sys.stdout.write(render_survey(found, style_for()))
        check_reaped([], found.unknown, [], request.command)
    return ExitCode.PARTIAL if found.unknown else ExitCode.OK


def _reap(talk: "Talk", given: dict[str, Any]) -> ExitCode:
    from broker import bootstrap
    from broker.cli.render.reap import render_reaped, render_survey
    from broker.cli.render.style import style_for
    from broker.usecases.reap import check_reaped

    request = _request(given)
    found = _survey(request)
    talk.findings(bootstrap.stand_in_notice())
    talk.show(render_survey(found, style_for()))
    if not found.overdue:
        check_reaped([], found.unknown, [], request.command)
        return talk.ended("", ExitCode.OK, operation="reap", reaped=[])
    if not agreed(QUESTION, given, ways=WAYS_TO_REAP):
        return talk.ended("Reap cancelled: nothing was changed.\n", ExitCode.ERROR)
    reaped, failed, left = _each(found, request, talk, given)
    check_reaped([*reaped], {**found.unknown, **failed}, left, request.command)
    told = {one.workspace: one for one in found.overdue}
    return talk.ended(
        render_reaped(reaped, style_for()),
        ExitCode.OK,
        operation="reap",
        reaped=[_reaped(told[name], done) for name, done in reaped.items()],
    )


def _each(
    found: "Survey", request: "ReapRequest", talk: "Talk", given: dict[str, Any]
) -> "tuple[dict[str, Destroyed], dict[str, BrokerError], list[str]]":
    """One workspace after the other: what went, what failed, and what was not begun any more."""
    reaped: dict[str, Destroyed] = {}
    failed: dict[str, BrokerError] = {}
    for index, one in enumerate(found.overdue):
        try:
            done = _one(one, request, talk, given)
        except Interrupted as error:
            failed[one.workspace] = error
            return reaped, failed, [later.workspace for later in found.overdue[index + 1 :]]
        except BrokerError as error:
            failed[one.workspace] = error
            continue
        if done is None:
            talk.show(f"{one.workspace}: its end was put off meanwhile; nothing was changed.\n")
        else:
            reaped[one.workspace] = done
            talk.findings(done.warnings)
    return reaped, failed, []


def _one(
    one: "Overdue", request: "ReapRequest", talk: "Talk", given: dict[str, Any]
) -> "Destroyed | None":
    from broker import bootstrap
    from broker.cli.render.reap import overdue_document
    from broker.cli.render.removal import render_removal
    from broker.cli.render.style import style_for
    from broker.usecases.reap import reap
    from broker.usecases.removal_documents import removal_document

    def told(removal: "Removal") -> None:
        talk.planned(removal_document(removal), render_removal(removal, style_for()))

    talk.part("reap_start", f"Workspace {one.workspace}", **overdue_document(one))
    with _working_on(one.workspace), interruptible(means_of(given, talk)) as used:
        return reap(request, used, told, work=bootstrap.live_work())


@contextmanager
def _working_on(workspace: str) -> Iterator[None]:
    """Let everything in the block be of that workspace, which somebody else may have made."""
    from broker import bootstrap
    from broker.ports.state_names import DEFAULT

    before = os.environ.get(WORKSPACE)
    names = bootstrap.state_names()
    if workspace != DEFAULT and workspace not in names.names():
        names.make(workspace)
    os.environ[WORKSPACE] = workspace
    try:
        yield
    finally:
        os.environ.pop(WORKSPACE)
        if before is not None:
            os.environ[WORKSPACE] = before


def _reaped(one: "Overdue", done: "Destroyed") -> dict[str, Any]:
    return {
        "workspace": one.workspace,
        "fleet": one.fleet,
        "clusters_destroyed": list(done.outcome.removed),
    }


def _survey(request: "ReapRequest") -> "Survey":
    """Of the stated workspace, or of all that there are."""
    from broker import bootstrap
    from broker.usecases.reap import survey

    names = bootstrap.state_names()
    place = bootstrap.state_place()
    wanted = [names.selected()] if names.is_stated() else place.names()
    return survey(wanted, place.store, request, bootstrap.clock().now())


def _request(given: dict[str, Any]) -> "ReapRequest":
    from broker.usecases.reap import ReapRequest

    return ReapRequest(
        grace=given["grace"] or timedelta(),
        spec=spec_of(given["fleet"], given["variables"]),
        command=shlex.join(["broker", "reap", *typed_reap(given)]),
    )


def typed_reap(given: dict[str, Any]) -> list[str]:
    """The arguments with which to go on."""
    grace: timedelta | None = given["grace"]
    words = [*typed_place()]
    words += [] if grace is None else [f"-grace={int(grace.total_seconds())}s"]
    words += typed_values(given["variables"], given["fleet"])
    words += [] if str(given["fleet"]) == "fleet.yaml" else [f"-fleet={given['fleet']}"]
    return [*words, *(["-auto-approve"] if given["auto_approve"] else [])]
