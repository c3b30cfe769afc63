"""`broker plan`, from the command line."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Broker
from tests.fakes.keys import plan_files_of

ROOT = Path(__file__).parents[2]
NOW = {"BROKER_NOW": "2026-11-25T03:30:00Z"}

SPEC = """\
apiVersion: broker/v1
fleet: small
owner: ml
providers:
  aws: {regions: all}
  gcp: {regions: all, fixed-monthly: 1500}
budget: {monthly: MONTHLY, on-breach: BREACH}
data:
  - {name: corpus, size: 12TB, at: aws/eu-central-1, tier: warm, replicate: allowed}
workloads:
  - name: pretrain
    kind: training
    accelerators: {any-of: [{model: H100, memory-gib: 80}, {model: H200}], count: 8}
    gang: 16
    cpu: 96
    memory-gib: 900
    runs: {hours: 96}
    checkpoint: {every: 10m, size-gib: 46, store: s3://checkpoints/pretrain}
    capacity: [CAPACITY]
    reads: [corpus]
    team: foundation
  - name: chat
    kind: inference
    accelerators: {model: L4, count: 1}
    replicas: {min: 4, max: 40}
    cpu: 4
    memory-gib: 16
    spread: {regions: 2}
    team: apps
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a fleet that is planned in a moment."""
    write_spec(tmp_path)
    return tmp_path


def write_spec(
    folder: Path, *, monthly: int = 500_000, breach: str = "deny", capacity: str = "on-demand"
) -> None:
    text = SPEC.replace("MONTHLY", str(monthly)).replace("BREACH", breach)
    (folder / "fleet.yaml").write_text(text.replace("CAPACITY", capacity))


def plan_json(broker: Broker, folder: Path, *arguments: str) -> dict[str, Any]:
    done = broker("plan", "-json", *arguments, cwd=folder)
    assert done.returncode == 0, done.stdout
    assert done.stderr == ""
    plan: dict[str, Any] = json.loads(done.stdout)
    return plan


def codes(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The codes of the diagnostics that a failure under -json prints."""
    return [diagnostic["code"] for diagnostic in json.loads(done.stdout)["diagnostics"]]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_plan_for_programs_has_terraforms_shape_and_ours(broker: Broker, folder: Path) -> None:
    plan = plan_json(broker, folder)

    assert plan["format_version"] == "1.2"
    assert {tuple(c["change"]["actions"]) for c in plan["resource_changes"]} == {("create",)}
    assert {p["workload"] for p in plan["placements"]} == {"chat", "pretrain"}
    assert sum(p["replicas"] for p in plan["placements"] if p["workload"] == "pretrain") == 16
    assert len({p["region"] for p in plan["placements"] if p["workload"] == "chat"}) >= 2
    assert plan["solver"]["status"] == "optimal"
    assert plan["digests"].keys() == {"spec", "snapshot", "recorded", "tool"}


def test_all_figures_of_a_plan_agree(broker: Broker, folder: Path) -> None:
    plan = plan_json(broker, folder)

    cost, monthly = plan["cost"], Decimal(plan["cost"]["monthly"])
    assert cost["unknown_prices"] == 0
    assert sum(Decimal(row["monthly"]) for row in cost["clusters"]) == monthly
    assert sum(Decimal(row["monthly"]) for row in cost["teams"]) == monthly
    assert Decimal(plan["solver"]["objective"]) == monthly
    assert Decimal(plan["solver"]["bound"]) <= monthly
    placed = sum(Decimal(placement["monthly_cost"]) for placement in plan["placements"])
    (shared,) = (row for row in cost["teams"] if row["name"] == "(shared)")
    assert placed + Decimal(shared["monthly"]) == monthly


def test_a_second_run_gives_the_same_bytes(broker: Broker, folder: Path) -> None:
    now = {"BROKER_NOW": "2026-11-25T03:30:00Z"}
    first = broker("plan", "-json", "-out=a.plan", cwd=folder, env=now)
    second = broker(
        "plan",
        "-json",
        "-deterministic",
        "-out=b.plan",
        cwd=folder,
        env=now | {"PYTHONHASHSEED": "7"},
    )

    assert first.stdout == second.stdout
    assert (folder / "a.plan").read_bytes() == (folder / "b.plan").read_bytes()


def test_a_plan_for_people_goes_to_stdout_alone(broker: Broker, folder: Path) -> None:
    done = broker("plan", cwd=folder, env=NOW)

    assert done.returncode == 0
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert re.search(
        r"^Plan: \d+ to add, 0 to change, 0 to replace, 0 to destroy\.$", done.stdout, re.MULTILINE
    )
    assert "proven: no lawful fleet costs less than $" in done.stdout
    assert "Not saved" in done.stdout


def test_a_detailed_exit_code_tells_changes_from_none(broker: Broker, folder: Path) -> None:
    assert broker("plan", "-detailed-exitcode", "-out", "a.plan", cwd=folder).returncode == 2

    done = broker("plan", "--detailed-exitcode", "--against=a.plan", cwd=folder, env=NOW)

    assert done.returncode == 0
    assert "No changes." in done.stdout


def test_a_change_of_the_spec_is_compared_with_a_saved_plan(broker: Broker, folder: Path) -> None:
    saved = broker("plan", "-json", "-out=a.plan", cwd=folder)
    write_spec(folder, capacity="spot")

    done = broker("plan", "-against=a.plan", cwd=folder, env=NOW)
    plan = plan_json(broker, folder, "-against=a.plan")

    work = next(c for c in plan["resource_changes"] if c["address"] == "workload.pretrain")
    assert work["change"]["actions"] == ["delete", "create"]
    assert work["action_reason"] == "replace_because_cannot_update"
    assert work["change"]["replace_paths"] == [["placements"]]
    assert "-/+ workload.pretrain" in done.stdout
    assert "# forces replacement" in done.stdout
    assert plan["cost"]["before"]["monthly"] == json.loads(saved.stdout)["cost"]["monthly"]


def test_json_goes_into_a_file_beside_the_text(broker: Broker, folder: Path) -> None:
    done = broker("plan", "-json-into=plan.json", cwd=folder, env=NOW)

    assert done.stdout.startswith("broker plan   fleet small")
    assert json.loads((folder / "plan.json").read_text()) == plan_json(broker, folder)


def test_a_fleet_over_budget_is_denied_and_no_plan_saved(broker: Broker, folder: Path) -> None:
    write_spec(folder, monthly=100)

    done = broker("plan", "-json", "-out=a.plan", "-json-into=a.json", cwd=folder)

    assert done.returncode == 3
    assert codes(done) == ["budget-exceeded"]
    assert files(folder) == ["a.json", "fleet.yaml"]
    assert (folder / "a.json").read_text() == done.stdout


def test_a_budget_that_only_warns_is_told_in_the_plan(broker: Broker, folder: Path) -> None:
    write_spec(folder, monthly=100, breach="warn")

    done = broker("plan", "-out=a.plan", cwd=folder, env=NOW)

    assert done.returncode == 0
    assert "over, which warns only" in done.stdout
    assert done.stderr.startswith("Warning: The cheapest fleet found costs $")
    assert "[budget-exceeded]" in done.stderr
    assert "The costliest workloads: pretrain $" in done.stderr
    assert files(folder) == ["a.plan", "fleet.yaml"]


def test_an_infeasible_fleet_exits_with_6_and_nothing_written(broker: Broker, folder: Path) -> None:
    # AWS and GCP sell no capacity of this type on the bundled price lists.
    write_spec(folder, capacity="flex")

    done = broker("plan", "-json", "-out=a.plan", cwd=folder)

    assert done.returncode == 6
    assert json.loads(done.stdout)["exit_reason"] == "infeasible"
    assert "pretrain" in done.stdout
    assert files(folder) == ["fleet.yaml"]


@pytest.mark.parametrize("option", ["-out", "-json-into", "-graph"])
def test_an_unwritable_place_is_refused_before_any_work(
    broker: Broker, folder: Path, option: str
) -> None:
    # The spec is missing too, and not what is complained of.
    (folder / "fleet.yaml").unlink()

    done = broker("plan", "-json", option, "missing/a.plan", cwd=folder)

    assert done.returncode == 1
    assert codes(done) == ["output-unwritable"]
    assert files(folder) == []


def test_the_spec_is_not_written_over(broker: Broker, folder: Path) -> None:
    before = (folder / "fleet.yaml").read_bytes()

    done = broker("plan", "-json", "-out=./fleet.yaml", cwd=folder)

    assert done.returncode == 1
    assert codes(done) == ["output-is-input"]
    assert (folder / "fleet.yaml").read_bytes() == before


def test_the_document_is_not_written_over_what_is_read(broker: Broker, folder: Path) -> None:
    broker("plan", "-out=a.plan", cwd=folder)
    spec, saved = (folder / "fleet.yaml").read_bytes(), (folder / "a.plan").read_bytes()

    over_spec = broker("plan", "-json-into=./fleet.yaml", "-json", cwd=folder)
    over_plan = broker("plan", "-against=a.plan", "-json-into=./a.plan", "-json", cwd=folder)

    drawn = broker("plan", "-graph=./fleet.yaml", "-json", cwd=folder)

    for done in (over_spec, over_plan, drawn):
        assert codes(done) == ["output-is-input"]
    assert (folder / "fleet.yaml").read_bytes() == spec
    assert (folder / "a.plan").read_bytes() == saved


@pytest.mark.parametrize(
    ("option", "instead"),
    [("out", "fleet.plan"), ("json-into", "plan.json"), ("graph", "fleet.svg")],
)
def test_standard_output_is_no_file(
    broker: Broker, folder: Path, option: str, instead: str
) -> None:
    done = broker("plan", f"-{option}=-", cwd=folder)

    assert done.returncode == 1
    told = f"-{option} writes a file, and - is none: -{option}={instead}, say"
    assert told in done.stderr
    assert files(folder) == ["fleet.yaml"]


@pytest.mark.parametrize(
    "outputs",
    [("-out=a", "-json-into=./a"), ("-out=a", "-graph=./a"), ("-json-into=a", "-graph=a")],
)
def test_two_outputs_do_not_share_a_file(
    broker: Broker, folder: Path, outputs: tuple[str, str]
) -> None:
    done = broker("plan", *outputs, cwd=folder)

    assert done.returncode == 1
    assert "same file" in done.stderr
    assert files(folder) == ["fleet.yaml"]


def test_the_graph_is_drawn_as_the_name_of_its_file_says(broker: Broker, folder: Path) -> None:
    plain = broker("plan", cwd=folder)
    done = [broker("plan", f"-graph={name}", cwd=folder) for name in ("a.dot", "a.svg", "b.SVG")]

    assert [each.stdout for each in done] == [plain.stdout] * 3
    assert (folder / "a.dot").read_text().startswith("digraph decision {\n")
    assert (folder / "a.svg").read_text().startswith("<svg ")
    assert (folder / "b.SVG").read_bytes() == (folder / "a.svg").read_bytes()
    assert files(folder) == ["a.dot", "a.svg", "b.SVG", "fleet.yaml"]


def test_a_damaged_plan_is_not_compared_with(broker: Broker, folder: Path) -> None:
    broker("plan", "-out=a.plan", cwd=folder)
    (folder / "a.plan").write_bytes((folder / "a.plan").read_bytes()[:-100])

    done = broker("plan", "-json", "-against=a.plan", cwd=folder)

    assert done.returncode == 1
    assert codes(done) == ["plan-file-damaged"]


def test_ctrl_c_while_solving_exits_with_130_and_leaves_nothing(folder: Path) -> None:
    """On a terminal the work is shown: the key is pressed when it says `solving`."""
    spec = (ROOT / "examples" / "research" / "fleet.yaml").read_text()
    (folder / "fleet.yaml").write_text(spec)
    mine, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "broker", "plan", "-out=a.plan", "-json-into=a.json"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    while b"solving" not in shown:
        shown += os.read(mine, 1000)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    os.close(mine)

    assert process.returncode == 130
    assert output == b""
    assert files(folder) == ["fleet.yaml"]


def test_plans_of_different_currencies_are_not_compared(broker: Broker, folder: Path) -> None:
    broker("plan", "-out=a.plan", cwd=folder)
    plans = plan_files_of(Path(os.environ["HOME"]))
    plan = plans.load(folder / "a.plan")
    plan.document["cost"]["currency"] = "EUR"
    plans.save(folder / "a.plan", plan.document, plan.bindings)

    done = broker("plan", "-json", "-against=a.plan", cwd=folder)

    assert done.returncode == 1
    assert codes(done) == ["currency-mismatch"]
