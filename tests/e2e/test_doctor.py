"""`broker doctor` on the computer of the tests."""

import json
from pathlib import Path

from tests.conftest import Broker


def test_a_complete_installation_is_ready_to_plan(broker: Broker) -> None:
    done = broker("doctor")

    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "Ready to plan."


def test_json_lists_every_check(broker: Broker) -> None:
    document = json.loads(broker("doctor", "-json").stdout)

    found = {check["name"]: check for check in document["checks"]}
    assert document["ok"] is True
    assert set(found) >= {
        "python", "packages", "networkx", "highspy", "catalog", "git", "pulumi", "go", "terminal",
    }  # fmt: skip
    assert all(set(c) == {"name", "status", "found", "purpose", "hint"} for c in found.values())


def test_a_conflict_of_packages_is_found_and_exits_with_1(broker: Broker, tmp_path: Path) -> None:
    (tmp_path / "other" / "stacks").mkdir(parents=True)
    (tmp_path / "other" / "stacks" / "__init__.py").write_text('__broker__ = "0.0.9"')

    done = broker("doctor", env={"PYTHONPATH": str(tmp_path / "other")})

    assert done.returncode == 1
    assert "stacks: 0.0.9" in done.stdout
    assert done.stdout.splitlines()[-1] == "Missing: packages, catalog."


def test_programs_that_are_not_on_the_path_are_absent(broker: Broker, tmp_path: Path) -> None:
    done = broker("doctor", "-json", env={"PATH": str(tmp_path)})

    found = {check["name"]: check["status"] for check in json.loads(done.stdout)["checks"]}
    assert done.returncode == 0
    assert {found["git"], found["pulumi"], found["go"]} == {"absent"}
