"""The clock of the machine, and one that stands still."""

from dataclasses import dataclass
from datetime import UTC, datetime

from broker.ports.clock import Clock


class SystemClock:
    """Tells the time of this computer, in UTC."""

    def now(self) -> datetime:
        """The instant."""
        return datetime.now(UTC)  # noqa: TID251  # the one place that may ask


@dataclass(frozen=True, slots=True)
class StoppedClock:
    """Tells the same *instant* for ever, so that two outputs can be compared."""

    instant: datetime

    def now(self) -> datetime:
        """The instant."""
        return self.instant


_: tuple[type[Clock], ...] = (SystemClock, StoppedClock)
