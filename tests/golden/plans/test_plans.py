"""Plans as people and programs read them, whole.

`GOLDEN=write pytest tests/golden` writes the files anew: read the difference before committing it.
"""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from broker.cli.render.plan import Page, render_plan, saved_note, unsaved_note
from broker.cli.render.style import Style
from broker.domain.canonical import digest
from broker.domain.fleet import Fleet
from broker.domain.ids import ZoneId
from broker.domain.spec import OnBreach
from broker.planning.diff import diff
from broker.planning.document import Plan, document
from tests.fakes import fleets

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 25, 3, 30, tzinfo=UTC)
WIDTH = 100

BASE = fleets.research()
OTHER_ZONE = replace(fleets.P5_SPOT, zone=ZoneId("use1-az6"))


def plan_of(desired: Fleet, recorded: Fleet | None = None, **settings: Any) -> dict[str, Any]:
    saving = settings.pop("saving", "0")
    return document(
        Plan(
            spec=fleets.spec(**settings),
            snapshot=fleets.snapshot(),
            solution=fleets.solution(desired, saving=saving),
            recorded=recorded,
            recorded_digest=None if recorded is None else "sha256:" + "a" * 64,
            changes=diff(desired, recorded),
            broker_version="0.1.0",
        )
    )


def without(recorded: Fleet, team: str) -> Fleet:
    """*recorded* without the clusters in which *team* alone runs anything, and its data."""
    gone = {p.cluster for p in recorded.placements if p.team == team} - {
        p.cluster for p in recorded.placements if p.team != team
    }
    return Fleet(
        clusters=tuple(c for c in recorded.clusters if c.name not in gone),
        placements=tuple(p for p in recorded.placements if p.cluster not in gone),
        replicas=(),
        cloud_fixed_monthly=(),
    )


PLANS = {
    "new": plan_of(BASE),
    "no-changes": plan_of(BASE, BASE),
    "update": plan_of(fleets.research(training_nodes=20), BASE),
    "replace": plan_of(fleets.research(training=OTHER_ZONE), BASE),
    "delete": plan_of(without(BASE, "foundation"), BASE),
    "unknown-price": plan_of(fleets.research(overhead_in_gcp=None), BASE),
    "budget-warn": plan_of(BASE, budget="100000", on_breach=OnBreach.WARN),
    "not-proven": plan_of(BASE, saving="1234.50"),
}


def compare(name: str, text: str) -> None:
    file = HERE / name
    if os.environ.get("GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def rendered(plan: dict[str, Any], style: Style | None = None, width: int = WIDTH) -> str:
    return render_plan(plan, Page(now=NOW, style=style or Style(), width=width))


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_reads_as_it_should(name: str) -> None:
    compare(f"{name}.txt", rendered(PLANS[name]))


def test_a_plan_in_colour() -> None:
    compare("replace.ansi", rendered(PLANS["replace"], Style(on=True)))


def test_a_plan_for_programs() -> None:
    compare("new.json", json.dumps(PLANS["new"], indent=2) + "\n")


def test_a_saved_plan_says_where_it_is() -> None:
    compare("saved.txt", saved_note("train.plan", digest(PLANS["new"])))


def test_a_plan_that_was_not_saved_says_so() -> None:
    compare("unsaved.txt", unsaved_note())


@pytest.mark.parametrize("width", [80, WIDTH])
@pytest.mark.parametrize("name", PLANS)
def test_no_line_is_too_long_or_coloured_or_ends_in_spaces(name: str, width: int) -> None:
    for line in rendered(PLANS[name], width=width).splitlines():
        assert len(line) <= width
        assert "\x1b" not in line
        assert line == line.rstrip()


def test_colour_changes_no_letter() -> None:
    coloured = rendered(PLANS["replace"], Style(on=True))
    for code in ("0", "1", "31", "32", "33", "36"):
        coloured = coloured.replace(f"\x1b[{code}m", "")

    assert coloured == rendered(PLANS["replace"])


def test_a_plan_file_can_not_move_the_cursor() -> None:
    plan = PLANS["new"] | {"owner": "\x1b[2J\x9b1A\N{RIGHT-TO-LEFT OVERRIDE}ml"}

    text = rendered(plan)

    assert "owner \N{REPLACEMENT CHARACTER}[2J" in text
    assert all(char.isprintable() or char == "\n" for char in text)
