"""Processes that hold locks, with clocks that tests move."""

from dataclasses import dataclass, field

from broker.storage.holders import Holder, ThisProcess


@dataclass
class Anyone(ThisProcess):
    """A process somewhere, with a clock that tests move; *dead* are process ids that have ended."""

    boot: str = "boot-1"
    pid: int = 1
    seconds: float = 1000.0
    dead: set[int] = field(default_factory=set)

    def holder(self) -> Holder:
        return Holder(boot=self.boot, space="space", pid=self.pid, started=7)

    def is_dead(self, other: Holder) -> bool:
        return other.boot == self.boot and other.pid in self.dead

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
