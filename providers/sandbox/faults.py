"""What goes wrong in a sandbox cloud: in which region, in which way, how often."""

import random
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """The ways in which a cloud fails."""

    THROTTLED = "throttled"
    """Too many requests, with the seconds to wait (Retry-After)."""
    UNAVAILABLE = "unavailable"
    """503: the service fails."""
    HANG = "hang"
    """The connection is taken and nothing is ever said."""
    TRUNCATED = "truncated"
    """The reply ends in its middle."""
    LOOP = "loop"
    """The token of the next page leads back to a page that was read already."""
    DENIED = "denied"
    """The credentials may not ask this."""
    NOT_OPTED_IN = "not-opted-in"
    """The account has not switched the region on."""
    STALE = "stale"
    """The region answers with prices of long ago."""
    VANISHED = "vanished"
    """The region is no longer listed."""
    EXPIRED = "expired"
    """The credentials were good and are no more."""
    UNSETTLED = "unsettled"
    """What one answer lists, the next does not know yet (eventual consistency)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """*kind* in *region*: for the first *times* requests of it, or for ever.

    *after* requests are answered well first.
    """

    region: str
    kind: FaultKind
    times: int | None = None
    after: int = 0


PASSING = (FaultKind.THROTTLED, FaultKind.UNAVAILABLE)
"""Faults that a seed also sows as passing ones: a good adapter overcomes them."""


def sown(regions: Iterable[str], seed: int) -> tuple[Fault, ...]:
    """One region for each kind of fault, chosen by *seed*; the first region is always spared.

    Where there are fewer regions than kinds, the last kinds are left out. Two more regions fail
    twice and recover.
    """
    _, *candidates = sorted(regions)
    chance = random.Random(seed)  # noqa: S311  # for variety, not for secrecy
    chance.shuffle(candidates)
    lasting = [Fault(region=r, kind=k) for r, k in zip(candidates, FaultKind, strict=False)]
    left = candidates[len(lasting) :]
    return (
        *lasting,
        *(Fault(region=r, kind=k, times=2) for r, k in zip(left, PASSING, strict=False)),
    )


class Faults:
    """Counts the requests of each region, and says which fault is due for the next."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self._faults = {fault.region: fault for fault in faults}
        self._seen: dict[str, int] = {}
        self._lock = threading.Lock()

    def due(self, region: str) -> FaultKind | None:
        """The fault of this request, which is counted; None if all is well."""
        fault = self._faults.get(region)
        if fault is None:
            return None
        with self._lock:
            turn = self._seen.get(region, 0)
            self._seen[region] = turn + 1
        begun = turn >= fault.after
        over = fault.times is not None and turn >= fault.after + fault.times
        return fault.kind if begun and not over else None

    def lasting(self, region: str) -> FaultKind | None:
        """The fault of *region* that concerns what is listed, not how requests are answered."""
        fault = self._faults.get(region)
        return fault.kind if fault else None
