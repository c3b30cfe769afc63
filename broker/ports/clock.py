"""What time it is."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only source of the present; tests stop it."""

    def now(self) -> datetime:
        """The instant, in UTC, with its time zone."""
        ...
