"""The clock of the machine."""

from datetime import UTC, datetime

from broker.ports.clock import Clock


class SystemClock:
    """Tells the time of this computer, in UTC."""

    def now(self) -> datetime:
        """The instant."""
        return datetime.now(UTC)  # noqa: TID251  # the one place that may ask


_: type[Clock] = SystemClock
