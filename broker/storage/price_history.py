"""Every change of a price, in Parquet: one partition per refresh, merged month by month.

Only changes are written, so that a price that stays costs nothing. A partition holds the columns
`offer`, `at` (seconds since 1970), `micros` (null if unknown), `currency` and `listed`, sorted by
offer and time.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import CatalogInvalid, InstallationConflict
from broker.domain.history import PriceChange
from broker.domain.money import Money
from broker.storage.whole_file import unwritable

if TYPE_CHECKING:
    import polars as pl

MOST_PARTITIONS = 24
"""Of one refresh each; one more, and they become a single one."""


class PriceHistory:
    """The partitions in *folder*."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def append(self, number: int, changes: Sequence[PriceChange]) -> None:
        """Write the partition of refresh *number*, in place of one that was begun and not kept."""
        target = self._folder / f"refresh-{number:08d}.parquet"
        if not changes:
            target.unlink(missing_ok=True)
            return
        self._write(target, _frame(changes))
        single = sorted(self._folder.glob("refresh-*.parquet"))
        if len(single) > MOST_PARTITIONS:
            self._merge(single[:-1])

    def changes(self, offers: Collection[str]) -> list[PriceChange]:
        """Changes of the *offers* of those names, by offer and time."""
        library = _polars()
        files = sorted(self._folder.glob("*.parquet"))
        if not files:
            return []
        try:
            rows = (
                library.scan_parquet(files)
                .filter(library.col("offer").is_in(sorted(offers)))
                .unique()
                .sort("offer", "at")
                .collect()
                .rows()
            )
        except (OSError, library.exceptions.PolarsError) as error:
            raise _damaged(self._folder, error) from error
        return [
            PriceChange(
                offer=offer,
                at=datetime.fromtimestamp(at, UTC),
                price=None if micros is None else Money(micros, currency),
                listed=listed,
            )
            for offer, at, micros, currency, listed in rows
        ]

    def _merge(self, files: Sequence[Path]) -> None:
        """Put *files* into one, named for the last of them, and drop them.

        A power cut between the two leaves rows twice, which reading takes for once.
        """
        library = _polars()
        try:
            older = sorted(self._folder.glob("until-*.parquet"))
            together = library.concat([library.read_parquet(f) for f in (*older, *files)])
        except (OSError, library.exceptions.PolarsError) as error:
            raise _damaged(self._folder, error) from error
        number = files[-1].stem.removeprefix("refresh-")
        self._write(self._folder / f"until-{number}.parquet", together.sort("offer", "at"))
        for file in (*older, *files):
            file.unlink(missing_ok=True)

    def _write(self, target: Path, frame: "pl.DataFrame") -> None:
        temporary = target.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self._folder, error.strerror or str(error)) from error
        try:
            frame.write_parquet(temporary, compression="zstd", compression_level=9)
            temporary.replace(target)
        except OSError as error:
            raise unwritable(target, error.strerror or str(error)) from error
        finally:
            temporary.unlink(missing_ok=True)


def _frame(changes: Sequence[PriceChange]) -> "pl.DataFrame":
    library = _polars()
    ordered = sorted(changes, key=lambda change: (change.offer, change.at))
    frame: pl.DataFrame = library.DataFrame(
        {
            "offer": [change.offer for change in ordered],
            "at": [int(change.at.timestamp()) for change in ordered],
            "micros": [None if c.price is None else c.price.micros for c in ordered],
            "currency": [None if c.price is None else c.price.currency for c in ordered],
            "listed": [change.listed for change in ordered],
        },
        schema={
            "offer": library.String,
            "at": library.Int64,
            "micros": library.Int64,
            "currency": library.String,
            "listed": library.Boolean,
        },
    )
    return frame


def _polars() -> Any:
    try:
        import polars as pl  # noqa: PLC0415  # half a second, and refresh and -history alone need it
    except ImportError as error:
        raise InstallationConflict(
            Diagnostic(
                code="library-missing",
                subject="polars",
                summary="The history of prices needs polars, which is not installed",
                hint="Install gpu-broker with the extra of a cloud: `gpu-broker[aws]`, or `[all]`.",
            )
        ) from error
    return pl


def _damaged(folder: Path, error: Exception) -> CatalogInvalid:
    return CatalogInvalid(
        Diagnostic(
            code="history-damaged",
            subject=str(folder),
            summary=f"The history of prices in {folder} can not be read",
            detail=str(error).splitlines()[0] if str(error) else "",
            hint="Move the file away that is named; the others stay readable.",
        )
    )
