"""Checks as plan documents write them: Terraform's `checks`, and what was found beyond that.

A saved plan holds its checks whole, so that they are looked at again when it is applied, with or without
the fleet.yaml that they come from.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath
from typing import Any

from broker.domain.checks import Check, Comparison, Fact, Level, Scope, Unit
from broker.domain.diagnostics import Diagnostic, Where
from broker.domain.errors import PlanFileInvalid
from broker.domain.ids import ClusterName, ProviderName, TeamName, WorkloadName
from broker.planning.check_facts import Found
from broker.planning.checks import CheckVerdict, Status, evidence, lasting_sentence
from broker.planning.shape import (
    AMOUNT,
    TEXT,
    WHOLE,
    YES_NO,
    Leaf,
    Optional,
    Shape,
    findings,
    one_of,
)

Document = dict[str, Any]

PLACES = 6

WORDS = Leaf(
    "an object of text",
    lambda v: isinstance(v, dict) and all(isinstance(each, str) for each in v.values()),
)

CHECK: Shape = {
    "address": {"to_display": TEXT, "name": TEXT},
    "status": one_of(*(status.value for status in Status)),
    "instances": [{"problems": [{"message": TEXT}]}],
    "level": one_of(*(level.value for level in Level)),
    "what": one_of(*(fact.value for fact in Fact)),
    "comparison": one_of(*(comparison.value for comparison in Comparison)),
    "bound": AMOUNT,
    "scope": WORDS,
    "about_nothing": YES_NO,
    "summary": TEXT,
    "workloads": Optional([TEXT]),
    "evidence": [{"name": TEXT, "value": TEXT}],
    "message": TEXT,
    "declared": Optional({"file": TEXT, "line": WHOLE, "column": WHOLE}),
}


def check_documents(verdicts: Iterable[CheckVerdict]) -> list[Document]:
    """Each verdict with its evidence, in the order of fleet.yaml."""
    return [_document(verdict) for verdict in verdicts]


def checks_of(document: Mapping[str, Any]) -> tuple[Check, ...]:
    """The checks of a plan *document*; raises PlanFileInvalid where they do not look like that."""
    written = document.get("checks", [])
    found = list(findings(written, [CHECK], "plan.checks"))
    if found:
        raise PlanFileInvalid(
            Diagnostic(
                code="plan-file-damaged",
                subject="plan.checks",
                summary="The plan lacks what a plan must have",
                detail="\n".join(found),
                hint="Make the plan again with `broker plan -out FILE`.",
            )
        )
    return tuple(_check(each) for each in written)


def _document(verdict: CheckVerdict) -> Document:
    check, fact = verdict.check, verdict.found
    low, high = (None, None) if fact.is_absent else (fact.low, fact.high)
    address = {"to_display": f"check.{check.name}", "kind": "check", "name": check.name}
    return {
        "address": address,
        "status": verdict.status.value,
        "instances": [
            {
                "address": {"to_display": address["to_display"]},
                "status": verdict.status.value,
                "problems": _problems(verdict),
            }
        ],
        "level": check.level.value,
        "what": check.what.value,
        "unit": verdict.currency if check.what.unit is Unit.MONEY else check.what.unit.value,
        "comparison": check.comparison.value,
        "bound": _decimal(check.bound),
        "scope": dict(check.scope.words),
        "workloads": None
        if check.scope.workloads is None
        else sorted(str(name) for name in check.scope.workloads),
        # An age grows by itself: the instant does not, and the same inputs make the same plan.
        "value": _decimal(low) if fact.since is None else fact.since.isoformat(),
        "value_at_most": _decimal(high) if fact.since is None else None,
        "about_nothing": verdict.is_about_nothing,
        "summary": lasting_sentence(verdict),
        "evidence": [{"name": name, "value": value} for name, value in _evidence(fact)],
        "message": check.message,
        "declared": _declared(check.where),
    }


def _problems(verdict: CheckVerdict) -> list[Document]:
    if verdict.status is Status.PASS:
        return []
    most = "" if verdict.found.since is not None else evidence(verdict)
    told = (verdict.check.message, f"{lasting_sentence(verdict)}.", most)
    return [{"message": " ".join(each for each in told if each)}]


def _evidence(fact: Found) -> list[tuple[str, str | None]]:
    """What most of it comes from; of an age, since when each is that old."""
    since, oldest = fact.since, fact.low
    if since is None or oldest is None:
        return [(name, _decimal(value)) for name, value in fact.most]
    return [
        (name, (since + timedelta(seconds=float(oldest - age))).isoformat())
        for name, age in fact.most
    ]


def _declared(where: Where | None) -> Document | None:
    """The name of the file alone: where it lies is no business of whoever reads the plan."""
    if where is None:
        return None
    return {"file": PurePath(where.file).name, "line": where.line, "column": where.column}


def _decimal(value: Fraction | None) -> str | None:
    """As a decimal of at most six places; None for what nobody knows."""
    if value is None:
        return None
    units = round(value * 10**PLACES)
    whole = f"{Decimal(units).scaleb(-PLACES):f}"
    return whole.rstrip("0").rstrip(".") if "." in whole else whole


def _check(entry: Document) -> Check:
    scope, declared = entry["scope"], entry["declared"]
    provider, _, region = scope.get("at", "").partition("/")
    names = entry["workloads"]
    team, cluster = scope.get("team"), scope.get("cluster")
    return Check(
        name=entry["address"]["name"],
        what=Fact(entry["what"]),
        comparison=Comparison(entry["comparison"]),
        bound=Fraction(Decimal(entry["bound"])),
        level=Level(entry["level"]),
        scope=Scope(
            team=None if team is None else TeamName(team),
            workloads=None if names is None else frozenset(map(WorkloadName, names)),
            cluster=None if cluster is None else ClusterName(cluster),
            provider=ProviderName(provider) if provider else None,
            region=region or None,
            words=tuple(sorted(scope.items())),
        ),
        message=entry["message"],
        where=None
        if declared is None
        else Where(declared["file"], declared["line"], declared["column"]),
    )
