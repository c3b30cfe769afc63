"""What is kept of each region comes back as it was put in; the history keeps every change."""

import sqlite3
import stat
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import CatalogInvalid, Unwritable
from broker.domain.geography import Region, ZoneKind
from broker.domain.history import PriceChange
from broker.domain.ids import MachineType, ProviderName, ZoneId
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer, Window
from broker.domain.regions import CapacityScore, RegionResult, RegionStatus, Restriction, Zone
from broker.domain.spec import Quota, QuotaUnit
from broker.storage.price_history import MOST_PARTITIONS
from broker.storage.region_facts import FACTS
from broker.storage.snapshot_store import SnapshotFile
from tests.fakes.problems import EAST, L4, NOW, WEST, offer

DAY = timedelta(days=1)

RICH = RegionResult(
    region=EAST,
    status=RegionStatus.THROTTLED,
    offers=(
        offer(
            "p5",
            "98.32",
            zone=ZoneId("use1-az4"),
            capacity_type=CapacityType.CAPACITY_BLOCK,
            window=Window(NOW, NOW + 2 * DAY),
            network_gbps=Fraction(3200),
        ),
        offer(
            "p5",
            "40",
            zones=(ZoneId("use1-az4"), ZoneId("use1-az6")),
            capacity_type=CapacityType.RESERVED,
            term_months=12,
            reclaims_per_hour=Fraction(1, 30),
        ),
        offer("g6f", None, accelerator=L4, count=Fraction(1, 8), zone_kind=ZoneKind.LOCAL_ZONE),
    ),
    fetched_at=NOW,
    source="fake",
    findings=(
        Diagnostic(
            severity=Severity.WARNING, code="a-code", subject="s", summary="t", hint="h", detail="d"
        ),
    ),
    zones=(Zone(ZoneId("use1-atl1-az1"), ZoneKind.LOCAL_ZONE), Zone(ZoneId("use1-az4"))),
    quotas=(
        Quota(
            name="P",
            provider=ProviderName("aws"),
            region="us-east-1",
            capacity_types=frozenset({CapacityType.SPOT, CapacityType.ON_DEMAND}),
            family="P",
            unit=QuotaUnit.VCPUS,
            limit=192,
            used=96,
            stated_by="aws",
        ),
        Quota(
            name="g",
            provider=ProviderName("aws"),
            region="us-east-1",
            zone=ZoneId("use1-az4"),
            accelerator="H100",
            machine_type=MachineType("p5"),
            machine_types=frozenset({MachineType("p5"), MachineType("p4d")}),
            is_unreserved=True,
            spans=True,
            unit=QuotaUnit.ACCELERATORS,
            limit=0,
        ),
    ),
    restrictions=(
        Restriction(machine_type=MachineType("p5"), reason="NotAvailableForSubscription"),
        Restriction(
            machine_type=MachineType("p4"),
            zone=ZoneId("use1-az4"),
            capacity_type=CapacityType.SPOT,
            reason="QuotaId",
        ),
    ),
    place=Region(
        key=EAST,
        name="Our hall",
        country="DE",
        jurisdictions=frozenset({"DE", "EU"}),
        latitude=50.1,
        partition="ours",
    ),
    scores=(
        CapacityScore(
            machine_type=MachineType("p5"), capacity_type=CapacityType.SPOT, nodes=4, score=7
        ),
        CapacityScore(
            machine_type=MachineType("p5"),
            zone=ZoneId("use1-az4"),
            capacity_type=CapacityType.SPOT,
            nodes=1,
            score=9,
        ),
    ),
)
EMPTY = RegionResult(
    region=WEST, status=RegionStatus.DENIED, offers=(), fetched_at=NOW + DAY, source="fake"
)


@pytest.mark.parametrize("kind", [Offer, Quota, Restriction, CapacityScore, Zone, Diagnostic])
def test_every_field_that_a_cloud_may_state_is_tried(kind: type[Any]) -> None:
    """A field that is added and not kept would come back with its default."""
    stated = ("offers", *FACTS)
    facts = [fact for name in stated for fact in getattr(RICH, name) if type(fact) is kind]
    of_the_spec_alone = {"where", "reservation"}

    for field in fields(kind):
        if field.name not in of_the_spec_alone:
            values = {repr(getattr(fact, field.name)) for fact in facts}
            assert values - {repr(field.default)}, field.name


def by_name(result: RegionResult) -> RegionResult:
    return replace(result, offers=tuple(sorted(result.offers, key=lambda one: one.name)))


