"""Commands of a document run in folders of its own, one after the other, as at a shell."""

from pathlib import Path

import pytest

from tools.console.session import Answer, Session

Known = dict[tuple[str, str, int], Answer]


@pytest.fixture
def known() -> Known:
    return {}


@pytest.fixture
def session(tmp_path: Path, known: Known) -> Session:
    return Session(tmp_path, known)


def test_a_new_folder_is_empty_and_an_example_is_as_it_is_here(session: Session) -> None:
    assert session.run("tour", "ls -A") == ""
    assert session.run("examples/startup", "ls") == "fleet.yaml\n"


def test_files_stay_for_the_next_command(session: Session) -> None:
    session.run("tour", "echo kept > file")

    assert session.run("tour", "cat file") == "kept\n"


def test_both_outputs_are_shown_and_the_exit_code_is_known_to_the_next(session: Session) -> None:
    assert session.run("tour", "echo out; echo err >&2; exit 3") == "out\nerr\n"
    assert session.run("tour", "echo $?") == "3\n"
    assert session.run("tour", "echo $?") == "0\n"


def test_an_answer_is_remembered_only_where_no_file_changed(session: Session, known: Known) -> None:
    session.run("tour", "ls")
    session.run("tour", "echo more >> file")

    assert [command for _, command, _ in known] == ["ls"]
    assert session.run("tour", "ls") == "file\n"


def test_the_place_of_the_folder_is_not_shown(session: Session, tmp_path: Path) -> None:
    assert session.run("tour", "pwd") == "tour\n"
    assert str(tmp_path) not in session.run("tour", "ls no-such-file; pwd")


def test_a_command_that_is_not_installed_is_an_error(session: Session) -> None:
    with pytest.raises(RuntimeError, match="no-such-program"):
        session.run("tour", "no-such-program")


def test_the_broker_tells_ages_from_a_stopped_clock(session: Session) -> None:
    first = session.run("tour", "broker offers -limit=1")

    assert " d old" in first
    assert "BROKER_NOW" not in first
    assert "2026-11-25" in session.run("tour", "broker doctor | grep BROKER_NOW")
