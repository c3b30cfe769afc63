"""Guard rails of a fleet.yaml through the command line: exit codes, documents, and what is written."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Broker
from tests.fakes.specs import TINY

CHECKS = """\
checks:
  - {{name: month, what: monthly-cost, at-most: 1, level: {level}, message: Ask first.}}
  - {{name: nodes, what: nodes, at-most: 4}}
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    return tmp_path / "fleet.yaml"


def checking(fleet: Path, level: str) -> None:
    fleet.write_text(TINY + CHECKS.format(level=level))


def test_a_check_that_warns_lets_the_plan_be_saved(broker: Broker, fleet: Path) -> None:
    checking(fleet, "advisory")

    done = broker("plan", "-out=fleet.plan")
    shown = broker("show", "fleet.plan")
    document = json.loads(broker("show", "-json", "fleet.plan").stdout)

    assert done.returncode == 0
    assert "Warning: Check month failed: monthly-cost is $" in done.stderr
    assert "on fleet.yaml:12:5, check.month" in done.stderr
    for text in (done.stdout, shown.stdout):
        assert "Checks   1 passed, 1 failed" in text
    assert [check["status"] for check in document["checks"]] == ["fail", "pass"]
    assert document["checks"][0]["declared"] == {"file": "fleet.yaml", "line": 12, "column": 5}


def test_a_check_that_denies_shows_the_plan_and_saves_nothing(broker: Broker, fleet: Path) -> None:
    checking(fleet, "mandatory")

    done = broker("plan", "-out=fleet.plan", "-json-into=plan.json", "-detailed-exitcode")
    document: dict[str, Any] = json.loads((fleet.parent / "plan.json").read_text())

    assert done.returncode == 3
    assert "Error: Check month failed" in done.stderr
    assert "Ask first." in done.stderr
    assert "  fail     mandatory  month" in done.stdout
    assert "Plan: " in done.stdout
    assert not (fleet.parent / "fleet.plan").exists()
    assert document["checks"][0]["status"] == "fail"


def test_a_program_is_told_why_in_one_document(broker: Broker, fleet: Path) -> None:
    checking(fleet, "mandatory")

    done = broker("plan", "-json", "-json-into=both.json")
    document = json.loads(done.stdout)
    broker("plan", "-json-into=plan.json")

    assert done.returncode == document["exit_code"] == 3
    assert document["exit_reason"] == "denied"
    assert document["applyable"] is False
    assert document["resource_changes"]
    assert [check["status"] for check in document["checks"]] == ["fail", "pass"]
    for name in ("both.json", "plan.json"):
        assert json.loads((fleet.parent / name).read_text()) == document
    (finding,) = document["diagnostics"]
    assert (finding["code"], finding["range"]["start"]["line"]) == ("check-failed", 12)


def test_a_budget_that_denies_is_told_alike_on_stdout_and_in_a_file(
    broker: Broker, fleet: Path
) -> None:
    fleet.write_text(TINY + "budget: {monthly: 1}\n")
    (fleet.parent / "plan.json").write_text("of before")

    done = broker("plan", "-json", "-json-into=plan.json")
    document = json.loads(done.stdout)

    assert done.returncode == document["exit_code"] == 3
    assert [finding["code"] for finding in document["diagnostics"]] == ["budget-exceeded"]
    assert json.loads((fleet.parent / "plan.json").read_text()) == document


def test_the_schema_and_validate_know_checks(broker: Broker, fleet: Path) -> None:
    fleet.write_text(TINY + CHECKS.format(level="strict"))

    done = broker("validate")
    schema = json.loads(broker("schema", "fleet").stdout)

    assert done.returncode == 1
    assert "expected advisory or mandatory" in done.stderr.lower()
    assert '"at-most"' in json.dumps(schema["properties"]["checks"])
