"""The lightest choice that takes at least one from each of several sets, exactly."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

Weight = tuple[Fraction, ...]
"""What counts first comes first: weights compare as tuples do."""

Set = frozenset[str]


def lightest(sets: Iterable[Set], weights: Mapping[str, Weight]) -> Set:
    """The members to take so that each of *sets* has one, of least total weight; ties go by name.

    Sets that have no member in common are decided by themselves. Within, one member after the
    other of the smallest set that has none is tried, for as long as the weight is no more than the
    best one known.
    """
    chosen: Set = frozenset()
    for group in _groups(list(dict.fromkeys(sets))):
        search = _Search(weights)
        search.go_on(group, frozenset(), frozenset())
        chosen |= frozenset(search.best[1]) if search.best else frozenset()
    return chosen


class _Search:
    """Keeps the best choice so far: its weight, and its members in the order of names."""

    def __init__(self, weights: Mapping[str, Weight]) -> None:
        self._weights = weights
        self.best: tuple[Weight, list[str]] | None = None

    def go_on(self, sets: list[Set], taken: Set, barred: Set) -> None:
        """Take one of each of *sets* that *taken* does not have, and none that is *barred*."""
        weight = self._total(taken)
        if self.best is not None and weight > self.best[0]:
            return
        missed = [members for members in sets if not members & taken]
        if not missed:
            found = (weight, sorted(taken))
            self.best = found if self.best is None else min(self.best, found)
            return
        tried: Set = frozenset()
        for member in sorted(min(missed, key=len) - barred, key=lambda m: (self._weights[m], m)):
            self.go_on(missed, taken | {member}, barred | tried)
            tried |= {member}

    def _total(self, taken: Set) -> Weight:
        columns = zip(*(self._weights[member] for member in taken), strict=True)
        return tuple(sum(column, Fraction(0)) for column in columns)


def _groups(sets: list[Set]) -> list[list[Set]]:
    """Sets that have members in common, directly or by way of others, together."""
    groups: list[list[Set]] = []
    for one in sets:
        touching = [group for group in groups if any(one & other for other in group)]
        groups = [group for group in groups if group not in touching]
        groups.append([one, *(other for group in touching for other in group)])
    return groups
