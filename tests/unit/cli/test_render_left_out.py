"""What is told of a workload that is left out tells what is known from what is not."""

from dataclasses import replace

import pytest

from broker.cli.render.left_out import left_out_document, render_left_out
from broker.cli.render.style import Style
from broker.domain.workloads import Priority
from broker.placement.outcome import Failure
from broker.placement.raising import StillOut, more_room
from broker.placement.solve import solve
from broker.placement.yielding import Instead, instead
from broker.usecases.explain import LeftOut
from tests.fakes.problems import offer, problem, quota, sold_out, workload

WIDE = 200


@pytest.fixture
def crowded() -> LeftOut:
    """One of two has room."""
    own = workload("render", hours=10, priority=Priority.BEST_EFFORT)
    asked = replace(
        problem([offer("p5", "10")], workload("train"), own, quotas=(quota(1),)),
        allow_unplaced=True,
    )
    solution = solve(asked)
    return LeftOut(
        workload=own,
        entry=solution.unplaced[0],
        misses=(),
        more=tuple(more_room(asked, solution, own, largest=-1)),
        instead=instead(asked, solution, own, largest=-1),
        is_whole=False,
        solution=solution,
        warnings=(),
    )


def test_of_a_large_fleet_it_is_said_that_less_may_do(crowded: LeftOut) -> None:
    text = render_left_out(crowded, Style(), WIDE)

    assert isinstance(crowded.instead, Instead)
    assert "What would make room, solved anew around each\n" in text
    assert "quota q of 2 nodes (now 1): the fleet would cost <= +100.00; a lower one may do" in text
    assert (
        "train (standard) left out: the fleet would cost <= -7,200.00; lighter work may do" in text
    )
    assert left_out_document(crowded)["solved_anew"] == "around"
    assert [room["result"] for room in left_out_document(crowded)["room"]] == ["enough", "enough"]


def test_of_a_large_fleet_no_quota_is_said_to_be_in_vain(crowded: LeftOut) -> None:
    told = replace(crowded, more=())

    assert "no quota that is raised alone was found to be enough\n" in shown(told)
    assert "no quota that is raised alone\n" in shown(replace(told, is_whole=True))


def shown(told: LeftOut) -> str:
    return render_left_out(told, Style(), WIDE)


@pytest.mark.parametrize(
    ("failure", "words", "head"),
    [
        (Failure.UNDECIDED, "who would have to yield is not known", "it yields"),
        (Failure.IMPOSSIBLE, "no other work that yields\n", "there is no room for it even alone"),
        (
            Failure.OVER_BUDGET,
            "not known: there would be room, but no fleet was found within the budget",
            "it yields",
        ),
    ],
)
def test_what_is_not_known_is_not_called_impossible(
    crowded: LeftOut, failure: Failure, words: str, head: str
) -> None:
    told = replace(crowded, instead=failure)
    text = render_left_out(told, Style(), WIDE)

    assert words in text
    assert f"Not placed: of best-effort priority, {head}" in text
    assert left_out_document(told)["yielding"] == failure


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (
            Failure.OVER_BUDGET,
            "quota q, raised: there would be room, but no fleet was found within",
        ),
        (Failure.UNDECIDED, "quota q, raised: not known, the search came to its limit"),
    ],
)
def test_a_quota_that_is_raised_in_vain_is_told_with_the_reason(
    crowded: LeftOut, why: Failure, words: str
) -> None:
    told = replace(crowded, more=(StillOut(quota=quota(1), why=why),))
    document = left_out_document(told)

    assert words in render_left_out(told, Style(), WIDE)
    assert [room["kind"] for room in document["room"]] == ["yield"]
    assert document["still_out"] == [{"quota": "q", "why": why}]


def test_what_the_plan_leaves_aside_is_told(crowded: LeftOut) -> None:
    told = replace(crowded, left_aside=(sold_out(offer("p4")),))
    text = render_left_out(told, Style(), WIDE)

    assert "\nLeft aside: aws us-east-1 p4 on-demand: sold out at 00:00, remembered until" in text
    assert [each["machine_type"] for each in left_out_document(told)["left_aside"]] == ["p4"]
    assert left_out_document(crowded)["left_aside"] == []


def test_where_no_offer_may_run_it_room_is_no_question(crowded: LeftOut) -> None:
    text = render_left_out(replace(crowded, misses=("None of 3 offers may run it",)), Style(), WIDE)

    assert "Not placed: of best-effort priority, no offer may run it" in text
    assert "make room" not in text
