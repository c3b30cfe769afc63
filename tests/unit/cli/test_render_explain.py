"""What an explanation says was solved anew is what was."""

from dataclasses import replace

import pytest

from broker.cli.render.explain import render_explanation
from broker.cli.render.explain_document import explanation_document
from broker.cli.render.style import Style
from broker.domain.spec import QuotaUnit
from broker.domain.workloads import Priority
from broker.placement.explain import explain
from broker.placement.partial import without
from broker.placement.solve import solve
from broker.placement.yielding import outbids
from broker.usecases.explain import Explained
from tests.fakes.problems import L4, WEST, offer, problem, quota, workload

WIDE = 200


def explained(largest: int) -> Explained:
    """Train has the only node there is, which render would have."""
    wanted = workload("train")
    render = workload("render", hours=10, priority=Priority.BEST_EFFORT)
    offers, limit = [offer("p5", "10"), offer("p4", "12")], quota(1)
    asked = replace(problem(offers, wanted, render, quotas=(limit,)), allow_unplaced=True)
    solution = solve(asked)
    left_out = {entry.workload for entry in solution.unplaced}
    return Explained(
        explanation=explain(without(asked, left_out), solution, wanted, largest=largest),
        outbids=outbids(asked, solution, wanted, largest=largest),
        solution=solution,
        offers=2,
        warnings=(),
    )


@pytest.mark.parametrize(
    ("largest", "next_best", "yields", "solved", "complete"),
    [
        (
            500,
            "Next best: what the whole fleet would cost more, solved anew with each\n",
            "Yields to it, solved anew without it\n  render (best-effort): placed if train",
            "whole",
            True,
        ),
        (
            -1,
            "Next best: what the whole fleet would cost more, solved anew around each\n",
            "Yields to it, solved anew around it\n  render (best-effort), at least: placed if train",
            "around",
            False,
        ),
    ],
)
def test_of_a_large_fleet_only_what_is_around_is_solved_anew(
    *, largest: int, next_best: str, yields: str, solved: str, complete: bool
) -> None:
    told = explained(largest)
    text, document = render_explanation(told, Style(), WIDE), explanation_document(told)

    assert next_best in text
    assert yields in text
    assert ("the fleet would cost <= " in text) is not complete
    assert document["solved_anew"] == solved
    assert document["outbids"]["complete"] is complete


def test_an_offer_that_is_cheaper_than_a_part_only_is_not_headed_as_cheaper_than_all() -> None:
    """One node in place of the dear one would save; two of them cost 8,760, not 8,030."""
    wanted = workload("train", replicas=2, vcpus=100)
    offers = [
        offer("p5", "1", vcpus=120),
        offer("p4", "6", vcpus=120, count=16),
        offer("a3", "10", region=WEST, vcpus=120),
        offer("l4", "1", accelerator=L4),
    ]
    other = workload("other", model="L4")
    asked = problem(offers, wanted, other, quotas=(quota(16, QuotaUnit.ACCELERATORS),))
    solution = solve(asked)
    told = Explained(
        explanation=explain(asked, solution, wanted),
        outbids=None,
        solution=solution,
        offers=4,
        warnings=(),
    )

    text = render_explanation(told, Style(), WIDE)

    assert "Cheaper than its $8,030.00 on nodes of its own, or in place of a part of that" in text
    assert "8,760.00" in text
