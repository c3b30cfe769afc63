"""A plan rests on what it was given: it refuses, or says, what it could not trust."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.conftest import Broker

HEAD = "apiVersion: broker/v1\nfleet: f\nowner: ml\n"
L4 = """\
workloads:
  - {name: chat, kind: inference, accelerators: {model: T4, count: 1}}
"""
EMPTY_REGION = "ap-southeast-6"
"""A region of AWS that is known, and where no source states the price of an accelerator."""


def write(folder: Path, middle: str, workloads: str = L4) -> None:
    (folder / "fleet.yaml").write_text(HEAD + middle + workloads)


def regions(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 0, done.stdout + done.stderr
    return [placement["region"] for placement in json.loads(done.stdout)["placements"]]


def findings(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done.stdout)["diagnostics"]
    return found


def test_a_government_region_that_is_named_is_planned(broker: Broker, tmp_path: Path) -> None:
    write(tmp_path, "providers: {aws: {regions: [us-gov-west-1]}}\n")

    assert regions(broker("plan", "-json")) == ["us-gov-west-1"]


def test_all_never_means_a_government_region(broker: Broker, tmp_path: Path) -> None:
    law = "workloads:\n  - {name: chat, kind: inference, residency: [US-GOV], "
    write(tmp_path, "providers: {aws: {regions: all}}\n", f"{law}accelerators: {{model: T4}}}}\n")

    done = broker("plan", "-json")

    assert done.returncode == 6
    (told,) = findings(done)
    assert told["code"] == "no-lawful-offer"
    assert "scope" in told["detail"].splitlines()[0]


def test_a_region_that_is_named_and_not_covered_stops_the_plan(
    broker: Broker, tmp_path: Path
) -> None:
    write(tmp_path, f"providers: {{aws: {{regions: [us-east-1, {EMPTY_REGION}]}}}}\n")

    refused, explained = broker("plan", "-json", "-out=a.plan"), broker("explain", "chat", "-json")

    for done in (refused, explained):
        assert done.returncode == 1
        (told,) = findings(done)
        assert (told["code"], told["severity"]) == ("region-not-covered", "error")
        assert told["range"]["start"]["line"] == 4
        assert "-accept-missing-regions" in told["hint"]
    assert not (tmp_path / "a.plan").exists()


def test_a_gap_that_is_accepted_is_a_warning_and_in_the_plan(
    broker: Broker, tmp_path: Path
) -> None:
    write(tmp_path, f"providers: {{aws: {{regions: [us-east-1, {EMPTY_REGION}]}}}}\n")

    done = broker("plan", "-json", "-accept-missing-regions")
    shown = broker("plan", "-accept-missing-regions")

    assert regions(done) == ["us-east-1"]
    assert "Warning: " in done.stderr
    assert "[region-not-covered]" in done.stderr
    coverage = json.loads(done.stdout)["coverage"]
    assert coverage["missing"] == [
        {"region": f"aws/{EMPTY_REGION}", "status": "not-asked", "source": None}
        | {"offers": 0, "oldest": None}
    ]
    assert [cloud["regions_total"] for cloud in coverage["clouds"]] == [2]
    assert f"no answer from aws/{EMPTY_REGION} (not-asked)" in shown.stdout


def test_a_quota_that_counts_nothing_is_told_beside_the_plan(
    broker: Broker, tmp_path: Path
) -> None:
    quotas = "quotas: [{at: aws, machine-type: g4dn.xlrage, limit: {nodes: 0}}]\n"
    write(tmp_path, f"providers: {{aws: {{regions: [us-east-1]}}}}\n{quotas}")

    planned, explained = broker("plan", "-json"), broker("explain", "chat", "-json")

    assert regions(planned) == ["us-east-1"]
    for done in (planned, explained):
        assert "Warning: The quota aws g4dn.xlrage nodes counts no offer" in done.stderr
        assert "fleet.yaml:5:10" in done.stderr
        assert "hint: Did you mean `g4dn.xlarge`?" in done.stderr
