"""What the keys of one check demand of each other, and the check that they make."""

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from broker.domain.checks import Check, Comparison, Fact, Scope, Unit
from broker.domain.diagnostics import Diagnostic
from broker.domain.ids import ClusterName, ProviderName, TeamName, WorkloadName
from broker.spec.findings import Findings
from broker.spec.measures import DURATION_PATTERN, parse_duration
from broker.spec.values import Record, Value
from broker.spec.world import World, check_cloud, check_name, check_region

DECIMALS = 10**6
"""No bound has more than six decimals: so plan documents have it exactly."""

PARTS_OF_ONE = frozenset({Fact.SPOT_SHARE, Fact.LARGEST_CLOUD_SHARE, Fact.PROVEN_GAP})
"""Shares of a whole that they are in; a cost may well grow by more than all of it."""

ALL = Fraction(100)
_QUARTER = Fraction(25)

WRITTEN: Mapping[Unit, str] = {
    Unit.MONEY: 'an amount, such as 260000 or "6.50"',
    Unit.COUNT: "a whole number, such as 8",
    Unit.SHARE: "a share with at most six decimals, such as 0.1 or 10%",
    Unit.SECONDS: "a duration, such as 24h or 7d",
}

_DECIMAL = r"[0-9]{1,12}(\.[0-9]{1,6})?"


def check_checks(fleet: Record, world: World, findings: Findings) -> None:
    """Each bound fits its fact, each `where` too, and leads somewhere."""
    for check in fleet.records("checks"):
        what = check.find("what")
        if what is None:
            continue
        _check_bound(check, what.content, findings)
        scope = check.record("where")
        if scope is not None:
            _check_scope(scope, what.content, findings)
            _check_names(scope, fleet, world, findings)


def check_of(check: Record, fleet: Record) -> Check:
    """The check that *check* describes, after all of it was checked."""
    comparison, stated = next((word, v) for word in Comparison if (v := check.find(word)))
    what: Fact = check.content("what")
    bound = _bound(what.unit, stated.content)
    if bound is None:
        message = f"{stated.path} was not checked"
        raise ValueError(message)
    scope = check.record("where")
    return Check(
        name=check.content("name"),
        what=what,
        comparison=comparison,
        bound=bound,
        level=check.content("level"),
        scope=Scope() if scope is None else _scope(scope, fleet),
        message=check.content("message") or "",
        where=check.where,
    )


def _check_bound(check: Record, what: Fact, findings: Findings) -> None:
    for stated in filter(None, map(check.find, Comparison)):
        bound = _bound(what.unit, stated.content)
        if bound is not None and bound > 1 and what in PARTS_OF_ONE:
            findings.add(_more_than_all(stated, what, bound))
        elif bound is None:
            findings.at(
                stated,
                code="value-wrong",
                summary=f"What {what} is held against is {WRITTEN[what.unit]}",
                hint="docs/spec.md has the unit of each fact.",
            )


def _more_than_all(stated: Value, what: Fact, bound: Fraction) -> Diagnostic:
    """A bound that nothing ever passes: most often a percentage without its sign."""
    meant = stated.content if isinstance(stated.content, Fraction) and bound <= ALL else _QUARTER
    return Diagnostic(
        code="value-wrong",
        subject=stated.path,
        summary=f"{what} is a part of the whole, and never more than 100%",
        hint=f"Write `{float(meant):g}%` or `{float(meant / ALL):g}`: a number without % is 1 for all.",
        where=stated.where,
    )


def _bound(unit: Unit, written: Fraction | str) -> Fraction | None:
    """The number that is meant; None where it is not of that unit."""
    number = _duration(written) if unit is Unit.SECONDS else _number(unit, written)
    if number is None or (number * DECIMALS).denominator != 1:
        return None
    return None if unit is Unit.COUNT and number.denominator != 1 else number


def _number(unit: Unit, written: Fraction | str) -> Fraction | None:
    if isinstance(written, Fraction):
        return written
    percent = written.endswith("%") and unit is Unit.SHARE
    digits = written.removesuffix("%") if percent else written
    if not re.fullmatch(_DECIMAL, digits, re.ASCII):
        return None
    return Fraction(Decimal(digits)) / (100 if percent else 1)


def _duration(written: Fraction | str) -> Fraction | None:
    if isinstance(written, Fraction) or not re.fullmatch(DURATION_PATTERN, written, re.ASCII):
        return None
    try:
        return Fraction(parse_duration(written))
    except ValueError:
        return None


def _check_scope(scope: Record, what: Fact, findings: Findings) -> None:
    for key in sorted(set(scope.values) - what.scopes):
        known = ", ".join(f"`{each}`" for each in sorted(what.scopes))
        findings.at(
            scope.values[key],
            code="check-scope-wrong",
            summary=f"{what} is not known by `{key}`",
            hint=f"It can be narrowed by {known}." if known else "It is of the whole fleet.",
        )


def _check_names(scope: Record, fleet: Record, world: World, findings: Findings) -> None:
    owner = fleet.content("owner")
    workloads = fleet.records("workloads")
    known: Mapping[str, set[str | None]] = {
        "team": {workload.content("team") or owner for workload in workloads},
        "workload": {workload.content("name") for workload in workloads},
    }
    for key, names in known.items():
        named = scope.find(key)
        if named is not None:
            check_name(named, {name for name in names if name is not None}, findings)
    at = scope.find("at")
    if at is not None:
        _check_at(at, world, findings)


def _check_at(at: Value, world: World, findings: Findings) -> None:
    cloud, _, region = at.content.partition("/")
    if region:
        check_region(cloud, region, at, world, findings)
    else:
        check_cloud(cloud, at, world, findings)


def _scope(scope: Record, fleet: Record) -> Scope:
    team, cluster, at = (scope.content(key) for key in ("team", "cluster", "at"))
    cloud, _, region = (at or "").partition("/")
    return Scope(
        team=None if team is None else TeamName(team),
        workloads=_workloads(scope, fleet),
        cluster=None if cluster is None else ClusterName(cluster),
        provider=ProviderName(cloud) if cloud else None,
        region=region or None,
        words=tuple((key, str(value.content)) for key, value in sorted(scope.values.items())),
    )


def _workloads(scope: Record, fleet: Record) -> frozenset[WorkloadName] | None:
    name, kind = scope.content("workload"), scope.content("kind")
    if name is not None:
        return frozenset({WorkloadName(name)})
    if kind is None:
        return None
    return frozenset(
        WorkloadName(workload.content("name"))
        for workload in fleet.records("workloads")
        if workload.content("kind") == kind
    )
