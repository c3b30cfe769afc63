"""Several states in one folder, of which one is selected."""

from pathlib import Path

import pytest

from broker.domain.errors import Unwritable, UsageInvalid
from broker.storage.state_names import NamedStates


def code_of(caught: "pytest.ExceptionInfo[UsageInvalid]") -> str:
    return caught.value.diagnostics[0].code


def test_the_default_is_there_without_anything_on_the_disk(tmp_path: Path) -> None:
    names = NamedStates(tmp_path / ".broker")

    assert names.names() == ["default"]
    assert names.selected() == "default"
    assert names.folder() == tmp_path / ".broker"
    assert not (tmp_path / ".broker").exists()


def test_what_was_selected_stays_selected(tmp_path: Path) -> None:
    names = NamedStates(tmp_path)
    for name in ("staging", "b", "a1-x"):
        names.make(name)
    names.select("staging")

    again = NamedStates(tmp_path)
    assert again.names() == ["default", "a1-x", "b", "staging"]
    assert again.selected() == "staging"
    assert again.folder() == tmp_path / "workspaces" / "staging"
    again.select("default")
    assert NamedStates(tmp_path).folder() == tmp_path


def test_what_is_stated_comes_before_what_was_selected(tmp_path: Path) -> None:
    NamedStates(tmp_path).make("a")
    NamedStates(tmp_path).make("b")
    NamedStates(tmp_path).select("a")

    assert NamedStates(tmp_path, "b").selected() == "b"
    assert NamedStates(tmp_path, "b").is_stated()
    assert not NamedStates(tmp_path).is_stated()


def test_an_unknown_one_gets_a_suggestion(tmp_path: Path) -> None:
    names = NamedStates(tmp_path)
    names.make("staging")
    for attempt in (
        lambda: names.select("stagin"),
        lambda: names.remove("stagin"),
        NamedStates(tmp_path, "stagin").selected,
        NamedStates(tmp_path, "stagin").folder,
    ):
        with pytest.raises(UsageInvalid) as caught:
            attempt()
        assert code_of(caught) == "workspace-unknown"
        assert "staging?" in caught.value.diagnostics[0].hint


@pytest.mark.parametrize(
    "name", ["", "default", "A", "1a", "a-", "a/b", "..", "a" * 31, "ä", "a b", "a\n"]
)
def test_what_can_be_no_part_of_a_name_in_a_cloud_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageInvalid) as caught:
        NamedStates(tmp_path).make(name)

    assert code_of(caught) == "workspace-misnamed"
    assert NamedStates(tmp_path).names() == ["default"]


def test_one_is_made_once(tmp_path: Path) -> None:
    NamedStates(tmp_path).make("a" * 30)
    with pytest.raises(UsageInvalid) as caught:
        NamedStates(tmp_path).make("a" * 30)

    assert code_of(caught) == "workspace-exists"


def test_one_that_is_not_in_use_is_removed_with_all_that_is_in_it(tmp_path: Path) -> None:
    names = NamedStates(tmp_path)
    names.make("a")
    (names.folder_of("a") / "state.db").touch()
    names.remove("a")

    assert names.names() == ["default"]
    for name in ("default", "b"):
        names.make("b") if name == "b" else None
        NamedStates(tmp_path).select(name)
        with pytest.raises(UsageInvalid) as caught:
            names.remove(name)
        assert code_of(caught) == "workspace-in-use"


def test_where_nothing_can_be_written_that_is_said(tmp_path: Path) -> None:
    (tmp_path / ".broker").write_text("no folder")
    names = NamedStates(tmp_path / ".broker")

    for attempt in (lambda: names.make("a"), lambda: names.select("default")):
        with pytest.raises(Unwritable):
            attempt()
    assert names.selected() == "default"
