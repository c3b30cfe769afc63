"""`broker show`, from the command line."""

import json
import os
from pathlib import Path

import pytest

from tests.conftest import Broker
from tests.fakes.keys import plan_files_of
from tests.fakes.plan_files import bindings
from tests.fakes.specs import TINY

NOW = {"BROKER_NOW": "2026-11-25T03:30:00Z"}

SPEC = TINY.replace("    cpu: 4\n", "    replicas: {min: 2, max: 4}\n    cpu: 4\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fleet.yaml").write_text(SPEC)
    return tmp_path


def test_a_saved_plan_reads_as_it_did(broker: Broker, folder: Path) -> None:
    made = broker("plan", "-out=a.plan", cwd=folder, env=NOW)
    (folder / "fleet.yaml").unlink()

    shown = broker("show", "a.plan", cwd=folder, env=NOW)

    assert shown.returncode == 0
    assert shown.stderr == ""
    plan, _, note = made.stdout.partition("\nSaved plan: ")
    assert shown.stdout == plan
    assert note.startswith("a.plan (sha256:")


def test_a_saved_plan_for_programs_is_the_one_printed(broker: Broker, folder: Path) -> None:
    made = broker("plan", "-json", "-out=a.plan", cwd=folder)

    shown = broker("show", "--json", "a.plan", cwd=folder)

    assert json.loads(shown.stdout) == json.loads(made.stdout)


def test_prices_grow_older_in_a_saved_plan(broker: Broker, folder: Path) -> None:
    broker("plan", "-out=a.plan", cwd=folder)

    first = broker("show", "a.plan", cwd=folder, env=NOW).stdout
    later = broker("show", "a.plan", cwd=folder, env={"BROKER_NOW": "2027-11-25T00:00:00Z"}).stdout

    assert first != later
    assert [line for line in first.splitlines() if not line.startswith("Prices")] == [
        line for line in later.splitlines() if not line.startswith("Prices")
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "plan-file-unreadable"),
        ("", "plan-file-damaged"),
        ("{}", "plan-file-foreign"),
        ('{"format": "gpu-broker plan", "version": 99}', "plan-file-version"),
    ],
)
def test_what_is_no_plan_is_refused(
    broker: Broker, folder: Path, content: str | None, code: str
) -> None:
    if content is not None:
        (folder / "a.plan").write_text(content)

    done = broker("show", "-json", "a.plan", cwd=folder)

    assert done.returncode == 1
    assert [d["code"] for d in json.loads(done.stdout)["diagnostics"]] == [code]


def test_a_forged_plan_without_its_parts_is_refused(broker: Broker, folder: Path) -> None:
    home = Path(os.environ["HOME"])
    plan_files_of(home).save(folder / "a.plan", {"fleet": "tiny"}, bindings())

    done = broker("show", "a.plan", cwd=folder)

    assert done.returncode == 1
    assert "[plan-file-damaged]" in done.stderr
    assert "plan.format_version: missing" in done.stderr


def test_show_needs_a_file(broker: Broker) -> None:
    done = broker("show")

    assert done.returncode == 1
    assert "FILE" in done.stderr
