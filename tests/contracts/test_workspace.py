"""What a workspace promises."""

from pathlib import Path

import pytest

from broker.domain.errors import Unwritable
from broker.storage.workspace import FolderWorkspace


def code(error: pytest.ExceptionInfo[Unwritable]) -> str:
    return error.value.diagnostics[0].code


def test_the_first_file_makes_the_folder(tmp_path: Path) -> None:
    workspace = FolderWorkspace(tmp_path / "new" / "folder")

    path = workspace.create("a.txt", "grüße\n")

    assert Path(path).read_bytes() == "grüße\n".encode()
    assert workspace.text("a.txt") == "grüße\n"


def test_a_missing_file_is_none_and_makes_no_folder(tmp_path: Path) -> None:
    assert FolderWorkspace(tmp_path / "new").text("a.txt") is None
    assert not (tmp_path / "new").exists()


def test_creating_never_writes_over(tmp_path: Path) -> None:
    workspace = FolderWorkspace(tmp_path)
    workspace.create("a.txt", "first")

    with pytest.raises(Unwritable) as error:
        workspace.create("a.txt", "second")

    assert code(error) == "file-exists"
    assert workspace.text("a.txt") == "first"


def test_creating_does_not_follow_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Unwritable):
        FolderWorkspace(tmp_path).create("a.txt", "text")

    assert not (tmp_path / "elsewhere").exists()


def test_appending_adds_at_the_end_or_begins_the_file(tmp_path: Path) -> None:
    workspace = FolderWorkspace(tmp_path)

    workspace.append("a.txt", "1\n")
    workspace.append("a.txt", "2\n")

    assert workspace.text("a.txt") == "1\n2\n"


def test_what_can_not_be_read_or_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary").write_bytes(b"\xff")
    workspace = FolderWorkspace(tmp_path)

    for effect in (
        lambda: workspace.text("folder"),
        lambda: workspace.text("binary"),
        lambda: workspace.append("folder", "x"),
        lambda: FolderWorkspace(tmp_path / "binary").create("a", "x"),
        lambda: FolderWorkspace(tmp_path / "binary" / "below").create("a", "x"),
    ):
        with pytest.raises(Unwritable) as error:
            effect()
        assert error.value.diagnostics[0].summary
