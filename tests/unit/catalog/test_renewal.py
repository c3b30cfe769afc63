"""What is kept of a region after it was asked again."""

from dataclasses import replace
from datetime import datetime, timedelta

from broker.catalog.renewal import renewed, vanished
from broker.domain.diagnostics import Diagnostic
from broker.domain.geography import RegionKey
from broker.domain.regions import RegionResult, RegionStatus
from tests.fakes.problems import EAST, NOW, WEST, offer

LATER = NOW + timedelta(days=1)
DENIED = Diagnostic(code="access-denied", subject="aws/us-east-1", summary="No credentials")


def good(*names: str, region: RegionKey = EAST, at: datetime = NOW) -> RegionResult:
    return RegionResult(
        region=region,
        status=RegionStatus.OK,
        offers=tuple(offer(name, region=region, fetched_at=at) for name in names),
        fetched_at=at,
        source="fake",
    )


def failed(status: RegionStatus = RegionStatus.DENIED, region: RegionKey = EAST) -> RegionResult:
    return replace(good(region=region, at=LATER), status=status, findings=(DENIED,))


def test_a_good_answer_takes_the_place_of_the_one_before() -> None:
    assert renewed([good("p5")], [good("p4", at=LATER)]) == (good("p4", at=LATER),)


def test_a_failed_region_keeps_its_offers_with_their_age_under_the_new_status() -> None:
    (kept,) = renewed([good("p5")], [failed()])

    assert kept.status is RegionStatus.DENIED
    assert kept.offers == good("p5").offers
    assert kept.fetched_at == NOW
    assert kept.findings == (DENIED,)


def test_a_region_that_fails_twice_still_has_what_it_had() -> None:
    (kept,) = renewed(renewed([good("p5")], [failed()]), [failed(RegionStatus.TIMEOUT)])

    assert kept.status is RegionStatus.TIMEOUT
    assert kept.offers == good("p5").offers


def test_a_region_that_never_answered_is_there_all_the_same() -> None:
    assert renewed([], [failed()]) == (failed(),)


def test_what_was_not_asked_is_kept_and_all_is_in_order() -> None:
    west = good("p5", region=WEST)

    assert renewed([west], [good("p4")]) == (good("p4"), west)


def test_a_region_that_offers_nothing_any_more_is_not_believed() -> None:
    (kept,) = renewed([good("p5", "p4")], [good(at=LATER)])

    assert kept.status is RegionStatus.ERROR
    assert kept.offers == good("p5", "p4").offers
    assert [finding.code for finding in kept.findings] == ["region-emptied"]


def test_a_region_that_never_offered_anything_may_be_empty() -> None:
    assert renewed([good()], [good(at=LATER)]) == (good(at=LATER),)


def test_losing_more_than_half_of_the_offers_is_told() -> None:
    (kept,) = renewed([good("a", "b", "c", "d")], [good("a", at=LATER)])
    (half,) = renewed([good("a", "b")], [good("a", at=LATER)])

    assert kept.status is RegionStatus.OK
    assert [finding.code for finding in kept.findings] == ["region-shrunk"]
    assert half.findings == ()


def test_a_region_that_is_listed_no_more_is_told_and_kept() -> None:
    before = [good("p5"), good("p5", region=WEST)]

    gone = vanished(before, [WEST], "fake")
    kept = renewed(before, gone)

    assert [(result.region, result.status) for result in kept] == [
        (EAST, RegionStatus.ERROR),
        (WEST, RegionStatus.OK),
    ]
    assert kept[0].offers == before[0].offers
    assert [finding.code for finding in kept[0].findings] == ["region-vanished"]
    assert vanished(before, [WEST], "another provider") == []


def test_a_region_that_was_switched_off_offers_nothing_any_more() -> None:
    off = failed(RegionStatus.NOT_OPTED_IN)

    assert renewed([good("p5")], [off]) == (off,)


def test_an_offer_that_two_providers_tell_is_kept_once_at_its_newer_price() -> None:
    other = replace(good("p4", "p5", at=LATER), source="other")

    mine, theirs = renewed([good("p5", "p6")], [other])

    assert [one.machine_type for one in mine.offers] == ["p6"]
    assert [finding.code for finding in mine.findings] == ["offers-told-twice"]
    assert theirs == other
    assert renewed((mine, theirs), []) == (mine, theirs)


def test_of_two_prices_of_one_instant_the_first_provider_by_name_is_heard() -> None:
    first, second = renewed([], [replace(good("p5"), source="z"), replace(good("p5"), source="a")])

    assert (first.source, len(first.offers)) == ("a", 1)
    assert (second.source, len(second.offers)) == ("z", 0)
