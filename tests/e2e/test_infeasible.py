"""Fleets that can not be, over the bundled catalog: told in full, and nothing written."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Broker

SPEC = """\
apiVersion: broker/v1
fleet: impossible
owner: ml
providers:
  aws: {regions: [us-east-1, us-east-2]}
  gcp: {regions: all}
LIMITS
workloads:
WORKLOADS
"""


def write(folder: Path, *workloads: str, limits: str = "") -> None:
    listed = "".join(f"  - {workload}\n" for workload in workloads)
    (folder / "fleet.yaml").write_text(SPEC.replace("LIMITS", limits).replace("WORKLOADS", listed))


def workload(name: str, accelerators: str, more: str = "") -> str:
    return f"{{name: {name}, kind: batch, accelerators: {{{accelerators}}}{more}}}"


def plan(broker: Broker, *arguments: str) -> subprocess.CompletedProcess[str]:
    return broker("plan", "-out=fleet.plan", "-json-into=fleet.json", *arguments)


def findings(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    document: dict[str, Any] = json.loads(done.stdout)
    assert document["exit_code"] == done.returncode
    found: list[dict[str, Any]] = document["diagnostics"]
    return found


def written(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.name != "fleet.yaml")


def test_a_gang_larger_than_any_offer(broker: Broker, tmp_path: Path) -> None:
    write(tmp_path, workload("train", "model: H100, count: 512", ", gang: 4"))

    done = plan(broker, "-json")

    (told,) = findings(done)
    assert done.returncode == 6
    assert (told["code"], told["subject"]) == ("no-lawful-offer", "workloads.train")
    assert "node-size" in told["detail"].splitlines()[0]
    assert any(
        line.startswith("fails only node-size: ")
        and line.endswith(" has 8 accelerators per node, 512 wanted")
        for line in told["detail"].splitlines()
    )
    assert told["range"] == {
        "filename": "fleet.yaml",
        "start": {"line": 9, "column": 5},
        "end": {"line": 9, "column": 5},
    }
    assert told["hint"] == "Ask for fewer accelerators, vCPUs or less memory per replica."
    assert written(tmp_path) == []


def test_no_capacity_type_is_left(broker: Broker, tmp_path: Path) -> None:
    write(tmp_path, workload("train", "model: H100, count: 8", ", capacity: [flex]"))

    done = plan(broker, "-json")

    (told,) = findings(done)
    assert done.returncode == 6
    assert told["code"] == "no-lawful-offer"
    assert told["hint"] == "Accept more types under capacity."
    assert any(
        line.startswith("fails only capacity-type: ") and "the workload accepts flex" in line
        for line in told["detail"].splitlines()
    )
    assert written(tmp_path) == []


def test_a_jurisdiction_without_offers(broker: Broker, tmp_path: Path) -> None:
    """Trainium is sold by AWS alone, of which only American regions are named."""
    write(tmp_path, workload("train", "model: Trainium, count: 16", ", residency: [EU]"))

    done = plan(broker, "-json")

    (told,) = findings(done)
    assert done.returncode == 6
    assert told["code"] == "no-lawful-offer"
    assert {"residency", "scope"} & set(told["detail"].splitlines()[0].replace(",", " ").split())
    assert written(tmp_path) == []


def test_every_workload_without_an_offer_is_told_at_once(broker: Broker, tmp_path: Path) -> None:
    write(
        tmp_path,
        workload("large", "model: H100, count: 64"),
        workload("fine", "model: L4, count: 1"),
        workload("soft", "model: H100, count: 8", ", capacity: [flex]"),
    )

    done = plan(broker)

    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr.count("[no-lawful-offer]") == 2
    assert "offers may run large" in done.stderr
    assert "offers may run soft" in done.stderr
    assert "on fleet.yaml:9:5, workloads.large" in done.stderr
    assert "on fleet.yaml:11:5, workloads.soft" in done.stderr
    assert written(tmp_path) == []


QUOTAS = "quotas: [{name: all H100, at: aws, accelerator: H100, limit: {accelerators: 8}}, \
{name: none elsewhere, at: gcp, accelerator: H100, limit: {accelerators: 0}}]"


def test_a_quota_that_is_enough_for_each_but_not_for_all(broker: Broker, tmp_path: Path) -> None:
    """One node of eight in each of two regions, and three workloads that want one each."""
    write(
        tmp_path,
        workload("bystander", "model: L4, count: 1"),
        *(workload(name, "model: H100, count: 8") for name in ("one", "three", "two")),
        limits=QUOTAS,
    )

    done = plan(broker, "-json")

    (told,) = findings(done)
    assert done.returncode == 6
    assert told["code"] == "no-joint-placement"
    assert told["summary"] == (
        "one, three, two can not all be placed at once; without any one of them the rest can"
    )
    assert told["detail"].splitlines()[-1] == "quotas that they meet: all H100 (8 accelerators)"
    assert told["hint"].startswith("Ask the cloud for more quota. `broker explain ")
    assert "range" in told
    assert written(tmp_path) == []


def test_without_any_one_of_them_the_rest_is_planned(broker: Broker, tmp_path: Path) -> None:
    for names in (("one", "two"), ("one", "three"), ("two", "three")):
        write(
            tmp_path,
            *(workload(name, "model: H100, count: 8") for name in names),
            limits=QUOTAS,
        )

        assert broker("plan", "-json").returncode == 0


@pytest.mark.parametrize("as_json", [True, False])
def test_a_budget_too_small(broker: Broker, tmp_path: Path, as_json: bool) -> None:  # noqa: FBT001
    write(tmp_path, workload("chat", "model: L4, count: 1"), limits="budget: {monthly: 10}")

    done = plan(broker, *(["-json"] if as_json else []))

    assert done.returncode == 3
    # No plan is saved, and who reads the document learns why.
    assert written(tmp_path) == ["fleet.json"]
    document = json.loads((tmp_path / "fleet.json").read_text())
    assert (document["exit_code"], document["exit_reason"]) == (3, "denied")
    assert [told["code"] for told in document["diagnostics"]] == ["budget-exceeded"]
    if as_json:
        assert document == json.loads(done.stdout)
        (told,) = findings(done)
        assert (told["code"], told["subject"]) == ("budget-exceeded", "budget.monthly")
        assert told["range"]["start"]["line"] == 7
        assert told["detail"].startswith("No lawful fleet costs less than $")
    else:
        assert done.stdout == ""
        assert "[budget-exceeded]" in done.stderr
        assert "over the budget of $10.00" in done.stderr


def test_explain_and_plan_fail_alike(broker: Broker, tmp_path: Path) -> None:
    write(tmp_path, workload("train", "model: H100, count: 512"))

    planning, explaining = broker("plan"), broker("explain", "train")

    assert explaining.returncode == planning.returncode == 6
    assert explaining.stderr == planning.stderr


def test_a_part_is_planned_where_all_is_impossible(broker: Broker, tmp_path: Path) -> None:
    write(
        tmp_path,
        workload("train", "model: H100, count: 8", ", priority: production"),
        workload("render", "model: H100, count: 8", ", replicas: 3, priority: best-effort"),
        limits="quotas: [{name: p, at: aws, limit: {nodes: 1}}, {name: g, at: gcp, limit: {nodes: 0}}]",
    )
    assert plan(broker).returncode == 6

    done = plan(broker, "-allow-unplaced")

    saved = json.loads((tmp_path / "fleet.json").read_text())
    assert done.returncode == 0
    assert "Unplaced   1 of 2 workloads" in done.stdout
    assert "[work-unplaced]" in done.stderr
    assert {p["workload"] for p in saved["placements"]} == {"train"}
    assert [entry["workload"] for entry in saved["unplaced"]] == ["render"]
    assert saved["complete"] is False


def test_who_yields_is_explained_with_what_it_costs(broker: Broker, tmp_path: Path) -> None:
    write(
        tmp_path,
        workload("train", "model: H100, count: 8", ", priority: production"),
        workload("render", "model: H100, count: 8", ", replicas: 2, priority: best-effort"),
        limits="quotas: [{name: p, at: aws, limit: {nodes: 1}}, {name: g, at: gcp, limit: {nodes: 0}}]",
    )

    told = broker("explain", "render", "-allow-unplaced")
    document = json.loads(broker("explain", "render", "-allow-unplaced", "-json").stdout)
    placed = broker("explain", "train", "-allow-unplaced")

    assert told.returncode == 0
    assert "Not placed: of best-effort priority, it yields" in told.stdout
    assert "alone, on its cheapest offer, it would cost $" in told.stdout
    assert "  quota p of 2 nodes (now 1): the fleet would cost +" in told.stdout
    assert "  train (production) left out: the fleet would cost +" in told.stdout
    assert document["unplaced"]["workload"] == "render"
    assert document["chosen"] == []
    assert [(each["kind"], each["result"]) for each in document["room"]] == [
        ("quota", "least"),
        ("quota", "least"),
        ("yield", "least"),
    ]
    assert placed.returncode == 0
    assert "Chosen, of " in placed.stdout
    assert "render (best-effort): placed if train were left out, and the fleet" in placed.stdout
    assert broker("explain", "render").returncode == 6


def test_that_there_is_no_room_even_alone_is_told(broker: Broker, tmp_path: Path) -> None:
    write(
        tmp_path,
        workload("train", "model: H100, count: 8"),
        workload("render", "model: H100, count: 8", ", replicas: 5, priority: best-effort"),
        limits="quotas: [{name: p, at: aws, limit: {nodes: 1}}, {name: g, at: gcp, limit: {nodes: 0}}]",
    )

    told = broker("explain", "render", "-allow-unplaced")

    assert told.returncode == 0
    assert "Not placed: of best-effort priority, there is no room for it even alone" in told.stdout
    assert "no other work that yields" in told.stdout


def test_what_no_offer_may_run_is_explained_with_the_nearest(
    broker: Broker, tmp_path: Path
) -> None:
    write(
        tmp_path,
        workload("chat", "model: L4, count: 1"),
        workload("odd", "model: H100, count: 512"),
    )

    told = broker("explain", "odd", "-allow-unplaced")

    assert told.returncode == 0
    assert "excluded by rule: accelerator " in told.stdout
    assert "fails only node-size: " in told.stdout
    assert "Ask for fewer accelerators, vCPUs or less memory per replica." in told.stdout


def test_a_relay_that_would_serve_the_clients_in_time_is_told(
    broker: Broker, tmp_path: Path
) -> None:
    bound = ", latency: {to: eu-users, round-trip-ms: 150}, residency: [KR]"
    limits = "clients: [{name: eu-users, at: [gcp/europe-west3]}]"
    write(tmp_path, workload("ask", "model: A10G, count: 1", bound), limits=limits)
    spec = (tmp_path / "fleet.yaml").read_text()
    (tmp_path / "fleet.yaml").write_text(spec.replace("[us-east-1, us-east-2]", "all"))

    done = plan(broker, "-json")

    (told,) = findings(done)
    assert done.returncode == 6
    (hint,) = (line for line in told["detail"].splitlines() if "relay" in line)
    assert hint.startswith("fails only latency: aws/ap-northeast-2/")
    assert hint.endswith(", bound 150 ms; via gcp/asia-northeast3 106.4 ms, if a relay runs there")
