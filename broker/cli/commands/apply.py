"""`broker apply`."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from broker.cli.changing import (
    ADDRESSES,
    WAYS_TO_ACCEPT,
    WAYS_TO_APPLY,
    WAYS_TO_DESTROY,
    agreed,
    carried_out,
    changing_options,
    check_approvable,
    means_of,
)
from broker.cli.exit_codes import ExitCode
from broker.cli.interrupts import interruptible
from broker.cli.options import (
    VARIABLES,
    flag,
    is_asked_for,
    option,
    resources_flag,
    shell_path,
    typed_place,
    verb,
)
from broker.cli.question import question_options, surroundings
from broker.cli.stock_outs import (
    forgetting_option,
    memory_of,
    remembering_option,
    typed_stock_outs,
)
from broker.cli.ttl import ttl_asked, ttl_option, typed_ttl
from broker.cli.values import Age, Share, flat
from broker.cli.variables import typed_values
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, PlanStale, UsageInvalid
from broker.domain.spec import FLEET_FILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.cli.talk import Talk
    from broker.ports.stores import SignedPlan
    from broker.usecases.apply import ApplyAround, ApplyRequest
    from broker.usecases.operation import Means
    from broker.usecases.proposal import Proposal

TOLERANCE = Fraction(2, 100)


@verb("apply")
@click.argument("path", default="", metavar="[PLAN|FLEET]", shell_complete=shell_path("file"))
@option("target", help="Change only this: cluster.NAME or pool.CLUSTER.NAME.", **ADDRESSES)
@option("exclude", help="Change everything but this.", **ADDRESSES)
@option("replace", "anew", help="Make this anew, though nothing of it changes.", **ADDRESSES)
@option(
    "refresh",
    type=bool,
    default=True,
    metavar="BOOL",
    help="Read first what the clouds have and ask; -refresh=false believes what is recorded.",
)
@flag("refresh-only", help="Change nothing in the clouds: accept what drifted into the record.")
@flag("destroy", "destroys", help="Take away what was made, as `broker destroy` does.")
@option(
    "price-tolerance",
    type=Share(),
    default="0.02",
    show_default=True,
    metavar="SHARE",
    help="Refuse if the nodes cost that much more than planned, or more: 0.02 or 2%.",
)
@option("max-plan-age", type=Age(), metavar="AGE", help="Refuse a saved plan that is older: 30m.")
@flag("allow-unplaced", help="Where not all work can be placed, apply the best part.")
@resources_flag
@flag("drained", help="Take away pools on which pods still run: they were drained, or may be lost.")
@ttl_option
@forgetting_option
@remembering_option
@question_options
@changing_options
def command(*, path: str, **given: Any) -> ExitCode:
    """Make the fleet of a saved PLAN true, exactly; or decide FLEET (fleet.yaml), show it, and ask.

    A saved plan is refused if it was changed, has run out, or the state, the spec, the prices or the
    offers moved since; it is its own approval. What fails leaves the rest as planned and recorded, with
    exit code 4, and the same command goes on. Ctrl-C finishes what is under way; a second one stops.
    """
    from broker import bootstrap
    from broker.cli.talk import talking

    is_plan = _is_plan(Path(path)) if path else False
    _check_options(given, is_plan=is_plan)
    run = _run(given)
    clock, into = bootstrap.clock(), given["json_into"]
    read = Path(path or FLEET_FILE)
    with talking(clock, as_json=given["as_json"], into=into, read=read) as chosen:
        try:
            _check_there(Path(path))
            if not is_plan:
                check_approvable("broker apply", given, ways=_ways(given))
            return run(path, chosen, given, is_plan=is_plan)
        except BrokerError as error:
            return chosen.failed(error)


def _run(given: dict[str, Any]) -> "Callable[..., ExitCode]":
    if given["destroys"]:
        return _destroy
    return _accept_drift if given["refresh_only"] else _apply


def _ways(given: dict[str, Any]) -> str:
    if given["destroys"]:
        return WAYS_TO_DESTROY
    return WAYS_TO_ACCEPT if given["refresh_only"] else WAYS_TO_APPLY


def _destroy(path: str, talk: "Talk", given: dict[str, Any], *, is_plan: bool) -> ExitCode:
    from broker.cli.removing import destroyed_as

    return destroyed_as(talk, {**given, "fleet": Path(path or FLEET_FILE)})


def _apply(path: str, talk: "Talk", given: dict[str, Any], *, is_plan: bool) -> ExitCode:
    from broker import bootstrap
    from broker.cli.removing import destroyed_by
    from broker.cli.render.applied import render_applied
    from broker.cli.render.style import style_for
    from broker.usecases.apply import apply
    from broker.usecases.removal_documents import is_removal

    saved = bootstrap.plan_files().load(Path(path)) if is_plan else None
    if saved is not None and is_removal(saved.document):
        with _called(path):
            return destroyed_by(saved, talk, given, path)
    request = _request(path, given, saved)
    if is_plan:  # which decides nothing, and so shows no notices of prices
        talk.findings(bootstrap.stand_in_notice())
    with _called(path if is_plan else ""), interruptible(means_of(given, talk)) as used:
        applied = apply(request, _around(talk, used, given))
    shown = render_applied(applied, style_for())
    return carried_out(
        talk,
        shown,
        applied,
        "apply",
        offers_replaced=list(applied.masked),
        instead=list(applied.instead),
        monthly_cost=None if applied.monthly is None else str(applied.monthly),
    )


@contextmanager
def _called(path: str) -> Iterator[None]:
    """Say of a plan that is stale which file it is in, if it is in one."""
    from broker.planning.staleness import SUBJECT

    try:
        yield
    except PlanStale as error:
        raise PlanStale(
            *(
                replace(each, subject=path or SUBJECT) if each.subject == SUBJECT else each
                for each in error.diagnostics
            )
        ) from error


def _around(talk: "Talk", used: "Means", given: dict[str, Any]) -> "ApplyAround":
    from broker import bootstrap
    from broker.cli.render.plan import Page
    from broker.cli.render.proposal import question_about, render_approved, render_proposal
    from broker.cli.render.style import style_for
    from broker.cli.render.table import width_of_output
    from broker.usecases.apply import ApplyAround

    page = Page(
        now=bootstrap.clock().now(),
        style=style_for(),
        width=width_of_output(),
        lists_all=given["resources"],
    )

    def told(proposal: "Proposal") -> None:
        talk.findings(proposal.warnings)
        render = render_proposal if proposal.denied else render_approved
        talk.planned(proposal.document, render(proposal, page))

    def agree(proposal: "Proposal") -> bool:
        talk.findings(proposal.warnings)
        talk.planned(proposal.document, render_proposal(proposal, page))
        return agreed(question_about(proposal), given, ways=WAYS_TO_APPLY)

    asking = {
        name: given[name] for name in ("accept_missing_regions", "max_price_age", "variables")
    }
    return ApplyAround(
        surroundings=surroundings(talk.progress, **asking),
        means=used,
        providers=bootstrap.providers,
        agree=agree,
        told=told,
        fell_back=lambda proposal: talk.planned(proposal.document, ""),
        warned=talk.findings,
        work=bootstrap.live_work(),
    )


def _accept_drift(path: str, talk: "Talk", given: dict[str, Any], *, is_plan: bool) -> ExitCode:
    from broker import bootstrap
    from broker.cli.render.drift import drift_document, render_drift
    from broker.cli.render.style import style_for
    from broker.usecases.drift import DriftFound, accept_drift

    def agree(found: DriftFound) -> bool:
        talk.drifted(drift_document(found), render_drift(found, style_for()))
        return agreed("Do you want to put this into the record?", given, ways=WAYS_TO_ACCEPT)

    talk.findings(bootstrap.stand_in_notice())
    with interruptible(means_of(given, talk)) as used:
        accepted = accept_drift(used, agree)
    if not accepted:
        return talk.ended("Nothing was recorded.\n", ExitCode.ERROR)
    return talk.ended("The record says now what the clouds have.\n", ExitCode.OK)


def _request(path: str, given: dict[str, Any], saved: "SignedPlan | None") -> "ApplyRequest":
    from broker.usecases.apply import ApplyRequest

    return ApplyRequest(
        fleet=Path("fleet.yaml" if saved is not None or not path else path),
        saved=saved,
        refresh=given["refresh"],
        target=flat(given["target"]),
        exclude=flat(given["exclude"]),
        replace=flat(given["anew"]),
        tolerance=given["price_tolerance"],
        oldest_plan=given["max_plan_age"],
        allow_unplaced=given["allow_unplaced"],
        drained=given["drained"],
        ttl=ttl_asked(given["ttl"]),
        command=_command(path, given),
        asking_again=_command(path, given, asks_again=saved is None and bool(memory_of(given))),
        memory=memory_of(given),
        forgets=given["forget_stock_outs"],
    )


def _command(path: str, given: dict[str, Any], *, asks_again: bool = False) -> str:
    """What to type to go on, or to ask for what was out of stock once more."""
    forgets = given["forget_stock_outs"] or asks_again
    typed = _typed(path, {**given, "forget_stock_outs": forgets})
    return shlex.join(["broker", "apply", *typed])


def _typed(path: str, given: dict[str, Any]) -> list[str]:
    """The arguments with which to go on.

    Not -lock=false: who stood in the way is gone, and whoever holds the lock by then is somebody else.
    """
    words = [*typed_place(), *(f"-target={address}" for address in flat(given["target"]))]
    words += [f"-exclude={address}" for address in flat(given["exclude"])]
    words += typed_values(given["variables"], Path(path or FLEET_FILE))
    words += [] if given["refresh"] else ["-refresh=false"]
    if given["price_tolerance"] != TOLERANCE:
        words.append(f"-price-tolerance={float(given['price_tolerance']):g}")
    words += [f"-replace={address}" for address in flat(given["anew"])]
    words += typed_ttl(given["ttl"])
    words += typed_stock_outs(given)
    flags = ("allow_unplaced", "drained", "accept_missing_regions", "auto_approve")
    words += [f"-{name.replace('_', '-')}" for name in flags if given[name]]
    return [*words, *([path] if path else [])]


def _is_plan(path: Path) -> bool:
    """Whether it is a saved plan rather than a spec: JSON, which no spec begins with."""
    try:
        with path.open("rb") as stream:
            return stream.read(64).lstrip()[:1] == b"{"
    except OSError:
        return False


def _check_there(path: Path) -> None:
    """Refuse a file that is not there, unless it can be meant for a spec only."""
    try:
        is_there = path.exists()
    except OSError:  # nobody can tell: reading it says why
        is_there = True
    if is_there or path.suffix in (".yaml", ".yml"):
        return
    raise UsageInvalid(
        Diagnostic(
            code="plan-file-unreadable",
            subject=str(path),
            summary=f"There is no file {path}",
            hint=f"`broker plan -out={path}` saves a plan there. A spec is fleet.yaml, or its folder.",
        )
    )


DECIDING = ("anew", "allow_unplaced", "forget_stock_outs", "ttl")
PLANNING = ("target", "exclude", "refresh_only", "destroys", *DECIDING)

BUYING = ("price_tolerance", "remember_stock_outs", "accept_missing_regions", "max_price_age")
MODES = {
    "refresh_only": (
        "target",
        "exclude",
        "destroys",
        "drained",
        "max_plan_age",
        *DECIDING,
        *BUYING,
    ),
    "destroys": ("max_plan_age", *DECIDING, *BUYING),
    "ttl": ("target", "exclude"),
}
"""What makes no sense beside each way to use the verb."""


def _check_options(given: dict[str, Any], *, is_plan: bool) -> None:
    """A saved plan is decided already; what is destroyed, or only read, is not decided at all."""
    decided = [name for name in (*PLANNING, VARIABLES) if given[name]]
    if is_plan and decided:
        message = f"A saved plan admits no {_spelled(decided[0])}: it is decided already."
        raise click.UsageError(message)
    if given["refresh_only"] and not given["refresh"]:
        message = "-refresh-only and -refresh=false do not go together."
        raise click.UsageError(message)
    for mode, others in MODES.items():
        odd = [name for name in others if is_asked_for(name)]
        if given[mode] and odd:
            message = f"{_spelled(mode)} and {_spelled(odd[0])} do not go together."
            raise click.UsageError(message)


def _spelled(name: str) -> str:
    typed = {"anew": "replace", "destroys": "destroy", "variables": "var"}.get(name, name)
    return f"-{typed.replace('_', '-')}"
