"""A disk that fills up while the real engine works: it ends soon, and the same command goes on with what is there."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from stacks.sandbox.ledger import Ledger
from tests.conftest import ROOT
from tests.fakes.engine_processes import until
from tests.fakes.small_disk import SmallDisk, small_disk
from tests.faults.kill_matrix import Case, Yard, yard

PATIENCE_SECONDS = 120.0
"""Without room for its record, the engine alone would take twice as long."""

FILLED_AFTER = 14
"""So many resources are there when the disk fills up, of about fifty."""


class YardOnDisk(Yard):
    """A yard whose fleet is recorded in a workspace that is a small disk; its cloud is elsewhere."""

    def __init__(self, folder: Path, disk: SmallDisk) -> None:
        super().__init__(folder)
        self._disk = disk
        self._environment |= {"BROKER_WORKSPACE": "small", "PYTHONPATH": str(ROOT)}

    def run(self, *words: str, **armed: str) -> "subprocess.CompletedProcess[str]":
        """One command to its end."""
        return subprocess.run(
            self._disk.inside([sys.executable, "-m", "broker", *words], self.folder),
            env={**self._environment, **armed},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )

    def count(self) -> int:
        """How many resources there are."""
        with Ledger(self.ledger_folder) as ledger:
            return len(ledger.resources())

    @contextmanager
    def full(self) -> Iterator[None]:
        """Have no room from the beginning."""
        self._disk.fill()
        try:
            yield
        finally:
            self._disk.clear()

    @contextmanager
    def filling_up(self, *, is_for_good: bool) -> Iterator[None]:
        """Fill the disk in the middle of what is done in the block; again and again, if it is for good."""
        has_ended = Event()

        def fill() -> None:
            until(lambda: has_ended.is_set() or self.count() >= FILLED_AFTER, PATIENCE_SECONDS)
            self._disk.fill()
            while is_for_good and not has_ended.wait(0.02):
                self._disk.fill()

        thread = Thread(target=fill)
        thread.start()
        try:
            yield
        finally:
            has_ended.set()
            thread.join()
            self._disk.clear()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[YardOnDisk]:
    folder = tmp_path_factory.mktemp("full")
    with yard(folder) as around:
        assert around.run("workspace", "new", "small").returncode == 0
        with small_disk(around.ledger_folder / "workspaces" / "small") as disk:
            yield YardOnDisk(folder, disk)


@pytest.mark.parametrize("is_for_good", [False, True], ids=["once", "for good"])
def test_it_ends_with_4_what_was_done_and_the_command_that_goes_on(
    place: YardOnDisk,
    is_for_good: bool,  # noqa: FBT001
) -> None:
    assert place.run("destroy", "-auto-approve").returncode == 0
    with place.filling_up(is_for_good=is_for_good):
        stopped = place.run("apply", "-auto-approve", "-refresh=false")

    assert stopped.returncode == 4, stopped.stdout + stopped.stderr
    assert "The disk is full: no room to write" in stopped.stderr
    assert re.search(r"Done in the cloud by then: \d+ changes?\.", stopped.stderr)
    assert "lock-lost" not in stopped.stderr
    (command,) = re.findall(r"Go on with: broker (.*)", stopped.stderr)

    resumed = place.run(*shlex.split(command))

    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    verdict = place.judged(Case(name="full", verb="apply"), 0, 2, "")
    assert (verdict.lost, verdict.orphaned, verdict.duplicated) == ([], [], [])
    assert place.run("plan", "-detailed-exitcode").returncode == 0


@pytest.mark.parametrize("verb", ["apply", "destroy"])
def test_on_a_disk_that_is_full_nothing_is_begun(place: YardOnDisk, verb: str) -> None:
    there, recorded = place.count(), place.run("state", "pull").stdout
    with place.full():
        refused = place.run(verb, "-auto-approve")

    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert "[disk-full]" in refused.stderr
    assert (place.count(), place.run("state", "pull").stdout) == (there, recorded)
