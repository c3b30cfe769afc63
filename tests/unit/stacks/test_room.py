"""Whether the disks have room for what the engine writes, and the room that is kept for it."""

import errno
import io
from pathlib import Path
from typing import Any

import pytest

from stacks.places import Place, records_in
from stacks.room import BLOCK_BYTES, BLOCKS, Room


def test_a_folder_that_takes_more_refuses_nothing_and_is_left_as_it_was(tmp_path: Path) -> None:
    assert Room(folders=(tmp_path,)).refusal() is None
    assert list(tmp_path.iterdir()) == []


def test_one_that_takes_nothing_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.touch()

    refusal = Room(folders=(tmp_path, closed)).refusal()

    assert refusal is not None
    assert (refusal.errno, refusal.filename) == (errno.ENOTDIR, str(closed))


def test_one_that_is_not_there_yet_is_no_refusal(tmp_path: Path) -> None:
    assert Room(folders=(tmp_path / "later",)).refusal() is None


def test_some_is_kept_and_given_back_once(tmp_path: Path) -> None:
    room = Room(folders=(tmp_path,), reserve=tmp_path / "kept")
    with room.kept():
        assert (tmp_path / "kept").stat().st_size == BLOCK_BYTES * BLOCKS
        assert [room.release(), room.release()] == [True, False]

    assert list(tmp_path.iterdir()) == []


def test_without_a_place_for_it_nothing_is_kept() -> None:
    room = Room()
    with room.kept():
        assert not room.release()


def test_where_it_can_not_be_kept_the_file_is_named(tmp_path: Path) -> None:
    reserve = tmp_path / "none" / "kept"

    with pytest.raises(OSError, match="No such file") as refused, Room(reserve=reserve).kept():
        pass

    assert refused.value.filename == str(reserve)


def test_what_another_process_keeps_by_now_is_left_alone(tmp_path: Path) -> None:
    room = Room(reserve=tmp_path / "kept")
    with room.kept():
        (tmp_path / "kept").write_bytes(b"of another process")
        assert not room.release()

    assert (tmp_path / "kept").exists()


def test_no_two_stacks_keep_the_same_file(tmp_path: Path) -> None:
    (tmp_path / ".pulumi").mkdir()
    places = [
        Place(project=project, name=name, folder=tmp_path, records=records_in(tmp_path))
        for project, name in (("a-b", "c"), ("a", "b-c"), ("a", "b"), ("b", "a"))
    ]

    assert len({place.room().reserve for place in places}) == len(places)


def test_who_is_interrupted_while_taking_it_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupting(io.BufferedWriter):
        def write(self, block: Any) -> int:
            if self.tell():
                raise KeyboardInterrupt
            return super().write(block)

    opened = Path.open

    def interrupting(path: Path, mode: str) -> Any:
        return Interrupting(io.FileIO(path, mode)) if mode == "wb" else opened(path, mode)

    reserve = tmp_path / "stack.reserve"
    monkeypatch.setattr(Path, "open", interrupting)

    with pytest.raises(KeyboardInterrupt), Room(folders=(), reserve=reserve).kept():
        pass

    assert not reserve.exists()
