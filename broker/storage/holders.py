"""Which process holds a lock, and whether it still lives."""

import getpass
import os
import time
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One process of one start of one computer.

    *boot* and *space* (of process ids: containers have their own) are empty where the computer does
    not tell them; then nobody else can say whether the process lives. *started* is in clock ticks
    since the boot: a process id is given to another process later, with another start.
    """

    boot: str
    space: str
    pid: int
    started: int


class ThisProcess:
    """The process at hand, and what it sees of others."""

    def holder(self) -> Holder:
        """Itself."""
        return Holder(
            boot=_text(PROC / "sys/kernel/random/boot_id"),
            space=_space(),
            pid=os.getpid(),
            started=_started(os.getpid()) or 0,
        )

    def shares_clock(self, other: Holder) -> bool:
        """Whether `monotonic` means the same to *other*: it runs since the same boot."""
        here = self.holder()
        return bool(here.boot) and here.boot == other.boot

    def is_dead(self, other: Holder) -> bool:
        """Whether *other* has certainly ended; false where that can not be known."""
        here = self.holder()
        if not (here.boot and here.space) or (here.boot, here.space) != (other.boot, other.space):
            return False
        if not (here.started and other.started):
            return False  # where a process can not see even itself, others may live unseen
        return _started(other.pid) != other.started

    def monotonic(self) -> float:
        """Seconds since some instant, the same one for all processes of a boot; never backwards."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def user_and_computer() -> str:
    """`ann@desk`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a number without a name, in a container
        user = str(os.getuid())
    return f"{user}@{os.uname().nodename}"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _space() -> str:
    try:
        return str((PROC / "self/ns/pid").readlink())
    except OSError:
        return ""


def _started(pid: int) -> int | None:
    """When *pid* began, None if there is no such process, or only its shell is left (a zombie)."""
    try:
        stat = (PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return None
    # The second field is the name, in brackets, which may itself hold brackets and spaces.
    fields = stat.rpartition(b")")[2].split()
    return None if fields[0] in {b"Z", b"X"} else int(fields[19])
