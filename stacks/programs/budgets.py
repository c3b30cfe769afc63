"""When the alarm of a member's monthly budget rings, on every cloud."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Rings at *percent* of the budget, spent or, if *is_forecast*, expected by the month's end."""

    percent: int
    is_forecast: bool = False


ALARMS = (Alarm(percent=80), Alarm(percent=100), Alarm(percent=100, is_forecast=True))
