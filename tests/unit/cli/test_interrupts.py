"""Ctrl-C while a fleet is changed: before anything was begun, once, and again at once."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from broker.cli.interrupts import interruptible
from broker.domain.errors import Interrupted
from broker.ports.state import Entry
from broker.storage.clock import StoppedClock
from broker.usecases.operation import Means
from tests.fakes.provisioner import FakeProvisioner
from tests.fakes.state import Folder, MemoryJournal, MemoryLocks, MemoryStates

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ENTRY = Entry(at=NOW, who="me@here", act="apply", phase="intent", subject="x", token="1")  # noqa: S106
PATIENCE_SECONDS = 20.0


@pytest.fixture
def means() -> Means:
    folder = Folder(StoppedClock(NOW))
    return Means(
        provisioner=FakeProvisioner(),
        states=MemoryStates(folder),
        locks=MemoryLocks(folder),
        journal=MemoryJournal(),
        clock=folder.clock,
        who="me@here",
        place=".broker",
    )


def press(*signals: signal.Signals) -> None:
    for number in signals:
        os.kill(os.getpid(), number)


def worked_meanwhile(until: Callable[[float], bool], *signals: signal.Signals) -> bool:
    """Whether a worker sees the end that it waits for, while the main thread waits for the worker."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(press, *signals)
        return pool.submit(until, PATIENCE_SECONDS).result()


def test_before_anything_is_begun_it_ends(means: Means) -> None:
    with pytest.raises(Interrupted) as ended, interruptible(means):
        press(signal.SIGINT)

    assert [diagnostic.code for diagnostic in ended.value.diagnostics] == ["interrupted"]


def test_once_something_is_begun_it_asks_those_that_work_to_stop(
    means: Means, capfd: pytest.CaptureFixture[str]
) -> None:
    with interruptible(means) as used:
        used.noted(ENTRY)
        assert worked_meanwhile(used.watch.stop.wait, signal.SIGINT)
        assert not used.watch.stop_now.is_set()

    assert "being finished and recorded" in capfd.readouterr().err


@pytest.mark.parametrize("again", [signal.SIGINT, signal.SIGTERM])
def test_told_twice_in_a_breath_it_stops_at_once(means: Means, again: signal.Signals) -> None:
    with interruptible(means) as used:
        used.noted(ENTRY)
        press(signal.SIGINT)
        assert used.watch.stop.wait(PATIENCE_SECONDS)
        assert worked_meanwhile(used.watch.stop_now.wait, again)


def test_afterwards_signals_do_what_they_did_before(means: Means) -> None:
    before: list[object] = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]

    with interruptible(means), ThreadPoolExecutor(1):
        pass

    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before
    assert signal.set_wakeup_fd(-1) == -1


def test_what_is_noted_is_still_heard(means: Means) -> None:
    heard: list[Entry] = []

    with interruptible(replace(means, noted=heard.append)) as used:
        used.noted(ENTRY)

    assert heard == [ENTRY]
