"""Asking, judging and keeping: every region is accounted for, whatever happens."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import AccessDenied, CatalogInvalid, RateLimited, UsageInvalid
from broker.domain.geography import RegionKey
from broker.domain.history import PriceChange
from broker.domain.money import Money
from broker.domain.offers import Offer
from broker.domain.regions import RegionResult, RegionStatus
from broker.ports.capacity import CapacityProvider
from broker.storage.clock import StoppedClock
from broker.storage.snapshot_store import SnapshotFile
from broker.usecases.refresh import RefreshAround, Refreshed, RefreshRequest, refresh
from tests.fakes.capacity import FakeCapacity, OddCapacity
from tests.fakes.problems import EAST, FRANKFURT, NOW, WEST, offer

DAY = timedelta(days=1)
EVERYWHERE = (offer("p5", "98"), offer("p5", "99", region=WEST))


def run(
    folder: Path,
    *providers: CapacityProvider,
    known: Sequence[RegionKey] = (),
    with_prices: Sequence[RegionKey] = (),
    day: int = 0,
    request: RefreshRequest | None = None,
) -> Refreshed:
    return refresh(
        request or RefreshRequest(seconds=0.5),
        RefreshAround(
            providers=providers,
            known_regions=known,
            priced_regions=frozenset(with_prices),
            store=SnapshotFile(folder),
            clock=StoppedClock(NOW + day * DAY),
        ),
    )


def statuses(results: Sequence[RegionResult]) -> dict[str, str]:
    return {result.region.region: result.status.value for result in results}


def priced(results: Sequence[RegionResult]) -> dict[str, Money | None]:
    return {one.name: one.price for result in results for one in result.offers}


def test_what_the_clouds_say_is_kept(tmp_path: Path) -> None:
    refreshed = run(tmp_path, FakeCapacity(EVERYWHERE))

    assert statuses(refreshed.asked) == {"us-east-1": "ok", "us-west-2": "ok"}
    assert not refreshed.is_partial
    assert refreshed.first
    assert tuple(SnapshotFile(tmp_path).results()) == refreshed.kept
    assert priced(refreshed.kept) == {one.name: one.price for one in EVERYWHERE}


def test_a_clock_that_was_set_back_is_said_and_what_is_known_is_kept(tmp_path: Path) -> None:
    run(tmp_path, FakeCapacity(EVERYWHERE, failures={FRANKFURT: RegionStatus.DENIED}), day=9)
    again = run(tmp_path, FakeCapacity(EVERYWHERE), day=1)

    assert [finding.code for finding in again.findings] == ["clock-behind"]
    assert priced(again.kept) == {one.name: one.price for one in EVERYWHERE}


def test_each_failure_is_a_status_and_the_others_are_kept(tmp_path: Path) -> None:
    hanging, buggy = RegionKey.parse("aws/eu-west-1"), RegionKey.parse("aws/eu-west-2")
    odd = OddCapacity(EVERYWHERE, hangs=[hanging], bugs=[buggy])
    failing = FakeCapacity(failures={FRANKFURT: RegionStatus.NOT_OPTED_IN})

    refreshed = run(tmp_path, odd, failing)

    odd.released.set()
    assert statuses(refreshed.asked) == {
        "eu-central-1": "not-opted-in",
        "eu-west-1": "timeout",
        "eu-west-2": "error",
        "us-east-1": "ok",
        "us-west-2": "ok",
    }
    assert refreshed.is_partial
    codes = {r.region: [f.code for f in r.findings] for r in refreshed.asked if r.findings}
    assert codes == {hanging: ["region-timeout"], buggy: ["provider-failed"]}


def test_the_text_of_an_unexpected_error_is_not_told(tmp_path: Path) -> None:
    """It may hold a secret; where it happened is enough to find the bug."""
    refreshed = run(tmp_path, OddCapacity(bugs=[EAST]))

    (finding,) = refreshed.asked[0].findings
    assert "secret" not in str(finding)
    assert "KeyError in OddCapacity.discover" in finding.summary


def test_a_region_that_is_switched_off_makes_nothing_partial(tmp_path: Path) -> None:
    off = FakeCapacity(EVERYWHERE, failures={FRANKFURT: RegionStatus.NOT_OPTED_IN})

    assert not run(tmp_path, off).is_partial


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (AccessDenied, RegionStatus.DENIED),
        (RateLimited, RegionStatus.THROTTLED),
        (CatalogInvalid, RegionStatus.ERROR),
    ],
)
def test_a_cloud_that_lists_no_regions_is_accounted_for_by_those_that_are_known(
    error: type[AccessDenied], status: RegionStatus, tmp_path: Path
) -> None:
    run(tmp_path, FakeCapacity(EVERYWHERE))
    finding = Diagnostic(code="access-denied", subject="fake", summary="no credentials")
    fake_region = RegionKey.parse("fake/atlas-1")

    refreshed = run(
        tmp_path, OddCapacity(listing=error(finding)), known=[fake_region, FRANKFURT], day=1
    )

    assert {result.region: result.status for result in refreshed.asked} == dict.fromkeys(
        [EAST, WEST, fake_region], status
    )
    assert all(result.findings == (finding,) for result in refreshed.asked)
    assert priced(refreshed.kept) == {one.name: one.price for one in EVERYWHERE}
    assert refreshed.has_failed


def test_a_region_that_fails_later_keeps_its_prices_with_their_age(tmp_path: Path) -> None:
    run(tmp_path, FakeCapacity(EVERYWHERE))

    refreshed = run(
        tmp_path,
        FakeCapacity([EVERYWHERE[0]], failures={WEST: RegionStatus.THROTTLED}),
        day=1,
    )

    kept = {result.region: result for result in SnapshotFile(tmp_path).results()}
    assert kept[WEST].status is RegionStatus.THROTTLED
    assert kept[WEST].offers == (EVERYWHERE[1],)
    assert kept[WEST].fetched_at == NOW
    assert refreshed.is_partial
    assert not refreshed.changes.went


def test_only_what_is_named_is_asked_and_the_rest_stays(tmp_path: Path) -> None:
    run(tmp_path, FakeCapacity(EVERYWHERE))
    dearer = FakeCapacity([replace(one, price=Money.parse("120")) for one in EVERYWHERE])

    refreshed = run(tmp_path, dearer, request=RefreshRequest(regions=["AWS/us-West-2"]), day=1)

    assert [result.region for result in refreshed.asked] == [WEST]
    assert priced(refreshed.kept) == {
        EVERYWHERE[0].name: Money.parse("98"),
        EVERYWHERE[1].name: Money.parse("120"),
    }


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (RefreshRequest(clouds=["nimbus"]), "provider-not-installed"),
        (RefreshRequest(regions=["us-east-19", "us-east-1"]), "region-unknown"),
    ],
)
def test_a_name_that_is_nowhere_is_refused(
    request_: RefreshRequest, code: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageInvalid) as caught:
        run(tmp_path, FakeCapacity(EVERYWHERE), request=request_)

    assert [finding.code for finding in caught.value.diagnostics] == [code]
    assert SnapshotFile(tmp_path).results() == ()


@pytest.mark.parametrize("providers", [[], [FakeCapacity()]])
def test_nobody_to_ask_is_told(providers: list[CapacityProvider], tmp_path: Path) -> None:
    with pytest.raises(UsageInvalid) as caught:
        run(tmp_path, *providers)

    assert [finding.code for finding in caught.value.diagnostics] == ["nothing-to-refresh"]


def test_a_library_that_is_missing_is_a_status_with_advice(tmp_path: Path) -> None:
    class Bare(FakeCapacity):
        def discover(self, region: RegionKey) -> RegionResult:
            raise ModuleNotFoundError(name="some_sdk")

    (result,) = run(tmp_path, Bare([EVERYWHERE[0]])).asked

    (finding,) = result.findings
    assert (result.status, finding.code) == (RegionStatus.ERROR, "library-missing")
    assert "some_sdk" in finding.summary
    assert "gpu-broker[fake]" in finding.hint


def test_a_region_that_vanished_is_told(tmp_path: Path) -> None:
    run(tmp_path, FakeCapacity(EVERYWHERE))

    refreshed = run(tmp_path, FakeCapacity([EVERYWHERE[0]]), day=1)

    assert statuses(refreshed.asked) == {"us-east-1": "ok", "us-west-2": "error"}
    assert [f.code for r in refreshed.asked for f in r.findings] == ["region-vanished"]
    assert len(priced(refreshed.kept)) == 2


def test_a_region_that_was_never_listed_is_told_each_time(tmp_path: Path) -> None:
    """List prices say that it exists; another cloud's regions are none of this one's business."""
    here, unlisted = RegionKey.parse("fake/here"), RegionKey.parse("fake/unlisted")
    for day in range(2):
        refreshed = run(
            tmp_path,
            FakeCapacity([offer("p5", "98", region=here)]),
            with_prices=[here, unlisted, FRANKFURT],
            day=day,
        )

        assert statuses(refreshed.asked) == {"here": "ok", "unlisted": "not-opted-in"}
        assert [f.code for r in refreshed.asked for f in r.findings] == ["region-unlisted"]
        assert not refreshed.is_partial


def test_a_region_that_is_misspelt_is_guessed(tmp_path: Path) -> None:
    with pytest.raises(UsageInvalid) as refusal:
        run(tmp_path, FakeCapacity(EVERYWHERE), request=RefreshRequest(regions=["us-wst-2"]))

    (finding,) = refusal.value.diagnostics
    assert (finding.code, finding.hint) == ("region-unknown", "Did you mean us-west-2?")


class TestDoubtfulPrices:
    def fallen(self) -> list[Offer]:
        return [replace(EVERYWHERE[0], price=Money.parse("12")), EVERYWHERE[1]]

    def test_are_kept_out_until_they_are_accepted(self, tmp_path: Path) -> None:
        run(tmp_path, FakeCapacity(EVERYWHERE))
        name = EVERYWHERE[0].name

        refreshed = run(tmp_path, FakeCapacity(self.fallen()), day=1)
        assert priced(refreshed.kept)[name] is None
        assert [f.code for r in refreshed.asked for f in r.findings] == ["price-fell-far"]

        accepted = run(
            tmp_path,
            FakeCapacity(self.fallen()),
            request=RefreshRequest(accept_falls=True),
            day=2,
        )
        assert priced(accepted.kept)[name] == Money.parse("12")

    def test_stay_out_at_the_next_refresh(self, tmp_path: Path) -> None:
        """Though the last accepted price is gone from the snapshot, the cheapest is not."""
        run(tmp_path, FakeCapacity(EVERYWHERE))
        run(tmp_path, FakeCapacity(self.fallen()), day=1)

        refreshed = run(tmp_path, FakeCapacity(self.fallen()), day=2)

        assert priced(refreshed.kept)[EVERYWHERE[0].name] is None

    def test_stay_out_though_they_are_less_than_half_below_the_others(self, tmp_path: Path) -> None:
        """What counts is the price of before, which the history has."""
        peer = offer("peer", "60")
        fallen = replace(EVERYWHERE[0], price=Money.parse("45"))
        run(tmp_path, FakeCapacity([EVERYWHERE[0], peer]))
        for day in (1, 2, 3):
            refreshed = run(tmp_path, FakeCapacity([fallen, peer]), day=day)

            assert priced(refreshed.kept)[fallen.name] is None
            assert [f.code for r in refreshed.asked for f in r.findings] == ["price-fell-far"]

    def test_that_return_are_believed_again(self, tmp_path: Path) -> None:
        run(tmp_path, FakeCapacity(EVERYWHERE))
        run(tmp_path, FakeCapacity(self.fallen()), day=1)

        refreshed = run(tmp_path, FakeCapacity(EVERYWHERE), day=2)

        assert priced(refreshed.kept)[EVERYWHERE[0].name] == Money.parse("98")


def test_the_history_has_what_moved_and_nothing_else(tmp_path: Path) -> None:
    dearer = [replace(EVERYWHERE[0], price=Money.parse("120")), EVERYWHERE[1]]
    for day, offers in enumerate([EVERYWHERE, EVERYWHERE, dearer, dearer[:1]]):
        run(tmp_path, FakeCapacity(offers), day=day)

    history = SnapshotFile(tmp_path).history([one.name for one in EVERYWHERE])

    assert [(one.offer, (one.at - NOW).days, one.price, one.listed) for one in history] == [
        (EVERYWHERE[0].name, 0, Money.parse("98"), True),
        (EVERYWHERE[0].name, 2, Money.parse("120"), True),
        (EVERYWHERE[1].name, 0, Money.parse("99"), True),
    ]


def test_what_a_cloud_tells_of_the_past_is_taken_where_the_history_has_nothing(
    tmp_path: Path,
) -> None:
    name = EVERYWHERE[0].name

    def told(days: float, price: str) -> PriceChange:
        return PriceChange(offer=name, at=NOW + days * DAY, price=Money.parse(price))

    first = FakeCapacity(EVERYWHERE, past=[told(-2, "80"), told(-1, "98")])
    later = FakeCapacity(EVERYWHERE, past=[told(-1.5, "85"), told(0.25, "90"), told(0.5, "98")])
    run(tmp_path, first)
    refreshed = run(tmp_path, later, day=1)

    history = SnapshotFile(tmp_path).history([name])
    assert [((one.at - NOW) / DAY, str(one.price)) for one in history] == [
        (-2, "80.00"),
        (-1, "98.00"),
        (0.25, "90.00"),
        (0.5, "98.00"),
    ]
    assert tuple(SnapshotFile(tmp_path).results()) == refreshed.kept
