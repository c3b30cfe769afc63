"""`broker explain` over the bundled catalog, through the command line only."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Broker

STARTUP = ROOT / "examples" / "startup"
WORKLOADS = ("api", "finetune", "embed-documents")


ANSWERS: dict[tuple[str, ...], str] = {}
"""What was printed once for the example, which does not change while tests run."""


def explained(broker: Broker, workload: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        printed(broker, "explain", workload, str(STARTUP), "-json")
    )
    return document


def printed(broker: Broker, *arguments: str) -> str:
    if arguments not in ANSWERS:
        done = broker(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
        ANSWERS[arguments] = done.stdout
    return ANSWERS[arguments]


def planned(broker: Broker) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(printed(broker, "plan", str(STARTUP), "-json"))
    return document


def test_people_read_the_choice_the_next_best_and_the_cheaper(broker: Broker) -> None:
    done = broker("explain", "api", cwd=STARTUP)

    assert (done.returncode, done.stderr) == (0, "")
    blocks = done.stdout.split("\n\n")
    heads = [block.splitlines()[0] for block in blocks]
    assert heads[0] == (
        "broker explain api   3 x 1 L4 or A10G, always, on-demand, 40 ms to customers"
    )
    assert heads[1].startswith("Chosen, of ")
    assert heads[2] == "Next best: what the whole fleet would cost more, solved anew with each"
    assert heads[3].startswith("Cheaper than its $")
    assert heads[4] == "Limits: what the fleet would cost less a month with more of them"
    assert heads[5].startswith("Offers taken away by each rule: accelerator ")
    assert "\x1b" not in done.stdout
    assert max(map(len, blocks[2].splitlines())) <= 120


@pytest.mark.parametrize("workload", WORKLOADS)
def test_it_is_the_plan_that_is_explained(broker: Broker, workload: str) -> None:
    document, plan = explained(broker, workload), planned(broker)

    same = ("cluster", "provider", "region", "machine_type", "capacity_type", "replicas", "nodes")
    placed = [p for p in plan["placements"] if p["workload"] == workload]
    assert document["workload"] == workload
    assert [{key: p[key] for key in same} for p in document["chosen"]] == [
        {key: p[key] for key in same} for p in placed
    ]
    assert document["solver"]["objective"] == plan["solver"]["objective"]
    assert document["solver"]["bound"] == plan["solver"]["bound"]


@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_offer_is_lawful_or_counted_under_a_rule(broker: Broker, workload: str) -> None:
    document = explained(broker, workload)

    assert document["lawful"] + sum(document["excluded"].values()) == document["offers"]
    assert document["lawful"] > len(document["chosen"])


@pytest.mark.parametrize("workload", WORKLOADS)
def test_runners_up_cost_more_and_come_in_order(broker: Broker, workload: str) -> None:
    document = explained(broker, workload)
    changes = [Decimal(move["fleet_change"]["total"]) for move in document["runners_up"]]
    objective = Decimal(document["solver"]["objective"])

    assert changes == sorted(changes)
    assert 5 <= len(changes) <= 6
    # No move can save more than what the proof leaves open.
    assert changes[0] >= Decimal(document["solver"]["bound"]) - objective
    for move in document["runners_up"]:
        parts = dict(move["fleet_change"])
        assert parts.pop("proof") == "exact"
        total = Decimal(parts.pop("total"))
        assert sum(map(Decimal, parts.values())) == total


@pytest.mark.parametrize("workload", WORKLOADS)
def test_each_cheaper_offer_has_its_rule(broker: Broker, workload: str) -> None:
    document = explained(broker, workload)
    alone = [Decimal(row["alone"]) for row in document["cheaper"]]

    assert alone
    assert alone == sorted(alone)
    assert alone[-1] < Decimal(document["chosen_alone"])
    for row in document["cheaper"]:
        assert row["rule"] in {*document["excluded"], "cost"}
        assert row["reason"] or row["fleet_change"]


def test_the_rules_say_what_the_spec_says(broker: Broker) -> None:
    reasons = {
        (row["rule"], row["region"]): row["reason"] for row in explained(broker, "api")["cheaper"]
    }

    assert reasons["capacity-type", "us-east4"].endswith("the workload accepts on-demand")
    assert reasons["scope", "europe-west4"] == (
        "region gcp/europe-west4 is not among the fleet's regions"
    )
    assert reasons["latency", "us-west1"].startswith("round trip to customers ")
    assert reasons["latency", "us-west1"].endswith(" ms, bound 40 ms")


def test_the_same_question_has_the_same_answer(broker: Broker) -> None:
    asked = ("explain", "finetune", str(STARTUP), "-json")
    first = broker(*asked, env={"PYTHONHASHSEED": "1"})
    second = broker(*asked, env={"PYTHONHASHSEED": "2"})

    assert first.stdout == second.stdout


def test_a_wrong_name_is_told_with_a_suggestion(broker: Broker) -> None:
    done = broker("explain", "fine-tune", str(STARTUP))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: The fleet startup has no workload named fine-tune  [workload-unknown]\n"
        "  on fine-tune\n"
        "  hint: Did you mean finetune?\n"
    )


def test_a_name_like_no_other_is_told_with_all_names(broker: Broker) -> None:
    done = broker("explain", "zzz", str(STARTUP), "-json")

    (told,) = json.loads(done.stdout)["diagnostics"]
    assert done.returncode == 1
    assert told["hint"] == "It has api, embed-documents, finetune."


def test_a_workload_must_be_named(broker: Broker) -> None:
    done = broker("explain", cwd=STARTUP)

    assert done.returncode == 1
    assert "WORKLOAD" in done.stderr


def test_what_runs_already_is_taken_from_a_saved_plan(broker: Broker, tmp_path: Path) -> None:
    """It stays where it runs, so the cheaper offer is told with what a move would weigh."""
    fleet = (STARTUP / "fleet.yaml").read_text()
    dear = fleet.replace("regions: [us-central1, us-east4, us-west1]", "regions: [us-west1]")
    patient = "objective: {stability: 0.5}\n"
    (tmp_path / "fleet.yaml").write_text(dear)
    assert broker("plan", "-out=west.plan").returncode == 0
    (tmp_path / "fleet.yaml").write_text(fleet.replace("budget:", f"{patient}budget:"))

    fresh = json.loads(broker("explain", "finetune", "-json").stdout)
    done = broker("explain", "finetune", "-against=west.plan", "-json")
    document = json.loads(done.stdout)

    assert (done.returncode, done.stderr) == (0, "")
    assert fresh["chosen"][0]["region"] == "us-central1"
    assert document["chosen"][0]["region"] == "us-west1"
    weighed = {m["region"]: m["fleet_change"]["moves_weighed"] for m in document["runners_up"]}
    assert Decimal(weighed["us-central1"]) > 300
    assert {m["fleet_change"]["moves_weighed"] for m in fresh["runners_up"]} == {"0.00"}


def test_a_plan_to_compare_with_must_be_one(broker: Broker, tmp_path: Path) -> None:
    (tmp_path / "west.plan").write_text("{")

    done = broker("explain", "api", str(STARTUP), "-against=west.plan")

    assert (done.returncode, done.stdout) == (1, "")
    assert "west.plan" in done.stderr


def test_changes_and_what_they_come_to_are_told_for_runners_up_and_cheaper_offers(
    broker: Broker,
) -> None:
    documents = [explained(broker, workload) for workload in WORKLOADS]

    told = [win for d in documents for move in d["runners_up"] for win in move["wins_with"]]
    wins = [row["wins_with"] for d in documents for row in d["cheaper"] if row["wins_with"]]
    lifted = [win for win in wins if win["kind"] == "rules"]
    assert {win["result"] for win in told} <= {"least", "outdone", "enough"}
    for win in told:
        if win["kind"] == "price" and win["result"] == "least":
            assert Decimal(win["price"]) < Decimal(win["not_with_price"])
    assert {win["result"] for win in lifted} == {"least", "outdone", "not-enough"}
    for win in lifted:
        assert (Decimal(win["fleet_change"]) < 0) == (win["result"] != "not-enough")


@pytest.mark.parametrize("workload", ["finetune", "embed-documents"])
def test_what_would_be_refused_of_work_that_ends_is_not_told(broker: Broker, workload: str) -> None:
    cheaper = explained(broker, workload)["cheaper"]

    assert cheaper
    assert "reserved" not in {row["capacity_type"] for row in cheaper}


def test_an_offer_that_apart_rules_out_is_told(broker: Broker, tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text(APART)

    done = broker("explain", "far")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "broker explain far   1 x 1 L4, always, on-demand, in EU, apart from web\n"
    )
    assert "      apart: far and web are both in gcp/europe-west4\n" in done.stdout
    assert "      wins with far not apart from web: the fleet saves " in done.stdout


APART = """
apiVersion: broker/v1
fleet: two
owner: ops
providers: {gcp: {regions: [europe-west1, europe-west4]}}
workloads:
  - {name: web, kind: inference, accelerators: {model: L4, count: 1}, residency: [NL]}
  - {name: far, kind: inference, accelerators: {model: L4, count: 1}, residency: [EU], apart: [web]}
"""
