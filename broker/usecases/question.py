"""From a fleet.yaml to the question put to the solver: the beginning of plan and of explain."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from broker.catalog.gaps import gap_findings, gaps
from broker.catalog.snapshot import Snapshot
from broker.domain.accelerators import Accelerator
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import NotCovered
from broker.domain.spec import FleetSpec, Reservation
from broker.placement.problem import Problem, problem
from broker.placement.stated_quotas import with_stated_quotas
from broker.placement.unmatched_quotas import unmatched_quotas
from broker.ports.progress import Progress
from broker.ports.workers import InTurn, Workers
from broker.spec.load import NOTHING_GIVEN, Given, load
from broker.spec.lower import lower

IDLE = "reservation-idle"
"""The code under which providers tell what the account pays and does not use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a question is answered with; *snapshot* and *accelerators* are called when needed.

    *accept_gaps*: whether to go on without regions that the spec names and nothing is known of.
    A price of before *oldest_price* is not ranked. *notices* are about the snapshot; of them, those of
    reservations that the spec states are not told.
    *workspace* is None for the fleet itself; the fleet of another workspace bears its name. *workers*
    solve parts of it that share nothing. *given* are values for variables of the spec.
    """

    snapshot: Callable[[], Snapshot]
    accelerators: Callable[[], Sequence[Accelerator]]
    progress: Progress
    accept_gaps: bool = False
    oldest_price: datetime | None = None
    notices: Sequence[Diagnostic] = ()
    workspace: str | None = None
    workers: Workers = field(default_factory=InTurn)
    given: Given = NOTHING_GIVEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A spec over a snapshot, as a problem; *warnings* are about either, or what they do not fit.

    *values* are those of variables, as a plan keeps them.
    """

    spec: FleetSpec
    snapshot: Snapshot
    problem: Problem
    warnings: tuple[Diagnostic, ...]
    values: Mapping[str, Any] = field(default_factory=dict)


def ask(fleet: Path, around: Surroundings) -> Question:
    """Load, read prices, lower.

    Raises UsageInvalid, SpecInvalid, CatalogInvalid, and NotCovered unless gaps are accepted.
    """
    written_spec = load(fleet, around.given)
    around.progress.phase("reading prices")
    snapshot = around.snapshot()
    lowered = lower(written_spec, snapshot.network.regions, around.accelerators())
    missing = gap_findings(gaps(lowered.spec, snapshot.coverage), accepted=around.accept_gaps)
    if missing and not around.accept_gaps:
        raise NotCovered(*missing)
    idle = unmatched_quotas(lowered.spec.quotas, snapshot.offers)
    spec = of_workspace(lowered.spec, around.workspace)
    return Question(
        spec=spec,
        snapshot=snapshot,
        problem=with_stated_quotas(
            problem(spec, snapshot, oldest_price=around.oldest_price), snapshot.quotas
        ),
        warnings=(*_untold(around.notices, spec), *lowered.warnings, *missing, *idle),
        values=written_spec.values,
    )


def _untold(notices: Iterable[Diagnostic], spec: FleetSpec) -> Iterator[Diagnostic]:
    """*notices* but those of idle reservations that *spec* states: it uses them, or shows them."""
    return (
        notice
        for notice in notices
        if notice.code != IDLE or not any(_is_about(notice, r) for r in spec.reservations)
    )


def _is_about(notice: Diagnostic, stated: Reservation) -> bool:
    """Whether it tells of the nodes that are *stated*, perhaps without their zone."""
    return notice.subject == str(stated.key) or (
        stated.zone is None
        and notice.subject.startswith(f"{stated.region}/")
        and notice.subject.endswith(f"/{stated.machine_type}:{stated.name}")
    )


def of_workspace(spec: FleetSpec, workspace: str | None) -> FleetSpec:
    """*spec* for a fleet of its own: what is made in a cloud is named for the fleet."""
    return spec if workspace is None else replace(spec, name=f"{spec.name}-{workspace}")
