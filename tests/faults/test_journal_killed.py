"""A process that is killed while it notes things down loses nothing that it was told is kept."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from broker.journal.verification import verified
from tests.conftest import ROOT
from tests.fakes.keys import Believing
from tests.unit.storage.test_journal_store import KEY, journal_in

APPENDER = """
import sys
from dataclasses import replace
from pathlib import Path
from tests.unit.storage.test_journal_store import ENTRY, journal_in
journal = journal_in(Path(sys.argv[1]))
number = 0
while True:
    index = journal.append(replace(ENTRY, subject=f"{sys.argv[2]}-{number}", detail={"n": "x" * 500}))
    print(index, f"{sys.argv[2]}-{number}", flush=True)
    number += 1
    if number % 7 == 0:
        journal.checkpoint()
"""

ROUNDS = 20


def appender(folder: Path, name: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", APPENDER, str(folder), name],
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
def test_nothing_that_was_kept_is_lost(tmp_path: Path, others: int) -> None:
    acknowledged: dict[int, str] = {}
    beside = [appender(tmp_path, f"other{n}") for n in range(others)]
    try:
        for turn in range(ROUNDS):
            told = killed(appender(tmp_path, f"turn{turn}"), after=1 + turn)
            for index, subject in told:
                assert int(index) not in acknowledged
                acknowledged[int(index)] = subject
    finally:
        for process in beside:
            acknowledged |= {int(index): subject for index, subject in killed(process, after=0)}

    journal = journal_in(tmp_path)
    subjects = [entry.subject for entry in journal.entries()]
    journal.checkpoint()
    verdict = verified(journal.rows(), journal.notes(), Believing(KEY))

    sys.stdout.write(f"{ROUNDS} kills: {len(acknowledged)} kept, {verdict.size} found\n")
    assert {index: subjects[index] for index in acknowledged} == acknowledged
    assert len(subjects) - len(acknowledged) <= ROUNDS + others  # one more may have been under way
    assert verdict.signed_size == verdict.size
