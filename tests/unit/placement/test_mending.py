"""Where what runs can not be had any more, the rest stays and those without an offer get a few."""

from dataclasses import replace

from broker.placement.candidates import Candidate, candidates
from broker.placement.mending import CHEAPEST, IN_OPEN, mendable
from broker.placement.problem import Problem
from broker.placement.purchase import assignment_of
from broker.placement.solve import solve
from tests.fakes.problems import FRANKFURT, offer, problem, workload

MANY = 60


def question() -> Problem:
    """Two services and a burst, offers enough, the dear ones last."""
    offers = [offer(f"m{n:02}", str(10 + n)) for n in range(MANY)]
    dear = offer("a", "90", region=FRANKFURT)
    works = (workload("chat"), workload("search"), workload("train", hours=10))
    return problem([*offers, dear], *works)


def mended(asked: Problem, banned: str) -> dict[str, list[Candidate]]:
    """The offers to begin with once *banned* can not be had any more."""
    there = solve(asked).fleet.placements
    found = candidates(replace(asked, banned=frozenset({banned}))).by_workload
    lawful = {name: list(cs) for name, cs in found.items()}
    return mendable(lawful, assignment_of(there, lawful))


def test_who_has_an_offer_left_stays_and_the_other_gets_a_few() -> None:
    asked = question().pinned("train", *(f"aws/us-east-1/m{n:02}/on-demand" for n in range(5, 50)))

    few = mended(asked, "aws/us-east-1/m05/on-demand")

    assert [c.offer.machine_type for c in few["chat"]] == ["m00"]
    assert [c.offer.machine_type for c in few["search"]] == ["m00"]
    names = [c.offer.machine_type for c in few["train"]]
    assert names[:2] == ["m06", "m07"]
    assert len(names) == max(CHEAPEST, IN_OPEN)


def test_where_most_have_lost_their_offers_nothing_is_mended() -> None:
    assert mended(question(), "aws/us-east-1/m00/on-demand") == {}


def test_where_nobody_has_lost_anything_there_is_nothing_to_mend() -> None:
    assert mended(question(), "aws/us-east-1/m59/on-demand") == {}