def test_before_the_first_refresh_there_is_nothing(tmp_path: Path) -> None:
    store = SnapshotFile(tmp_path / ".broker")

    assert store.results() == ()
    assert store.refreshed_at() is None
    assert store.price("anything") is None
    assert store.history([P5]) == []
    assert not (tmp_path / ".broker").exists()


def test_a_first_refresh_that_was_cut_off_has_kept_nothing(tmp_path: Path) -> None:
    (tmp_path / "snapshot.db").touch()
    store = SnapshotFile(tmp_path)

    assert (store.results(), store.refreshed_at(), store.price("anything")) == ((), None, None)
    store.keep([RICH], [], at=NOW)
    assert store.results() == [by_name(RICH)]


def test_what_is_put_in_comes_out(tmp_path: Path) -> None:
    SnapshotFile(tmp_path).keep([RICH, EMPTY], [], at=NOW)

    store = SnapshotFile(tmp_path)

    assert store.results() == [by_name(RICH), EMPTY]
    assert store.refreshed_at() == NOW


def test_another_refresh_takes_the_place_of_all(tmp_path: Path) -> None:
    store = SnapshotFile(tmp_path)
    store.keep([RICH, EMPTY], [], at=NOW)
    store.keep([EMPTY], [], at=NOW + DAY)

    assert store.results() == [EMPTY]
    assert store.refreshed_at() == NOW + DAY


def test_it_is_one_file_for_its_owner_that_can_be_copied_and_read_where_nobody_writes(
    tmp_path: Path,
) -> None:
    SnapshotFile(tmp_path / "here").keep([RICH], [], at=NOW)
    (file,) = (tmp_path / "here").iterdir()
    (tmp_path / "copy of it").mkdir()
    copy = tmp_path / "copy of it" / file.name
    copy.write_bytes(file.read_bytes())
    copy.chmod(0o400)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert SnapshotFile(copy.parent).results() == [by_name(RICH)]
    assert [path.name for path in copy.parent.iterdir()] == [file.name]


def test_a_price_is_found_by_the_name_of_its_offer(tmp_path: Path) -> None:
    store = SnapshotFile(tmp_path)
    store.keep([RICH], [], at=NOW)

    assert [store.price(one.name) for one in RICH.offers] == [one.price for one in RICH.offers]
    assert store.price("no such offer") is None


P5, G6 = "aws/us-east-1/p5/spot", "aws/us-east-1/g6/spot"


def change(name: str, day: int, price: str | None, *, listed: bool = True) -> PriceChange:
    return PriceChange(
        offer=f"aws/us-east-1/{name}/spot",
        at=datetime(2026, 7, 1, tzinfo=UTC) + day * DAY,
        price=None if price is None else Money.parse(price),
        listed=listed,
    )


def test_the_history_has_each_change_by_offer_and_time(tmp_path: Path) -> None:
    store = SnapshotFile(tmp_path)
    days = [
        [change("p5", 0, "10"), change("g6", 0, "1")],
        [],
        [change("p5", 2, None)],
        [change("p5", 3, "9"), change("g6", 3, None, listed=False)],
    ]
    for day, changes in enumerate(days):
        store.keep([], changes, at=NOW + day * DAY)

    assert store.history([P5]) == [
        change("p5", 0, "10"), change("p5", 2, None), change("p5", 3, "9"),
    ]  # fmt: skip
    assert store.history([G6, "aws/no-such/offer/spot"]) == [
        change("g6", 0, "1"),
        change("g6", 3, None, listed=False),
    ]
    assert len(list((tmp_path / "history").iterdir())) == 3, "no change, no partition"


def test_many_partitions_become_one_and_nothing_is_lost(tmp_path: Path) -> None:
    store = SnapshotFile(tmp_path)
    every = [change("p5", day, str(day + 1)) for day in range(2 * MOST_PARTITIONS + 5)]
    for one in every:
        store.keep([], [one], at=one.at)

    assert store.history([P5]) == every
    assert len(list((tmp_path / "history").iterdir())) <= MOST_PARTITIONS + 1


def test_a_refresh_that_was_cut_off_is_written_over(tmp_path: Path) -> None:
    """Its partition is there, its transaction is not."""
    store = SnapshotFile(tmp_path)
    store.keep([], [change("p5", 0, "10")], at=NOW)
    store._history.append(2, [change("p5", 1, "666")])  # noqa: SLF001

    store.keep([], [change("p5", 2, "11")], at=NOW + 2 * DAY)

    assert store.history([P5]) == [change("p5", 0, "10"), change("p5", 2, "11")]


