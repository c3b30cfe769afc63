"""The last answer of each region in one SQLite file, beside the history of prices.

A refresh is one transaction: a reader sees all of it or nothing, and a power cut leaves what was
there before.
"""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import CatalogInvalid
from broker.domain.geography import RegionKey
from broker.domain.history import PriceChange
from broker.domain.ids import ProviderName
from broker.domain.money import Money
from broker.domain.offers import Offer
from broker.domain.regions import RegionResult, RegionStatus
from broker.ports.snapshots import SnapshotStore
from broker.storage.offer_rows import OFFER_COLUMNS, Shape, instant, offer_row, offers_of, shape_of
from broker.storage.price_history import PriceHistory
from broker.storage.region_facts import facts_of, facts_text
from broker.storage.whole_file import unwritable

FILE = "snapshot.db"
VERSION = 2
"""Of the tables below; kept in SQLite's own field for it."""

SCHEMA = """
CREATE TABLE refreshes (number INTEGER PRIMARY KEY, at TEXT NOT NULL);
CREATE TABLE answers (
    number INTEGER PRIMARY KEY, provider TEXT NOT NULL, region TEXT NOT NULL, source TEXT NOT NULL,
    status TEXT NOT NULL, fetched_at TEXT NOT NULL, facts TEXT NOT NULL,
    UNIQUE (provider, region, source));
CREATE TABLE shapes (
    number INTEGER PRIMARY KEY, machine_type TEXT, family TEXT, model TEXT, variant TEXT,
    chip_mib INTEGER, kind TEXT, manufacturer TEXT, count TEXT, vcpus INTEGER, memory_mib INTEGER,
    network TEXT);
CREATE TABLE offers (
    name TEXT PRIMARY KEY, answer INTEGER NOT NULL, shape INTEGER NOT NULL, zone TEXT,
    zone_kind TEXT NOT NULL, zones TEXT NOT NULL, capacity_type TEXT NOT NULL, term_months INTEGER,
    starts_at TEXT, ends_at TEXT, micros INTEGER, currency TEXT, reclaims_per_hour TEXT,
    fetched_at TEXT NOT NULL, source TEXT NOT NULL) WITHOUT ROWID;
"""

BUSY_SECONDS = 10.0

AGAIN = "Remove it and run `broker refresh` again; the history beside it stays."


