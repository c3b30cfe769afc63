"""The search of a large model ends at the same bytes, whatever threads and hash seeds there are."""

import pytest

from tests.fakes.other_processes import WITH_THREADS, printed

PRINT_A_DECISION = """
from fractions import Fraction
from benchmarks.made_fleets import made_problem
from broker.placement import search, widening
from broker.placement.solve import solve
for limit in ("TINY", "SMALL", "LARGE", "HUGE"):
    setattr(search, limit, 0)
search.MANY, search.HUGE_GAP = 50, Fraction(1, 20_000)
def counted(name, module, function):
    def call(*given):
        found = function(*given)
        print(name)
        return found
    setattr(module, function.__name__, call)
counted("priced part", widening, widening.priced_part)
counted("divided", search, search.divided)
counted("sharpened", widening, widening.sharpened)
for widening.WIDENINGS in (6, 0):
    print(repr(solve(made_problem(10, 2))))
"""
"""A fleet of few workloads, with limits so low that each part of the search has its turn; once as if
widening proved nothing."""


@pytest.fixture(scope="module")
def once() -> bytes:
    return printed(WITH_THREADS + PRINT_A_DECISION, "1", hash_seed="1")


def test_every_part_of_the_search_has_its_turn(once: bytes) -> None:
    assert once.count(b"priced part\n") > 1
    assert once.count(b"divided\n") > 0
    assert once.count(b"sharpened\n") > 0
    assert once.count(b"Solution(") == 2


@pytest.mark.parametrize(("threads", "seed"), [("1", "20261125"), ("2", "7")])
def test_the_whole_decision_is_the_same(once: bytes, threads: str, seed: str) -> None:
    assert printed(WITH_THREADS + PRINT_A_DECISION, threads, hash_seed=seed) == once
