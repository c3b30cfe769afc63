"""A record of the engine that is none any more, as a disk that was full leaves it, and the copies it has."""

from collections.abc import Iterator
from pathlib import Path

from stacks.places import Place
from stacks.record_files import exported, record_file, told_in
from stacks.records import Document

ASIDE = ".damaged"

COPIES_KEPT = 20
"""As many as backups of the state: each change and each reading of the clouds leaves one, as large as the record."""


def is_damaged(place: Place) -> bool:
    """Whether there is a record that can not be read; never where records are not in files."""
    record = record_file(place)
    return record is not None and record.exists() and not _is_whole(record)


def put_back(place: Place) -> None:
    """Put the newest whole copy in the place of the record; without one, there is no record any more.

    What is damaged is kept aside. The copy may lack what was made after it.
    """
    record = record_file(place)
    if record is None:
        return
    copies = list(_copies(place, record))
    part = record.with_name(f"{record.name}.part")
    whole = next(filter(_is_whole, copies), None)
    if whole is not None:
        part.write_bytes(whole.read_bytes())
    for damaged in (record, *(copy for copy in copies if not _is_whole(copy))):
        damaged.replace(damaged.with_name(damaged.name + ASIDE))
    if whole is not None:
        part.replace(record)


def last_whole(place: Place) -> Document | None:
    """What the newest whole copy holds, as the engine exports it; None where there is none, or it holds nothing."""
    record = record_file(place)
    copies = () if record is None else _copies(place, record)
    whole = next(filter(_is_whole, copies), None)
    return None if whole is None else exported(whole)


def drop_old_copies(place: Place) -> None:
    """Keep the newest copies of whole runs, and the newest of the engine's history, which the broker never reads.

    The engine removes none. While none of those is whole, all are kept. Only for who holds the member's lock.
    """
    record = record_file(place)
    if record is None:
        return
    _drop_old(_copies_of_runs(place, record), is_needed=True)
    for kind in ("checkpoint", "history"):
        _drop_old(sorted(_beside(place, record, "history").glob(f"*.{kind}.json"), reverse=True))


def _drop_old(files: list[Path], *, is_needed: bool = False) -> None:
    kept, old = files[:COPIES_KEPT], files[COPIES_KEPT:]
    if old and (not is_needed or any(map(_is_whole, kept))):
        for each in old:
            each.unlink(missing_ok=True)


def _copies(place: Place, record: Path) -> Iterator[Path]:
    """The engine's own copies, the newest first: the one before its last step, and those of whole runs."""
    before = record.with_name(f"{record.name}.bak")
    if before.exists():
        yield before
    yield from _copies_of_runs(place, record)


def _copies_of_runs(place: Place, record: Path) -> list[Path]:
    return sorted(_beside(place, record, "backups").glob("*.json"), reverse=True)


def _beside(place: Place, record: Path, books: str) -> Path:
    return record.parent.parent.parent / books / place.project / place.name


def _is_whole(record: Path) -> bool:
    return told_in(record) is not None
