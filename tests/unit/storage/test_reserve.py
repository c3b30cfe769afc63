"""Room that is kept for the end is there when the disk is full, and nothing is begun without it."""

from pathlib import Path

import pytest

from broker.domain.errors import DiskFull
from broker.storage.disk_full import disk_full
from broker.storage.reserve import BLOCK_BYTES, BLOCKS, FILE, Reserve

WHOLE = BLOCK_BYTES * BLOCKS


def refusing(times: int) -> "list[DiskFull]":
    return [disk_full(Path("state.db")) for _ in range(times)]


def write(refusals: "list[DiskFull]") -> str:
    if refusals:
        raise refusals.pop()
    return "written"


def test_it_is_kept_as_long_as_the_block_runs(tmp_path: Path) -> None:
    with Reserve(tmp_path):
        assert (tmp_path / FILE).stat().st_size == WHOLE
        assert (tmp_path / FILE).stat().st_mode & 0o077 == 0

    assert not (tmp_path / FILE).exists()


def test_what_was_refused_for_want_of_room_is_written_in_its_place(tmp_path: Path) -> None:
    reserve, refusals = Reserve(tmp_path), refusing(1)
    with reserve:
        assert reserve.written(lambda: write(refusals)) == "written"

        assert (tmp_path / FILE).stat().st_size == 0


def test_what_is_refused_even_so_is_told(tmp_path: Path) -> None:
    reserve, refusals = Reserve(tmp_path), refusing(2)
    with reserve, pytest.raises(DiskFull):
        reserve.written(lambda: write(refusals))


def test_before_anything_is_begun_it_is_whole_again(tmp_path: Path) -> None:
    reserve, refusals = Reserve(tmp_path), refusing(1)
    with reserve:
        reserve.written(lambda: write(refusals))
        reserve.check_whole()

        assert (tmp_path / FILE).stat().st_size == WHOLE


def test_who_keeps_none_makes_none(tmp_path: Path) -> None:
    reserve, refusals = Reserve(tmp_path), refusing(1)

    reserve.check_whole()

    assert reserve.written(lambda: write(refusals)) == "written"
    assert list(tmp_path.iterdir()) == []