class SnapshotFile:
    """The store in *folder*, which is made by the first refresh."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / FILE
        self._history = PriceHistory(folder / "history")
        self._reader: sqlite3.Connection | None = None

    def results(self) -> Sequence[RegionResult]:
        """One query for the answers, one for all offers."""
        if self._is_empty():
            return ()
        with self._reading() as database:
            return _results(database)

    def keep(
        self, results: Sequence[RegionResult], changes: Sequence[PriceChange], *, at: datetime
    ) -> None:
        """The history is written before the transaction ends, under the number of the refresh.

        If the transaction fails, the next refresh has that number again and writes over it.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self._folder, error.strerror or str(error)) from error
        with self._writing() as database:
            number = _next_number(database)
            _replace_all(database, results)
            database.execute("INSERT INTO refreshes VALUES (?, ?)", (number, _text(at)))
            self._history.append(number, changes)

    def price(self, offer: str) -> Money | None:
        """By the primary key."""
        if self._is_empty():
            return None
        if self._reader is None:
            self._reader = self._open(mode=self._reading_mode())
        try:
            row = self._reader.execute(
                "SELECT micros, currency FROM offers WHERE name = ?", (offer,)
            ).fetchone()
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error
        return None if row is None or row[0] is None else Money(row[0], row[1])

    def findings(self, code: str) -> Sequence[Diagnostic]:
        """Of the answers that hold the word: most do not."""
        if self._is_empty():
            return ()
        with self._reading() as database:
            answers = database.execute(
                "SELECT facts FROM answers WHERE instr(facts, ?) ORDER BY provider, region, source",
                (f'"{code}"',),
            ).fetchall()
            told = [finding for (facts,) in answers for finding in facts_of(facts)["findings"]]
        return [finding for finding in told if finding.code == code]

    def refreshed_at(self) -> datetime | None:
        """The time of the highest number."""
        if self._is_empty():
            return None
        with self._reading() as database:
            row = database.execute("SELECT at FROM refreshes ORDER BY number DESC").fetchone()
        return None if row is None else instant(row[0])

    def history(self, offers: Collection[str]) -> Sequence[PriceChange]:
        """From the partitions."""
        return self._history.changes(offers)

    def _is_empty(self) -> bool:
        """Whether nothing was ever kept: a first refresh that was cut off leaves an empty file."""
        return not self._file.exists() or not self._file.stat().st_size

    def _reading_mode(self) -> str:
        """To read, unless a writer was killed: what it left has to be rolled back first."""
        return "rw" if self._file.with_name(f"{self._file.name}-journal").exists() else "ro"

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(self._open(mode=self._reading_mode())) as database:
                yield database
        except (sqlite3.DatabaseError, KeyError, TypeError, ValueError) as error:
            raise self._damaged(error) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            # The quotas of an account are nobody else's business.
            self._file.touch(mode=0o600)
            with closing(self._open(mode="rw")) as database:
                database.execute("BEGIN IMMEDIATE")
                if _version(database) == 0:
                    for statement in SCHEMA.split(";\n"):
                        database.execute(statement)
                    database.execute(f"PRAGMA user_version = {VERSION}")
                yield database
                database.execute("COMMIT")
        except (sqlite3.OperationalError, OSError) as error:
            raise unwritable(self._file, str(error)) from error
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error

    def _open(self, *, mode: str) -> sqlite3.Connection:
        """One file and nothing beside it, so that it can be copied, and read where nobody writes."""
        address = f"file:{quote(str(self._file.absolute()))}?mode={mode}"
        try:
            database = sqlite3.connect(
                address, uri=True, timeout=BUSY_SECONDS, isolation_level=None
            )
            database.execute("PRAGMA synchronous = FULL")
            version = _version(database)
        except sqlite3.OperationalError as error:
            raise unwritable(self._file, str(error)) from error
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error
        if version not in (0, VERSION):
            raise CatalogInvalid(
                Diagnostic(
                    code="snapshot-version",
                    subject=str(self._file),
                    summary=f"{self._file} is of version {version}; this broker reads {VERSION}",
                    hint=f"Use the broker that wrote it. {AGAIN}",
                )
            )
        return database

    def _damaged(self, error: Exception) -> CatalogInvalid:
        return CatalogInvalid(
            Diagnostic(
                code="snapshot-damaged",
                subject=str(self._file),
                summary=f"{self._file} is damaged, or is no snapshot: {error}",
                hint=AGAIN,
            )
        )


_: type[SnapshotStore] = SnapshotFile


def _version(database: sqlite3.Connection) -> int:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    return int(version)


def _next_number(database: sqlite3.Connection) -> int:
    (highest,) = database.execute("SELECT max(number) FROM refreshes").fetchone()
    return int(highest or 0) + 1


def _replace_all(database: sqlite3.Connection, results: Sequence[RegionResult]) -> None:
    for table in ("answers", "shapes", "offers"):
        database.execute(f"DELETE FROM {table}")  # noqa: S608  # a name of ours
    shapes: dict[Shape, int] = {}
    for number, result in enumerate(results):
        database.execute(
            "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                result.region.provider,
                result.region.region,
                result.source,
                result.status.value,
                _text(result.fetched_at),
                facts_text(result),
            ),
        )
        places = ", ".join("?" * len(OFFER_COLUMNS))
        database.executemany(
            f"INSERT INTO offers VALUES ({places})",  # noqa: S608  # question marks
            (
                offer_row(offer, number, shapes.setdefault(shape_of(offer), len(shapes)))
                for offer in result.offers
            ),
        )
    database.executemany(
        "INSERT INTO shapes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((number, *shape) for shape, number in shapes.items()),
    )


def _results(database: sqlite3.Connection) -> list[RegionResult]:
    answers = database.execute("SELECT * FROM answers").fetchall()
    shapes = {row[0]: row[1:] for row in database.execute("SELECT * FROM shapes")}
    regions = {row[0]: RegionKey(ProviderName(row[1]), row[2]) for row in answers}
    grouped: dict[int, list[Offer]] = {row[0]: [] for row in answers}
    # A WITHOUT ROWID table is read in the order of its key: by name.
    for answer, offer in offers_of(database.execute("SELECT * FROM offers"), regions, shapes):
        grouped[answer].append(offer)
    results = [
        RegionResult(
            region=regions[number],
            status=RegionStatus(status),
            offers=tuple(grouped[number]),
            fetched_at=instant(fetched_at),
            source=source,
            **facts_of(facts),
        )
        for number, _, _, source, status, fetched_at, facts in answers
    ]
    return sorted(results, key=lambda result: (result.region, result.source))


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
