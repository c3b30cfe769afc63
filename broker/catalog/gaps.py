"""Regions that a spec names and no source answered for: to plan without them would be to guess."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from broker.catalog.snapshot import Coverage
from broker.domain.diagnostics import Diagnostic, Severity, Where
from broker.domain.geography import RegionKey
from broker.domain.regions import RegionStatus
from broker.domain.spec import FleetSpec
from broker.domain.wording import many

ACCEPT = "-accept-missing-regions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A region without an answer: *path* is where the spec names it, *need* for what.

    *answers* are those that the snapshot has in place of a good one; none if nobody was asked.
    """

    region: RegionKey
    path: str
    need: str
    where: Where | None
    answers: tuple[Coverage, ...]


def gaps(spec: FleetSpec, coverage: Iterable[Coverage]) -> list[Gap]:
    """The regions that *spec* names for nodes and that have no OK answer, each once, by name.

    Named are those listed under `providers`; and, as far as nodes may be there, those where data is
    that somebody reads, and where capacity is reserved. `all` names none: there, what is missing is
    told with the plan.
    """
    answers: dict[RegionKey, list[Coverage]] = {}
    for answer in coverage:
        answers.setdefault(answer.region, []).append(answer)
    found: dict[RegionKey, Gap] = {}
    for region, path, need, where in _named(spec):
        given = answers.get(region, [])
        if not any(answer.status is RegionStatus.OK for answer in given):
            gap = Gap(region=region, path=path, need=need, where=where, answers=tuple(given))
            found.setdefault(region, gap)
    return [found[region] for region in sorted(found)]


def _named(spec: FleetSpec) -> Iterator[tuple[RegionKey, str, str, Where | None]]:
    for scope in spec.providers:
        for region in sorted(scope.regions or ()):
            key = RegionKey(scope.provider, region)
            if scope.includes(key):
                path = f"providers.{scope.provider}.regions"
                yield key, path, "the spec names it for nodes", scope.where
    read = {name for workload in spec.workloads for name in workload.reads}
    for dataset in spec.datasets:
        if dataset.name in read and _in_scope(spec, dataset.home):
            path = f"data[{dataset.name}].at"
            yield dataset.home, path, f"data set {dataset.name} lives there", dataset.where
    for paid in spec.reservations:
        if _in_scope(spec, paid.region):
            path = f"reservations[{paid.name}].at"
            yield paid.region, path, f"reservation {paid.name} is there", paid.where


def _in_scope(spec: FleetSpec, region: RegionKey) -> bool:
    return any(scope.includes(region) for scope in spec.providers)


def gap_findings(found: Sequence[Gap], *, accepted: bool) -> tuple[Diagnostic, ...]:
    """One finding for each gap: an error, or a warning where the user has accepted them."""
    return tuple(
        Diagnostic(
            severity=Severity.WARNING if accepted else Severity.ERROR,
            code="region-not-covered",
            subject=gap.path,
            summary=f"What {gap.region} offers is not known, and {gap.need}",
            detail="\n".join(_answers(gap)),
            hint=_consequence(gap) if accepted else _advice(gap),
            where=gap.where,
        )
        for gap in found
    )


def _answers(gap: Gap) -> Iterator[str]:
    for answer in gap.answers:
        yield f"{answer.source} was asked on {answer.fetched_at.date()}: {answer.status}"
    if not gap.answers:
        yield "No source of prices lists anything there."


def _consequence(gap: Gap) -> str:
    kept = sum(answer.offers for answer in gap.answers)
    return f"The plan uses {many(kept, 'older offer')}." if kept else "The plan leaves it out."


def _advice(gap: Gap) -> str:
    first = "Ask again with `broker refresh`" if gap.answers else "Leave it out of the spec"
    return f"{first}, or plan without it: {ACCEPT}."
