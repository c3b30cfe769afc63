"""Checks in a fleet.yaml: their bounds, their scopes, and what is refused."""

from fractions import Fraction

import pytest

from broker.domain.checks import Comparison, Fact, Level
from tests.fakes.specs import TINY, findings_of, lowered


def checked(*checks: str) -> str:
    return f"{TINY}    team: ml\nchecks:\n" + "".join(f"  - {{name: one, {c}}}\n" for c in checks)


@pytest.mark.parametrize(
    ("written", "bound"),
    [
        ("what: monthly-cost, at-most: 260000", Fraction(260000)),
        ('what: monthly-cost, at-most: "6.50"', Fraction(13, 2)),
        ("what: cost-increase-share, at-most: 10%", Fraction(1, 10)),
        ("what: spot-share, at-least: 0.25", Fraction(1, 4)),
        ("what: price-age, at-most: 1d12h", Fraction(129600)),
        ("what: destroyed, is: 0", Fraction(0)),
    ],
)
def test_a_bound_is_read_exactly_in_the_unit_of_its_fact(written: str, bound: Fraction) -> None:
    (check,) = lowered(checked(written)).spec.checks

    assert check.bound == bound
    assert check.level is Level.ADVISORY


def test_a_check_has_all_that_is_said_of_it() -> None:
    (check,) = lowered(
        checked(
            "what: nodes, at-most: 8, level: mandatory, message: Few.,"
            " where: {team: ml, kind: inference, at: GCP/US-central1, cluster: gcp-us-central1}"
        )
    ).spec.checks

    assert (check.name, check.what, check.comparison) == ("one", Fact.NODES, Comparison.AT_MOST)
    assert (check.level, check.message) == (Level.MANDATORY, "Few.")
    assert check.scope.workloads == {"chat"}
    assert (check.scope.provider, check.scope.region) == ("gcp", "us-central1")
    assert (check.scope.team, check.scope.cluster) == ("ml", "gcp-us-central1")
    assert check.where is not None
    assert check.where.line == 13


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("what: monthly-cost, at-most: 10%", "value-wrong"),
        ("what: nodes, at-most: 1.5", "value-wrong"),
        ("what: price-age, at-most: 24", "value-wrong"),
        ("what: price-age, at-most: 9m9d", "value-wrong"),
        ("what: price-age, at-most: 0s", "value-wrong"),
        ("what: spot-share, at-most: 0.1234567", "value-wrong"),
        ('what: spot-share, at-most: "1.2.3"', "value-wrong"),
        ("what: monthly-kost, at-most: 1", "value-wrong"),
        ("what: nodes", "key-missing"),
        ("what: nodes, at-most: 1, is: 1", "key-conflict"),
        ("what: nodes, at-most: 1, where: {team: mll}", "reference-unknown"),
        ("what: nodes, at-most: 1, where: {workload: chatt}", "reference-unknown"),
        ("what: nodes, at-most: 1, where: {at: gpc}", "cloud-unknown"),
        ("what: nodes, at-most: 1, where: {at: gcp/mars}", "region-unknown"),
        ("what: nodes, at-most: 1, where: {kind: batch, workload: chat}", "key-conflict"),
        ("what: destroyed, is: 0, where: {team: ml}", "check-scope-wrong"),
        ("what: proven-gap, at-most: 1%, where: {at: gcp}", "check-scope-wrong"),
    ],
)
def test_what_can_not_be_checked_is_refused(written: str, code: str) -> None:
    assert [finding.code for finding in findings_of(checked(written))] == [code]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("what: spot-share, at-most: 25", "`25%` or `0.25`"),
        ("what: largest-cloud-share, at-least: 60", "`60%` or `0.6`"),
        ("what: proven-gap, at-most: 1.5", "`1.5%` or `0.015`"),
        ("what: spot-share, at-most: 250", "`25%` or `0.25`"),
        ("what: spot-share, is: 150%", "`25%` or `0.25`"),
    ],
)
def test_a_share_of_more_than_all_is_refused_and_what_is_meant_is_said(
    written: str, meant: str
) -> None:
    (finding,) = findings_of(checked(written))

    assert finding.code == "value-wrong"
    assert meant in finding.hint


@pytest.mark.parametrize(
    "written",
    [
        "what: spot-share, at-most: 1",
        "what: spot-share, at-most: 100%",
        "what: cost-increase-share, at-most: 250%",
        "what: cost-increase-share, at-most: 2.5",
    ],
)
def test_all_is_a_share_and_a_cost_may_grow_by_more(written: str) -> None:
    assert not findings_of(checked(written))


def test_no_two_checks_have_one_name() -> None:
    twice = checked("what: nodes, at-most: 1", "what: clusters, at-most: 1")

    assert [finding.code for finding in findings_of(twice)] == ["name-repeated"]
