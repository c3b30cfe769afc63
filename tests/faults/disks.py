"""Applies a fleet to a disk that fills up, or is closed, at each moment at which something is written.

    python -m tests.faults.disks full FOLDER      prints what came of each case, in JSON

The state, the lock and the journal are the real ones, in FOLDER; the engine and its cloud are in memory.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from broker.cli.exit_codes import exit_code_of
from broker.domain.errors import BrokerError
from broker.journal.verification import verified
from broker.storage.clock import SystemClock
from broker.storage.holders import Holder, ThisProcess
from broker.storage.journal_store import JournalFile
from broker.storage.leases import LeaseFile
from broker.storage.state_store import StateFile
from broker.usecases.operation import Means
from tests.fakes.changing import Desk, assert_made_once, codes
from tests.fakes.keys import Believing, FixedKey
from tests.fakes.small_disk import clear, fill
from tests.fakes.specs import TINY

KEY = FixedKey()
RENEWALS = 20

MOMENTS = (
    "start",
    "before-intent:1",
    "after-intent:1",
    "before-state-write:1",
    "after-state-write:1",
    "before-intent:2",
    "after-intent:2",
    "before-state-write:2",
    "after-state-write:2",
    "after-call:1",
    "before-state-write:3",
    "after-state-write:3",
    "after-outcome:1",
    "before-state-write:4",
    "after-state-write:4",
    "after-outcome:2",
)
"""What an apply passes; a test holds that these are all."""


def make_closed(folder: Path) -> None:
    """Let nothing in *folder* be written."""
    for path in (*folder.rglob("*"), folder):
        with suppress(FileNotFoundError):
            path.chmod(path.stat().st_mode & ~0o222)


def make_open(folder: Path) -> None:
    """Let everything in *folder* be written."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)


Act = Callable[[Path], None]

TROUBLES: Mapping[str, tuple[Act, Act, bool]] = {
    "full": (fill, clear, False),
    "full for good": (fill, clear, True),
    "closed": (make_closed, make_open, False),
}
"""How a disk is spoilt and mended, and whether again at each later moment: what was kept back is gone too."""


@dataclass
class Spoiler:
    """Spoils *folder* at a moment; *passed* are the moments by now."""

    moment: str
    folder: Path
    spoil: Act
    is_for_good: bool
    passed: list[str] = field(default_factory=list)
    _times: Counter[str] = field(default_factory=Counter)
    _has_begun: bool = False

    def __call__(self, name: str) -> None:
        self._times[name] += 1
        moment = name if name == "start" else f"{name}:{self._times[name]}"
        self.passed.append(moment)
        if moment == self.moment or (self._has_begun and self.is_for_good):
            self._has_begun = True
            self.spoil(self.folder)


class OnlyProcess(ThisProcess):
    """Knows that the runs before it have ended; all of them are this very process here."""

    def is_dead(self, holder: Holder) -> bool:
        return True


@dataclass
class DeskOnDisk(Desk):
    """One whose state, lock and journal are in *disk*."""

    disk: Path = Path()

    @property
    def states(self) -> StateFile:  # type: ignore[override]
        return StateFile(self.disk, self.folder.clock)

    @property
    def written(self) -> JournalFile:
        return JournalFile(self.disk, KEY, self.folder.clock)

    def means(self) -> Means:
        locks = LeaseFile(self.disk, self.folder.clock, process=OnlyProcess())
        return replace(super().means(), states=self.states, locks=locks, journal=self.written)


def desk_in(disk: Path) -> DeskOnDisk:
    """A desk with a tiny fleet, the spec on a disk that lasts."""
    disk.mkdir()
    fleet = disk.parent.parent / f"{disk.name}.yaml"
    fleet.write_text(TINY)
    return DeskOnDisk(fleet, disk=disk)


def moments_in(disk: Path) -> list[str]:
    """All that an apply passes where nothing is amiss."""
    desk = desk_in(disk)
    spoiler = Spoiler("", disk, fill, is_for_good=False)
    spoiler("start")
    desk.failpoint = spoiler
    desk.apply()
    return spoiler.passed


def renewals_in(disk: Path) -> int:
    """How often a lock is renewed where there is no room for anything."""
    locks = LeaseFile(disk, SystemClock())
    with locks.held("apply", who="me@here") as lease:
        fill(disk)
        for _ in range(RENEWALS):
            locks.renew(lease)
        held = locks.current()
        assert held is not None
        assert held.id == lease.id
    assert locks.current() is None
    clear(disk)
    return RENEWALS


def verdict(trouble: str, moment: str, disk: Path) -> dict[str, Any]:
    """What an apply comes to that meets *trouble* at *moment*, and the same apply after that."""
    spoil, mend, is_for_good = TROUBLES[trouble]
    desk = desk_in(disk)
    spoiler = Spoiler(moment, disk, spoil, is_for_good)
    desk.failpoint = spoiler
    told: dict[str, Any] = {"exit": 0, "codes": [], "hint": ""}
    try:
        spoiler("start")
        desk.apply()
    except BrokerError as error:
        hint = error.diagnostics[-1].hint
        told = {"exit": int(exit_code_of(error)), "codes": codes(error), "hint": hint}
    told |= {"made": desk.provisioner.names()}
    mend(disk)
    spoiler.is_for_good = False
    desk.apply()
    assert_made_once(desk)
    journal = desk.written
    journal.checkpoint()
    checked = verified(journal.rows(), journal.notes(), Believing(KEY))
    return {**told, "is_signed": checked.signed_size == checked.size}


def main() -> None:
    """Print what is passed, and a verdict for each moment; on a disk that fills up, what a lock needs of it."""
    trouble, folder, numbers = sys.argv[1], Path(sys.argv[2]), count()
    told: dict[str, Any] = {"passed": moments_in(folder / f"{next(numbers)}")}
    if trouble == "full":
        told["renewals"] = renewals_in(folder / f"{next(numbers)}")
    told["verdicts"] = {
        moment: verdict(trouble, moment, folder / f"{next(numbers)}") for moment in MOMENTS
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
