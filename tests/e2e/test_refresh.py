"""`broker refresh`, through the command line, over the bundled tables as the cloud that is asked."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Broker

TABLES = {"BROKER_PROVIDERS": "listprices", "BROKER_NOW": "2026-11-25T08:00:00Z"}
STATUSES = {"ok", "denied", "not-opted-in", "throttled", "timeout", "error"}


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_the_coverage_accounts_for_every_region(broker: Broker) -> None:
    done = broker("refresh", env=TABLES)

    assert (done.returncode, done.stderr) == (0, "")
    assert "aws    listprices" in done.stdout
    assert "110 regions: 110 ok." in done.stdout
    assert "Snapshot sha256:" in done.stdout


def test_json_is_a_line_per_region_and_ends_with_the_coverage(broker: Broker) -> None:
    done = broker("refresh", "-json", env=TABLES)

    *regions, complete = lines(done.stdout)
    assert complete["type"] == "refresh_complete"
    assert {line["type"] for line in regions} == {"region_complete"}
    coverage = complete["coverage"]
    assert len(coverage) == len(regions) == 110
    assert {row["status"] for row in coverage} <= STATUSES
    assert sorted((r["provider"], r["region"]) for r in regions) == [
        (row["provider"], row["region"]) for row in coverage
    ]
    assert all(row["age_seconds"] > 0 and row["offers"] > 0 for row in coverage)
    for line in lines(done.stdout):
        assert {"@level", "@message", "@timestamp", "type"} <= line.keys()


def test_the_plan_is_made_from_what_was_refreshed(broker: Broker, tmp_path: Path) -> None:
    fleet = str(ROOT / "examples" / "startup")
    before = json.loads(broker("plan", fleet, "-json", env=TABLES).stdout)
    broker("refresh", env=TABLES)

    after = json.loads(broker("plan", fleet, "-json", env=TABLES).stdout)

    assert after == before, "the same prices give the same plan, wherever they are kept"
    (tmp_path / ".broker" / "snapshot.db").write_bytes(b"damaged" * 1000)
    damaged = broker("plan", fleet, env=TABLES)
    assert damaged.returncode == 1
    assert "[snapshot-damaged]" in damaged.stderr


def test_only_what_is_named_is_asked(broker: Broker) -> None:
    done = broker("refresh", "-region=eu-west-1,aws/us-east-1", "-json", env=TABLES)

    assert [row["region"] for row in lines(done.stdout)[-1]["coverage"]] == [
        "eu-west-1",
        "us-east-1",
    ]


def test_what_moved_is_shown_only_if_asked_for(broker: Broker) -> None:
    first = broker("refresh", "-diff", env=TABLES)
    second = broker("refresh", "-diff", env=TABLES)

    assert "this was the first refresh here" in first.stdout
    assert "Nothing moved since the last refresh." in second.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["-region=us-east-19"], "region-unknown"),
        (["-cloud=nimbus"], "provider-not-installed"),
        (["-deadline=0"], "usage-invalid"),
        (["-parallelism=0"], "usage-invalid"),
    ],
)
def test_a_wrong_argument_is_told_and_nothing_is_kept(
    arguments: list[str], code: str, broker: Broker, tmp_path: Path
) -> None:
    done = broker("refresh", *arguments, env=TABLES)

    assert done.returncode == 1
    assert f"[{code}]" in done.stderr
    assert not (tmp_path / ".broker").exists()


def test_a_provider_that_is_not_installed_is_told(broker: Broker) -> None:
    done = broker("refresh", env={"BROKER_PROVIDERS": "nimbus"})

    assert done.returncode == 1
    assert "[provider-not-installed]" in done.stderr


def test_a_folder_that_can_not_be_made_is_told(broker: Broker, tmp_path: Path) -> None:
    (tmp_path / ".broker").write_text("in the way")

    done = broker("refresh", env=TABLES)

    assert done.returncode == 1
    assert "[output-unwritable]" in done.stderr


def test_the_history_begins_with_the_first_refresh(broker: Broker) -> None:
    before = broker("offers", "-history=p5*", "-region=us-east-1", env=TABLES)
    broker("refresh", env=TABLES)
    after = broker("offers", "-history=P5.48*", "-region=us-east-1", "-json", env=TABLES)

    assert before.stdout.startswith("No price of these is in the history yet")
    unheard_of = broker("offers", "-history=p5.4xlarg", env=TABLES)
    assert unheard_of.stdout.startswith("No offer matches, of ")
    (history,) = json.loads(after.stdout).values()
    assert {one["offer"].split("/")[-2] for one in history} == {"p5.48xlarge"}
    assert all(len(one["changes"]) == 1 for one in history)
