"""Checks over facts of a plan: what passes, what fails, what nobody can tell, and the evidence."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given

from broker.domain.checks import Check, Comparison, Fact, Level, Scope
from broker.domain.diagnostics import Severity, Where
from broker.domain.errors import PlanFileInvalid
from broker.domain.fleet import Fleet
from broker.domain.ids import ClusterName, ProviderName, TeamName, WorkloadName
from broker.planning.check_documents import check_documents, checks_of
from broker.planning.check_facts import Change, Measured, found
from broker.planning.checks import CheckVerdict, Status, finding, judged
from broker.planning.cost import cost
from broker.planning.repricing import repriced
from tests.fakes import fleets
from tests.fakes.random_fleets import fleets as any_fleet

NOTHING = fleets.fleet([], [])
AT_MOST, AT_LEAST, IS = Comparison.AT_MOST, Comparison.AT_LEAST, Comparison.IS
TEAMS = {team: Scope(team=TeamName(team), words=(("team", team),)) for team in ("apps", "nobody")}
AWS = Scope(provider=ProviderName("aws"), words=(("at", "aws"),))
GCP = Scope(cluster=ClusterName("gcp-europe-west4"), words=(("cluster", "gcp-europe-west4"),))
CHAT = Scope(workloads=frozenset({WorkloadName("chat")}), words=(("workload", "chat"),))


def measured(fleet: Fleet | None = None, before: Fleet = NOTHING, days: int = 2) -> Measured:
    return Measured(
        fleet=fleet or fleets.research(),
        before=before,
        currency="USD",
        now=fleets.PRICES_OF + timedelta(days=days),
        changes=(
            Change(
                address="pool.aws-us-east-1.old",
                cluster="aws-us-east-1",
                provider="aws",
                region="us-east-1",
                actions=("delete",),
            ),
            Change(
                address="pool.gcp-europe-west4.tune",
                cluster="gcp-europe-west4",
                provider="gcp",
                region="europe-west4",
                actions=("delete", "create"),
            ),
        ),
        gap=Fraction(1, 1000),
        unplaced=("sweep",),
    )


def check(what: Fact, comparison: Comparison, bound: Fraction | int | str, **more: object) -> Check:
    made = Check(name="one", what=what, comparison=comparison, bound=Fraction(bound))
    return replace(made, **more)  # type: ignore[arg-type]  # what a test is about


def value(what: Fact, scope: Scope | None = None, of: Measured | None = None) -> Fraction | None:
    fact = found(check(what, AT_MOST, 0, scope=scope or Scope()), of or measured())
    assert fact.low == fact.high
    return None if fact.is_absent else fact.low


def status(asked: Check, of: Measured) -> Status:
    (verdict,) = judged([asked], of)
    return verdict.status


@pytest.mark.parametrize(
    ("what", "scope", "expected"),
    [
        (Fact.CLUSTERS, None, 2),
        (Fact.CLUSTERS, AWS, 1),
        (Fact.NODES, None, 21),
        (Fact.NODES, TEAMS["apps"], 3),
        (Fact.NODES, CHAT, 3),
        (Fact.ACCELERATORS, None, 16 * 8 + 3 * 4 + 2 * 8),
        (Fact.ACCELERATORS, GCP, 16),
        (Fact.REGIONS, None, 2),
        (Fact.CLOUDS, TEAMS["apps"], 1),
        (Fact.SPOT_SHARE, None, Fraction(128, 156)),
        (Fact.SPOT_SHARE, TEAMS["apps"], 0),
        (Fact.SPOT_SHARE, TEAMS["nobody"], None),
        (Fact.LARGEST_CLOUD_SHARE, None, Fraction(140, 156)),
        (Fact.PRICE_AGE, None, 2 * 86400),
        (Fact.UNKNOWN_PRICES, None, 0),
        (Fact.PROVEN_GAP, None, Fraction(1, 1000)),
        (Fact.UNPLACED, None, 1),
        (Fact.DESTROYED, None, 1),
        (Fact.DESTROYED, GCP, 0),
        (Fact.REPLACED, GCP, 1),
        (Fact.COST_PER_ACCELERATOR_HOUR, CHAT, Fraction("1.1504")),
        (Fact.COST_PER_ACCELERATOR_HOUR, TEAMS["nobody"], None),
        (Fact.COST_INCREASE_SHARE, None, None),
    ],
)
def test_each_fact_is_counted_where_it_is_asked_for(
    what: Fact, scope: Scope | None, expected: Fraction | int | None
) -> None:
    assert value(what, scope) == expected


def test_costs_are_those_of_the_tables_of_the_plan() -> None:
    told = cost(fleets.research(), "USD")
    teams = {row.name: Fraction(row.monthly.micros, 10**6) for row in told.teams}
    clusters = {row.name: Fraction(row.monthly.micros, 10**6) for row in told.clusters}

    assert value(Fact.MONTHLY_COST) == Fraction(told.total.monthly.micros, 10**6)
    assert value(Fact.MONTHLY_COST, TEAMS["apps"]) == teams["apps"]
    assert value(Fact.MONTHLY_COST, AWS) == clusters["aws-us-east-1"]


def test_an_increase_is_over_what_is_there_now() -> None:
    now = measured(before=fleets.research(training_nodes=8))
    less = measured(fleets.research(training_nodes=8), before=fleets.research())

    increase = value(Fact.COST_INCREASE, of=now)
    assert increase == Fraction("22.1234") * 8 * 96
    assert value(Fact.COST_INCREASE, of=less) == -increase
    before = value(Fact.MONTHLY_COST, of=less)
    assert before is not None
    assert value(Fact.COST_INCREASE_SHARE, of=now) == increase / before
    assert value(Fact.COST_INCREASE, TEAMS["apps"], of=now) == 0


UNKNOWN = fleets.research(overhead_in_gcp=None)


@pytest.mark.parametrize(
    ("comparison", "bound", "expected"),
    [
        (AT_MOST, 10**6, Status.UNKNOWN),
        (AT_MOST, 1, Status.FAIL),
        (AT_LEAST, 1, Status.PASS),
        (AT_LEAST, 10**6, Status.UNKNOWN),
        (IS, 10**6, Status.UNKNOWN),
        (IS, 1, Status.FAIL),
    ],
)
def test_a_sum_with_an_unknown_price_is_known_from_below_only(
    comparison: Comparison, bound: int, expected: Status
) -> None:
    assert status(check(Fact.MONTHLY_COST, comparison, bound), measured(UNKNOWN)) is expected


def test_what_is_unknown_before_and_after_is_no_increase() -> None:
    same = check(Fact.COST_INCREASE, IS, 0)

    assert status(same, measured(UNKNOWN, before=UNKNOWN)) is Status.PASS
    assert status(same, measured(UNKNOWN, before=fleets.research())) is Status.UNKNOWN
    assert status(same, measured(before=UNKNOWN)) is Status.UNKNOWN


@pytest.mark.parametrize(
    ("comparison", "passing", "failing"),
    [(AT_MOST, 21, 20), (AT_LEAST, 21, 22), (IS, 21, 20)],
)
def test_a_bound_that_is_met_exactly_passes(
    comparison: Comparison, passing: int, failing: int
) -> None:
    assert status(check(Fact.NODES, comparison, passing), measured()) is Status.PASS
    assert status(check(Fact.NODES, comparison, failing), measured()) is Status.FAIL


def test_what_is_not_there_passes_whatever_is_asked_of_it() -> None:
    nobody = check(Fact.SPOT_SHARE, AT_LEAST, Fraction(1, 2), scope=TEAMS["nobody"])

    assert status(nobody, measured()) is Status.PASS


def test_the_evidence_names_what_most_of_it_is_and_where_it_is_asked_for() -> None:
    where = Where("fleet.yaml", 12, 5)
    asked = check(Fact.MONTHLY_COST, AT_MOST, 1, scope=AWS, message="Mind it.", where=where)

    (verdict,) = judged([asked], measured())
    told = finding(verdict)

    assert told is not None
    assert (told.code, told.severity, told.where) == ("check-failed", Severity.WARNING, where)
    assert told.summary.startswith("Check one failed: monthly-cost at aws is $44,")
    assert told.summary.endswith(", at most $1.00 is allowed")
    first, second = told.detail.splitlines()
    assert first == "Mind it."
    assert second.startswith("Most of it: workload.pretrain ($33,981.54), workload.chat (")


def test_of_a_share_of_increase_the_evidence_is_money() -> None:
    now = measured(before=fleets.research(training_nodes=8))
    asked = check(Fact.COST_INCREASE_SHARE, AT_MOST, Fraction(1, 10))

    (verdict,) = judged([asked], now)
    (document,) = check_documents([verdict])
    told = finding(verdict)

    assert told is not None
    assert told.detail == "Most of it: workload.pretrain ($16,990.77)."
    assert document["instances"][0]["problems"][0]["message"].endswith(told.detail)
    assert document["evidence"] == [{"name": "workload.pretrain", "value": "16990.7712"}]


def test_spot_that_is_wanted_is_missing_from_what_is_not_spot() -> None:
    wanted = check(Fact.SPOT_SHARE, AT_LEAST, 1)

    names = [name for name, _ in found(wanted, measured()).most]

    assert names[0] == "pool.gcp-europe-west4.a3-highgpu-8g-reserved"


@pytest.mark.parametrize("fleet", [fleets.research(), UNKNOWN], ids=["fails", "unknown"])
def test_a_mandatory_check_that_does_not_pass_is_an_error(fleet: Fleet) -> None:
    bound = 1 if fleet is not UNKNOWN else 10**6
    asked = check(Fact.MONTHLY_COST, AT_MOST, bound, level=Level.MANDATORY)

    (verdict,) = judged([asked], measured(fleet))
    told = finding(verdict)

    assert verdict.is_denial
    assert told is not None
    assert told.severity is Severity.ERROR
    assert told.code == ("check-failed" if fleet is not UNKNOWN else "check-unknown")


def a_document(asked: Check, of: Measured | None = None) -> dict[str, object]:
    (document,) = check_documents(judged([asked], of or measured()))
    return document


def test_a_document_has_the_shape_of_terraform_and_the_evidence() -> None:
    document = a_document(check(Fact.NODES, AT_MOST, 20, where=Where("/a/fleet.yaml", 3, 5)))

    assert document["address"] == {"to_display": "check.one", "kind": "check", "name": "one"}
    assert document["status"] == "fail"
    (instance,) = document["instances"]  # type: ignore[misc]  # a list of one
    assert isinstance(instance, Mapping)
    assert instance["status"] == "fail"
    (problem,) = instance["problems"]
    assert problem["message"].startswith("nodes is 21, at most 20 is allowed. Most of it: pool.")
    assert (document["value"], document["bound"]) == ("21", "20")
    assert document["declared"] == {"file": "fleet.yaml", "line": 3, "column": 5}


def test_a_document_does_not_change_while_prices_only_grow_older() -> None:
    fresh = check(Fact.PRICE_AGE, AT_MOST, 86400)

    assert a_document(fresh, measured(days=2)) == a_document(fresh, measured(days=9))
    assert a_document(fresh, measured(days=0))["status"] == "pass"


@pytest.mark.parametrize("scope", [Scope(), AWS, GCP, TEAMS["apps"], CHAT])
@pytest.mark.parametrize("what", list(Fact))
def test_checks_come_back_from_their_documents(what: Fact, scope: Scope) -> None:
    asked = check(what, IS, Fraction("0.5"), scope=scope, level=Level.MANDATORY, message="Why.")

    assert checks_of({"checks": [a_document(asked)]}) == (asked,)


def test_a_document_that_is_no_check_is_refused() -> None:
    damaged = {**a_document(check(Fact.NODES, IS, 1)), "bound": "many"}

    with pytest.raises(PlanFileInvalid):
        checks_of({"checks": [damaged]})


@given(fleet=any_fleet())
def test_costs_of_all_clusters_and_of_all_work_are_never_more_than_the_total(fleet: Fleet) -> None:
    whole = found(check(Fact.MONTHLY_COST, AT_MOST, 0), measured(fleet)).low
    teams = {placement.team for placement in fleet.placements}
    parts = [
        found(check(Fact.MONTHLY_COST, AT_MOST, 0, scope=Scope(team=team)), measured(fleet)).low
        for team in sorted(teams)
    ]

    assert whole is not None
    assert sum(part for part in parts if part is not None) <= whole


@given(fleet=any_fleet())
def test_a_fleet_at_other_prices_still_adds_up(fleet: Fleet) -> None:
    offers = {pool.offer.name: pool.offer for pool in fleet.pools}
    dearer = {
        name: replace(offer, price=None if offer.price is None else offer.price * 3)
        for name, offer in offers.items()
    }

    again = repriced(fleet, dearer)

    assert repriced(fleet, {}) == fleet
    told = cost(again, "USD").total.monthly
    pools = sum(pool.monthly.micros for pool in again.pools)
    others = cost(fleet, "USD").total.monthly.micros - sum(p.monthly.micros for p in fleet.pools)
    assert told.micros == pools + others


def test_a_verdict_says_of_an_unknown_what_is_known() -> None:
    (verdict,) = judged([check(Fact.MONTHLY_COST, AT_MOST, 10**6)], measured(UNKNOWN))

    told = finding(verdict)

    assert isinstance(verdict, CheckVerdict)
    assert told is not None
    assert "is at least $" in told.summary
    assert "with a price unknown" in told.summary


@pytest.mark.parametrize(("scope", "expected"), [(TEAMS["nobody"], True), (AWS, False)])
def test_a_check_of_what_is_nowhere_in_the_fleet_says_so(scope: Scope, expected: bool) -> None:  # noqa: FBT001
    asked = check(Fact.SPOT_SHARE, AT_MOST, 1, scope=scope)

    document = a_document(asked)

    assert document["about_nothing"] is expected
    assert (document["value"] is None) is expected
    assert a_document(replace(asked, scope=Scope()))["about_nothing"] is False
