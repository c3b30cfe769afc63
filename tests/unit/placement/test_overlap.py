"""Only work whose windows overlap counts at the same time."""

from datetime import timedelta
from fractions import Fraction

from broker.domain.workloads import Run
from broker.placement.overlap import most_at_once, together
from tests.fakes.problems import NOW

ALWAYS, SOMETIME = Run(), Run(hours=Fraction(5))


def window(first: int, last: int) -> Run:
    return Run(
        hours=Fraction(1), starts=NOW + timedelta(hours=first), ends=NOW + timedelta(hours=last)
    )


def test_without_windows_everything_may_run_at_once() -> None:
    assert together({"a": ALWAYS, "b": SOMETIME}) == [(None, ["a", "b"])]
    assert together({}) == [(None, [])]


def test_windows_that_follow_each_other_are_apart_and_all_else_is_beside_each() -> None:
    found = together({"a": window(0, 5), "b": window(5, 9), "c": ALWAYS, "d": SOMETIME})

    assert found == [
        (NOW, ["a", "c", "d"]),
        (NOW + timedelta(hours=5), ["b", "c", "d"]),
    ]


def test_a_set_within_another_is_not_asked_for() -> None:
    assert together({"a": window(0, 9), "b": window(2, 3), "c": window(4, 5)}) == [
        (NOW + timedelta(hours=2), ["a", "b"]),
        (NOW + timedelta(hours=4), ["a", "c"]),
    ]
    assert together({"a": window(0, 9), "b": window(2, 3)}) == [(None, ["a", "b"])]


def test_the_most_at_once_is_the_largest_sum() -> None:
    uses = [(window(0, 5), Fraction(3)), (window(4, 9), Fraction(4)), (window(9, 10), Fraction(6))]

    assert most_at_once(uses) == 7
    assert most_at_once([]) == 0
