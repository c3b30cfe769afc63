"""A file is written whole, or it stays as it was."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from broker.domain.errors import Unwritable
from broker.storage.whole_file import check_writable, write_whole


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond *size* bytes, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_content_is_written_for_the_owner_alone(tmp_path: Path) -> None:
    target = tmp_path / "train.plan"

    write_whole(target, b"all of it")

    assert target.read_bytes() == b"all of it"
    assert target.stat().st_mode & 0o777 == 0o600
    assert names_in(tmp_path) == ["train.plan"]


def test_a_full_disk_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "train.plan"
    target.write_bytes(b"old")

    with room_for(1000), pytest.raises(Unwritable) as failure:
        write_whole(target, b"x" * 5000)

    assert target.read_bytes() == b"old"
    assert names_in(tmp_path) == ["train.plan"]
    assert failure.value.diagnostics[0].code == "output-unwritable"


def test_a_link_is_followed_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "real.plan").write_bytes(b"old")
    (tmp_path / "link.plan").symlink_to("real.plan")

    write_whole(tmp_path / "link.plan", b"new")

    assert (tmp_path / "link.plan").is_symlink()
    assert (tmp_path / "real.plan").read_bytes() == b"new"


def test_the_trial_leaves_nothing_behind(tmp_path: Path) -> None:
    check_writable(tmp_path / "train.plan")

    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("no/such/train.plan", "there is no folder"),
        (".", "it is a folder"),
        ("/dev/null", "it is no ordinary file"),
        # Where not even root may make a file.
        ("/proc/self/train.plan", ""),
        ("file/train.plan", "Not a directory"),
        ("x" * 300, "File name too long"),
        ("loop", "link"),
    ],
)
def test_what_can_not_be_written_is_told_at_once(tmp_path: Path, path: str, reason: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "loop").symlink_to("loop")

    with pytest.raises(Unwritable) as failure:
        check_writable(tmp_path / path)

    assert reason in failure.value.diagnostics[0].summary
    assert failure.value.diagnostics[0].hint


def test_an_interrupted_write_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "train.plan"
    target.write_bytes(b"old")

    def interrupt(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(target, b"new")

    assert target.read_bytes() == b"old"
    assert names_in(tmp_path) == ["train.plan"]
