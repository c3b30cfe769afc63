"""A clock that is behind is said: what is dated later than now has no age."""

from dataclasses import replace
from datetime import timedelta

import pytest

from broker.catalog.instants import CLOCK_SKEW, clock_findings
from broker.domain.diagnostics import Severity
from broker.domain.regions import RegionResult, RegionStatus
from tests.fakes.problems import EAST, NOW, offer

SECOND = timedelta(seconds=1)


def answer(later: timedelta) -> RegionResult:
    told = replace(offer("p5", "98"), fetched_at=NOW + later)
    return RegionResult(
        region=EAST, status=RegionStatus.OK, offers=(told,), fetched_at=NOW, source="test"
    )


@pytest.mark.parametrize("later", [timedelta(0), -timedelta(days=400), CLOCK_SKEW])
def test_what_is_as_old_as_now_or_older_is_fine(later: timedelta) -> None:
    assert clock_findings([answer(later)], NOW) == ()


def test_nothing_known_says_nothing_of_the_clock() -> None:
    assert clock_findings([], NOW) == ()


def test_a_price_of_later_than_now_is_told_with_both_instants() -> None:
    (found,) = clock_findings([answer(timedelta(0)), answer(timedelta(days=1))], NOW)

    assert (found.code, found.severity) == ("clock-behind", Severity.WARNING)
    assert f"{NOW + timedelta(days=1):%Y-%m-%d %H:%M} UTC" in found.summary
    assert f"it is {NOW:%Y-%m-%d %H:%M} UTC here" in found.summary


def test_an_answer_without_offers_counts_too() -> None:
    denied = replace(answer(timedelta(0)), offers=(), fetched_at=NOW + CLOCK_SKEW + SECOND)

    assert len(clock_findings([denied], NOW)) == 1
