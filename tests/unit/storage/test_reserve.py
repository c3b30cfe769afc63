"""Room that is kept for the end is there when the disk is full, and nothing is begun without it."""

from pathlib import Path

import pytest

from broker.domain.errors import DiskFull
from broker.storage.disk_full import disk_full
from broker.storage.reserve import BLOCK_BYTES, BLOCKS, FILE, OWNER, Reserve

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

        assert (tmp_path / FILE).read_bytes() == OWNER


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


def test_what_a_killed_holder_left_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(bytes(WHOLE))

    with Reserve(tmp_path):
        kept = (tmp_path / FILE).read_bytes()
        assert (kept[: len(OWNER)], len(kept)) == (OWNER, WHOLE)

    assert not (tmp_path / FILE).exists()


def test_who_lost_the_lock_leaves_alone_what_the_next_holder_keeps(tmp_path: Path) -> None:
    reserve, refusals = Reserve(tmp_path), refusing(1)
    with reserve:
        (tmp_path / FILE).write_bytes(b"of another process".ljust(WHOLE))
        reserve.check_whole()
        reserve.written(lambda: write(refusals))

    assert (tmp_path / FILE).stat().st_size == WHOLE


def test_who_is_interrupted_while_taking_it_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: int) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr("broker.storage.reserve.os.urandom", interrupted)

    with pytest.raises(KeyboardInterrupt), Reserve(tmp_path):
        pass

    assert list(tmp_path.iterdir()) == []
