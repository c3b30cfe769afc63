"""A disk that fills up, or is closed, at each write: it ends soon, says so, and goes on once that is mended."""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.fakes.small_disk import small_disk
from tests.faults.bad_yard import as_anybody
from tests.faults.disks import MOMENTS, RENEWALS, TROUBLES

PATIENCE_SECONDS = 600.0

CODES = {
    "full": {"disk-full"},
    "full for good": {"disk-full"},
    "closed": {"output-unwritable", "journal-unwritable"},
}

Told = Callable[[str], dict[str, Any]]


def on_full_disk(words: list[str], disk: Path) -> str:
    with small_disk(disk) as made:
        return run(made.inside(words, ROOT))


def on_closed_disk(words: list[str]) -> str:
    return run(words, preexec_fn=as_anybody)


def run(words: list[str], **more: Any) -> str:
    done = subprocess.run(
        words,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
        **more,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """What came of all cases of one trouble, which run in one process."""

    @cache
    def of(trouble: str) -> dict[str, Any]:
        disk = tmp_path_factory.mktemp("spoilt") / "disk"
        disk.mkdir()
        words = [sys.executable, "-m", "tests.faults.disks", trouble, str(disk)]
        said = on_closed_disk(words) if trouble == "closed" else on_full_disk(words, disk)
        found: dict[str, Any] = json.loads(said)
        return found

    return of


def test_these_are_all_moments_of_an_apply(told: Told) -> None:
    assert told("full")["passed"] == list(MOMENTS)


def test_a_lock_is_renewed_and_given_back_without_any_room(told: Told) -> None:
    assert told("full")["renewals"] == RENEWALS


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_it_says_what_was_done_and_how_to_go_on_and_the_next_apply_finishes(
    told: Told, trouble: str, moment: str
) -> None:
    verdict = told(trouble)["verdicts"][moment]  # which has finished, with everything made once

    assert verdict["is_signed"]
    if verdict["exit"] == 0:
        assert verdict["made"]
        return
    assert verdict["exit"] == (4 if verdict["made"] else 1)
    assert CODES[trouble] & {*verdict["codes"]}
    if verdict["made"]:
        assert "Go on with: broker " in verdict["hint"]


def test_what_was_done_is_recorded_in_the_room_that_was_kept(told: Told) -> None:
    verdicts = told("full")["verdicts"]

    assert {verdicts[moment]["exit"] for moment in MOMENTS[MOMENTS.index("after-call:1") :]} == {0}


def test_nothing_is_begun_on_a_disk_that_is_full(told: Told) -> None:
    verdicts = told("full")["verdicts"]
    before = MOMENTS[: MOMENTS.index("after-intent:2")]

    assert [verdicts[moment]["made"] for moment in before] == [[]] * len(before)
