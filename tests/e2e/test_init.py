"""`broker init` through the command line, and from a wheel."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT, Broker


def test_a_commented_starter_is_written_into_the_working_folder(
    broker: Broker, tmp_path: Path
) -> None:
    done = broker("init")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "Wrote fleet.yaml"
    assert (tmp_path / "fleet.yaml").read_text() == (
        ROOT / "examples/starter/fleet.yaml"
    ).read_text()
    assert (tmp_path / ".gitignore").read_text() == ".broker/\n"
    assert broker("validate").returncode == 0


def test_an_example_is_written_into_a_new_folder(broker: Broker, tmp_path: Path) -> None:
    done = broker("init", "--example", "research", "a/b")

    assert done.returncode == 0
    written = (tmp_path / "a/b/fleet.yaml").read_bytes()
    assert written == (ROOT / "examples/research/fleet.yaml").read_bytes()
    assert "broker -chdir=a/b validate" in done.stdout


def test_a_file_that_is_there_is_never_written_over(broker: Broker, tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text("mine")

    done = broker("init", "-example=startup")

    assert done.returncode == 1
    assert "[file-exists]" in done.stderr
    assert (tmp_path / "fleet.yaml").read_text() == "mine"
    assert not (tmp_path / ".gitignore").exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("*.pyc\n", "*.pyc\n.broker/\n"),
        ("*.pyc", "*.pyc\n.broker/\n"),
        (".broker/\n", ".broker/\n"),
        ("/.broker\nx", "/.broker\nx"),
    ],
)
def test_git_ignores_the_files_of_the_broker_once(
    broker: Broker, tmp_path: Path, before: str, after: str
) -> None:
    (tmp_path / ".gitignore").write_text(before)

    done = broker("init")

    assert (tmp_path / ".gitignore").read_text() == after
    assert ("Added .broker/" in done.stdout) is (before != after)


def test_an_unknown_example_is_refused_with_those_there_are(broker: Broker, tmp_path: Path) -> None:
    done = broker("init", "-example=reserch")

    assert done.returncode == 1
    assert "[example-unknown]" in done.stderr
    assert "platform, regulated, research, starter, startup" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_the_folder_is_told(broker: Broker, tmp_path: Path) -> None:
    (tmp_path / "here").write_text("a file")

    done = broker("init", "here")

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert (tmp_path / "here").read_text() == "a file"


def test_a_wheel_carries_the_examples(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")

    installed = subprocess.run(
        [sys.executable, "-c", "import broker.storage.examples as e; print(*e.example_fleets())"],
        cwd=tmp_path / "site",
        check=True,
        capture_output=True,
        text=True,
    )

    assert installed.stdout.split() == ["platform", "regulated", "research", "starter", "startup"]
    assert (tmp_path / "site/broker/storage/examples/research/fleet.yaml").is_file()