def code_of(caught: pytest.ExceptionInfo[CatalogInvalid]) -> str:
    return caught.value.diagnostics[0].code


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "snapshot.db").write_bytes(b"this is no database" * 100)

    with pytest.raises(CatalogInvalid) as caught:
        SnapshotFile(tmp_path).results()

    assert code_of(caught) == "snapshot-damaged"


def test_a_row_that_nobody_wrote_is_told(tmp_path: Path) -> None:
    SnapshotFile(tmp_path).keep([RICH], [], at=NOW)
    with sqlite3.connect(tmp_path / "snapshot.db") as database:
        database.execute("UPDATE offers SET capacity_type = 'borrowed'")

    with pytest.raises(CatalogInvalid) as caught:
        SnapshotFile(tmp_path).results()

    assert code_of(caught) == "snapshot-damaged"


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE offers SET micros = 9e999",
        "UPDATE offers SET micros = 'nan'",
        "UPDATE offers SET micros = -1",
        "UPDATE offers SET micros = 0.5",
        "UPDATE offers SET reclaims_per_hour = 'inf'",
        "UPDATE shapes SET count = 'nan'",
        "UPDATE shapes SET count = '0'",
        "UPDATE shapes SET vcpus = -9e999",
        "UPDATE shapes SET memory_mib = 'much'",
        "UPDATE shapes SET network = 'Infinity'",
        """UPDATE answers SET facts = '{"findings": [], "zones": [], "quotas": NaN}'""",
    ],
)
def test_what_is_no_number_never_gets_into_a_plan(tmp_path: Path, damage: str) -> None:
    SnapshotFile(tmp_path).keep([RICH], [], at=NOW)
    with sqlite3.connect(tmp_path / "snapshot.db") as database:
        database.execute(damage)

    with pytest.raises(CatalogInvalid) as caught:
        SnapshotFile(tmp_path).results()

    assert code_of(caught) == "snapshot-damaged"


def test_a_file_of_another_version_is_told(tmp_path: Path) -> None:
    SnapshotFile(tmp_path).keep([RICH], [], at=NOW)
    with sqlite3.connect(tmp_path / "snapshot.db") as database:
        database.execute("PRAGMA user_version = 99")

    with pytest.raises(CatalogInvalid) as caught:
        SnapshotFile(tmp_path).results()

    assert code_of(caught) == "snapshot-version"


def test_a_damaged_partition_is_told_and_keeps_nothing_else_from_working(tmp_path: Path) -> None:
    store = SnapshotFile(tmp_path)
    store.keep([RICH], [change("p5", 0, "10")], at=NOW)
    (partition,) = (tmp_path / "history").iterdir()
    partition.write_bytes(partition.read_bytes()[:40])

    with pytest.raises(CatalogInvalid) as caught:
        store.history([P5])

    assert code_of(caught) == "history-damaged"
    assert store.results() == [by_name(RICH)]


def test_where_nothing_can_be_written_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(Unwritable):
        SnapshotFile(tmp_path / "file").keep([RICH], [], at=NOW)


def test_nothing_of_a_refresh_is_kept_if_its_history_can_not_be(tmp_path: Path) -> None:
    store = SnapshotFile(tmp_path)
    store.keep([EMPTY], [], at=NOW)
    (tmp_path / "history").write_text("in the way")

    with pytest.raises(Unwritable):
        store.keep([RICH], [change("p5", 0, "10")], at=NOW + DAY)

    assert store.results() == [EMPTY]
    assert store.refreshed_at() == NOW


def test_what_was_found_under_a_code_is_read_without_the_rest(tmp_path: Path) -> None:
    store = SnapshotFile(tmp_path)
    assert store.findings("price-unit") == ()
    found = [
        Diagnostic(code=code, subject=subject, summary=f'"{code}"', hint="price-unit")
        for code, subject in (("price-unit", "a"), ("price-fell-far", "b"), ("price-unit", "c"))
    ]
    east, west = (
        RegionResult(
            region=region,
            status=RegionStatus.OK,
            offers=(),
            fetched_at=NOW,
            source="aws",
            findings=findings,
        )
        for region, findings in ((EAST, (found[2], found[1])), (WEST, (found[0],)))
    )
    store.keep([west, east], [], at=NOW)

    assert store.findings("price-unit") == [found[2], found[0]]
    assert store.findings("price-left-out") == []
