"""A process that is killed while it notes things down loses nothing that it was told is kept."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.journal.verification import verified
from broker.storage.clock import StoppedClock
from broker.storage.journal_store import JournalFile
from broker.storage.object_journal import JournalObjects
from stacks.objects.gcs import GoogleObjects
from tests.conftest import ROOT
from tests.fakes.google_storage import google_storage, lead_to
from tests.fakes.keys import Believing
from tests.unit.storage.test_journal_store import KEY, NOW, journal_in

APPENDER = """
import sys
from dataclasses import replace
from tests.faults.test_journal_killed import opened
from tests.unit.storage.test_journal_store import ENTRY
journal = opened(sys.argv[1])
number = 0
while True:
    index = journal.append(replace(ENTRY, subject=f"{sys.argv[2]}-{number}", detail={"n": "x" * 500}))
    print(index, f"{sys.argv[2]}-{number}", flush=True)
    number += 1
    if number % 7 == 0:
        journal.checkpoint()
"""

ROUNDS = 20
ROUNDS_IN_A_BUCKET = 8
"""Each process has to load the library of the cloud first."""


def opened(place: str) -> JournalFile | JournalObjects:
    if place.startswith("gs://"):
        return JournalObjects(GoogleObjects(place), KEY, StoppedClock(NOW))
    return journal_in(Path(place))


@pytest.fixture(params=["folder", "bucket"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    if request.param == "folder":
        yield str(tmp_path)
        return
    with google_storage() as (service, url):
        lead_to(url, monkeypatch)
        service.buckets["fleet"] = {}
        yield "gs://fleet/research"


def appender(place: str, name: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", APPENDER, place, name],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def killed(process: "subprocess.Popen[str]", after: int) -> list[list[str]]:
    """What *process* was told is kept, when it was killed once that was so many entries."""
    assert process.stdout is not None
    told = []
    try:
        while len(told) < after:
            line = process.stdout.readline()
            assert line, "it ended by itself"
            told.append(line.split())
    finally:
        process.send_signal(signal.SIGKILL)
    told += [
        line.split() for line in process.stdout.read().splitlines(keepends=True) if line[-1] == "\n"
    ]
    process.stdout.close()
    process.wait()
    return told


@pytest.mark.parametrize("others", [0, 1], ids=["alone", "beside another"])
def test_nothing_that_was_kept_is_lost(place: str, others: int) -> None:
    acknowledged: dict[int, str] = {}
    rounds = ROUNDS_IN_A_BUCKET if "://" in place else ROUNDS
    beside = [appender(place, f"other{n}") for n in range(others)]
    try:
        for turn in range(rounds):
            told = killed(appender(place, f"turn{turn}"), after=1 + turn)
            for index, subject in told:
                assert int(index) not in acknowledged
                acknowledged[int(index)] = subject
    finally:
        for process in beside:
            acknowledged |= {int(index): subject for index, subject in killed(process, after=0)}

    journal = opened(place)
    subjects = [entry.subject for entry in journal.entries()]
    journal.checkpoint()
    verdict = verified(journal.rows(), journal.notes(), Believing(KEY))

    sys.stdout.write(f"{rounds} kills: {len(acknowledged)} kept, {verdict.size} found\n")
    assert {index: subjects[index] for index in acknowledged} == acknowledged
    assert len(subjects) - len(acknowledged) <= rounds + others  # one more may have been under way
    assert verdict.signed_size == verdict.size
