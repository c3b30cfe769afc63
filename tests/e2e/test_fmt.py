"""`broker fmt`: which files it writes, what it prints, and how it ends."""

import stat
from pathlib import Path

import pytest

from tests.conftest import Broker

UGLY = "a:   {b: 1,c: 2}  # why\nd:\n- 1\n"
PRETTY = "a: {b: 1, c: 2}  # why\nd:\n  - 1\n"


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    path = tmp_path / "fleet.yaml"
    path.write_text(UGLY)
    return path


def test_a_file_is_written_and_named_once(broker: Broker, fleet: Path) -> None:
    fleet.chmod(0o640)

    first, second = broker("fmt"), broker("fmt", str(fleet.parent))

    assert (first.returncode, first.stdout, first.stderr) == (0, "fleet.yaml\n", "")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert fleet.read_text() == PRETTY
    assert stat.S_IMODE(fleet.stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["-check"], 2),
        (["-write=false"], 0),
        (["-check", "-diff"], 2),
        (["--write=false", "-diff"], 0),
    ],
)
def test_nothing_is_written_where_that_is_not_wanted(
    broker: Broker, fleet: Path, words: list[str], code: int
) -> None:
    done = broker("fmt", *words)

    assert done.returncode == code
    assert done.stdout.startswith("fleet.yaml\n")
    assert ("\n+a: {b: 1, c: 2}  # why\n" in done.stdout) == ("-diff" in words)
    assert fleet.read_text() == UGLY


def test_what_is_laid_out_already_passes_the_check(broker: Broker, fleet: Path) -> None:
    fleet.write_text(PRETTY)

    done = broker("fmt", "-check", "-diff")

    assert (done.returncode, done.stdout) == (0, "")


def test_the_standard_input_goes_to_the_standard_output(broker: Broker) -> None:
    assert broker("fmt", "-", input=UGLY).stdout == PRETTY
    assert broker("fmt", "-", input=PRETTY).stdout == PRETTY

    checked = broker("fmt", "-check", "-", input=UGLY)

    assert (checked.returncode, checked.stdout) == (2, "standard input\n")


def test_what_is_no_yaml_is_left_as_it_is_and_the_others_are_written(
    broker: Broker, fleet: Path
) -> None:
    bad = fleet.parent / "bad.yaml"
    bad.write_text("a: [1\n")

    done = broker("fmt", "bad.yaml", "none.yaml", "fleet.yaml")

    assert done.returncode == 1
    assert done.stdout == "fleet.yaml\n"
    assert "bad.yaml:" in done.stderr
    assert "[file-missing]" in done.stderr
    assert bad.read_text() == "a: [1\n"
    assert fleet.read_text() == PRETTY


def test_a_fleet_that_is_wrong_otherwise_is_laid_out_all_the_same(
    broker: Broker, fleet: Path
) -> None:
    fleet.write_text("a:  1\na:   2\n")

    assert broker("fmt").returncode == 0
    assert fleet.read_text() == "a: 1\na: 2\n"


def test_input_that_is_no_text_says_where(broker: Broker, tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_bytes(b"a: 1\nb: \xff\n")

    done = broker("fmt")

    assert done.returncode == 1
    assert "fleet.yaml:2:4" in done.stderr
