"""Which work may run at the same time, by the windows that it states."""

from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime
from fractions import Fraction
from typing import TypeVar

from broker.domain.workloads import Run

Key = TypeVar("Key", bound=Hashable)


def together(runs: Mapping[Key, Run]) -> list[tuple[datetime | None, list[Key]]]:
    """The largest sets that may run at once, each with an instant at which they may.

    Work with a window from *starts* to *ends* may run at any time between them; all other work
    always. Some work may run beside all of a set at the instant at which its last window begins,
    so only those instants are looked at. None stands for always, where no window tells work apart.
    """
    instants = sorted({run.starts for run in runs.values() if run.starts and run.ends})
    found: list[tuple[datetime | None, list[Key]]] = [
        (instant, [key for key, run in runs.items() if _may_run_at(run, instant)])
        for instant in instants
    ]
    sets = [frozenset(keys) for _, keys in found]
    kept = [
        entry
        for number, entry in enumerate(found)
        if not any(
            sets[number] < other or (sets[number] == other and place < number)
            for place, other in enumerate(sets)
        )
    ]
    return kept if len(kept) > 1 else [(None, list(runs))]


def _may_run_at(run: Run, instant: datetime) -> bool:
    return run.starts is None or run.ends is None or run.starts <= instant < run.ends


def most_at_once(uses: Iterable[tuple[Run, Fraction]]) -> Fraction:
    """The largest sum of what may be used at the same time."""
    listed = list(uses)
    sets = together({number: run for number, (run, _) in enumerate(listed)})
    sums = (sum((listed[number][1] for number in keys), Fraction(0)) for _, keys in sets)
    return max(sums, default=Fraction(0))
