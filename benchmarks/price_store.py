"""What it takes to keep what clouds said: the snapshot in SQLite, the history in Parquet."""

import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event

from benchmarks.measuring import machine, print_table, python, run, timed
from benchmarks.tiled_catalog import tiled
from broker import bootstrap
from broker.catalog.changes import changes
from broker.domain.geography import RegionKey
from broker.domain.history import PriceChange
from broker.domain.money import Money
from broker.domain.offers import Offer
from broker.domain.regions import RegionResult, RegionStatus
from broker.storage.price_history import PriceHistory
from broker.storage.snapshot_store import SnapshotFile
from broker.usecases.crew import Crew

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SERIES = 20_000
REFRESHES = 250
ROWS = SERIES * REFRESHES
LOOKUPS = 20_000
MOVING = (0.01, 0.05, 0.2, 1.0)
"""The share of offers whose price moves between two refreshes."""

STEPS = 40
"""In how many steps a spot price moves between its lowest and its highest."""


def main() -> None:
    """Print the tables."""
    print(machine())
    # The first in turn: a process that is started counts the memory of the one that starts it.
    for table in (_refresh, _hung, _snapshot, _history):
        print()
        table()


def _history() -> None:
    print_table(
        f"{ROWS:,} prices seen ({SERIES:,} offers, {REFRESHES} refreshes), seed 1",
        ["move between refreshes", "rows kept", "MB", "ingest s", "one offer ms", "its changes"],
        [_kept(share) for share in MOVING],
    )


def _kept(share: float) -> list[str]:
    """What a history comes to in which *share* of the offers move between two refreshes."""
    written, seconds = 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        history = PriceHistory(Path(folder))
        for number, moved in enumerate(_refreshes(share), start=1):
            written += len(moved)
            seconds += timed(partial(history.append, number, moved))[1]
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        found, reading = timed(partial(history.changes, [_name(7)]))
    return [
        f"{share:.0%}",
        f"{written:,}",
        f"{size / 1e6:.2f}",
        f"{seconds:.1f}",
        f"{reading * 1000:.0f}",
        f"{len(found) - 1:,}",
    ]


def _refreshes(share: float) -> Iterator[list[PriceChange]]:
    """The changes of each refresh: all offers first, then a share of them, up or down a step."""
    chance = random.Random(1)  # noqa: S311 - the same every time
    dearest = [1_000_000 * (index % 97 + 1) for index in range(SERIES)]
    level = [STEPS // 2] * SERIES
    for number in range(REFRESHES):
        at = BEGIN + timedelta(hours=number)
        moving = range(SERIES) if number == 0 else _some(chance, share)
        found = []
        for index in moving:
            if number:
                level[index] = min(STEPS, max(1, level[index] + chance.choice((-1, 1))))
            price = Money(dearest[index] * level[index] // STEPS)
            found.append(PriceChange(offer=_name(index), at=at, price=price))
        yield found


def _some(chance: random.Random, share: float) -> Sequence[int]:
    return sorted(chance.sample(range(SERIES), round(SERIES * share)))


def _name(index: int) -> str:
    zone, kind = divmod(index, 40)
    return f"aws/region-{zone // 5:03d}/zone-{zone:04d}/p{kind}.48xlarge/spot"


def _snapshot() -> None:
    print_table(
        "Snapshot",
        ["offers", "keep s", "read s", "compare s", "latest price ms", "MB"],
        [_stored(_results(offers)) for offers in (4_591, 20_000, 100_000)],
    )


def _stored(results: list[RegionResult]) -> list[str]:
    """What a store comes to that holds *results*."""
    names = [offer.name for result in results for offer in result.offers]
    asked = random.Random(1).choices(names, k=LOOKUPS)  # noqa: S311 - the same every time
    with tempfile.TemporaryDirectory() as folder:
        store = SnapshotFile(Path(folder))
        keeping = timed(partial(store.keep, results, [], at=BEGIN))[1]
        kept, reading = timed(store.results)
        comparing = timed(partial(changes, kept, results))[1]
        store.price(asked[0])
        looking = timed(lambda: [store.price(name) for name in asked])[1]
        size = (Path(folder) / "snapshot.db").stat().st_size
    return [
        f"{len(names):,}",
        f"{keeping:.2f}",
        f"{reading:.2f}",
        f"{comparing:.2f}",
        f"{looking / LOOKUPS * 1000:.4f}",
        f"{size / 1e6:.1f}",
    ]


def _results(offers: int) -> list[RegionResult]:
    """The bundled market, tiled to so many offers, as answers of its regions."""
    snapshot = bootstrap.bundled_snapshot()
    market = snapshot if offers <= len(snapshot.offers) else tiled(snapshot, offers)
    by_region: dict[RegionKey, list[Offer]] = {}
    for offer in market.offers:
        by_region.setdefault(offer.region, []).append(offer)
    return [
        RegionResult(
            region=region,
            status=RegionStatus.OK,
            offers=tuple(own),
            fetched_at=min(offer.fetched_at for offer in own),
            source="bench",
        )
        for region, own in sorted(by_region.items())
    ]


def _hung() -> None:
    """Regions that answer after 0.15 s, and some that never do, under a deadline of 2 s."""
    rows = []
    for hanging in (0, 1, 5):
        never = Event()
        questions = [partial(never.wait, 0.15)] * (30 - hanging) + [never.wait] * hanging
        begun = time.monotonic()
        answers = Crew(questions=questions, seconds=2.0, parallel=32).ask()
        took = time.monotonic() - begun
        never.set()
        late = sum(isinstance(answer, Exception) for answer in answers)
        rows.append([str(hanging), f"{took:.2f}", str(30 - late), str(late)])
    print_table(
        "30 regions behind 150 ms, deadline 2 s (wall seconds)",
        ["hang", "refresh s", "answered", "timeout"],
        rows,
    )


def _refresh() -> None:
    """`broker refresh` of the three sandbox clouds, from an empty folder and again."""
    broker = python("-m", "broker")
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run([*broker, "sandbox", "start"], folder)
        try:
            for title in ("first", "again"):
                begun = time.monotonic()
                usage = run([*broker, "refresh"], folder)
                wall = time.monotonic() - begun
                rows.append(
                    [title, f"{wall:.1f}", f"{usage.cpu_seconds:.1f}", f"{usage.peak_mib:.0f}"]
                )
        finally:
            run([*broker, "sandbox", "stop"], folder)
    print_table(
        "broker refresh of the sandbox clouds, 110 regions",
        ["refresh", "wall s", "CPU s", "peak MiB"],
        rows,
    )


if __name__ == "__main__":
    main()
