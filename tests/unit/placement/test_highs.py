"""The solver is called one way, and what it says is believed only as far as it is proven."""

import os
import signal
import threading

import pytest

from broker.placement.highs import RELATIVE_GAP, solve_model
from broker.placement.model import Model


def knapsack() -> Model:
    """Seven of two, or any mixture of three and five."""
    model = Model()
    by_two = model.add_column("two", cost=2.0)
    by_three = model.add_column("three", cost=2.8)
    by_five = model.add_column("five", cost=4.4, upper=1)
    model.at_least("need", {by_two: 2.0, by_three: 3.0, by_five: 5.0}, 13.0)
    return model


def test_the_least_whole_answer_is_found_and_proven() -> None:
    answer = solve_model(knapsack())

    assert answer.ended
    assert answer.values is not None
    assert answer.objective == pytest.approx(12.0)  # a five, two threes and a two
    assert [round(value) for value in answer.values] == [1, 2, 1]
    assert answer.bound <= answer.objective
    assert answer.bound >= answer.objective * (1 - RELATIVE_GAP) - 1e-9


def test_no_answer_is_told_as_none() -> None:
    model = knapsack()
    model.at_most("limit", {0: 1.0, 1: 1.0, 2: 1.0}, 2.0)

    answer = solve_model(model)

    assert answer.values is None
    assert answer.ended


def test_what_costs_too_much_is_not_looked_for() -> None:
    dear, cheap = solve_model(knapsack(), below=11.9), solve_model(knapsack(), below=12.1)

    assert dear.values is None or dear.objective > 11.9
    assert cheap.objective == pytest.approx(12.0)


def test_rows_are_equal_at_most_and_at_least() -> None:
    model = Model()
    x = model.add_column("x", cost=1.0)
    y = model.add_column("y", cost=-1.0, upper=9)
    model.equal("sum", {x: 1.0, y: 1.0}, 10.0)
    model.at_most("most", {y: 1.0}, 6.0)
    model.at_least("least", {x: 1.0}, 2.0)

    assert solve_model(model).values == pytest.approx((4.0, 6.0))


def test_continuous_columns_stay_continuous() -> None:
    model = Model()
    x = model.add_column("x", cost=1.0, integer=False)
    model.at_least("need", {x: 2.0}, 1.0)

    assert solve_model(model).values == pytest.approx((0.5,))


def test_the_gap_is_told_with_each_better_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker.placement.highs.MOST_NODES", 20)
    told: list[float] = []
    solve_model(hard(), told.append)

    assert told
    assert all(0 <= gap < float("inf") for gap in told)


@pytest.mark.parametrize("times", [1.0, 1e6, 1e12])
def test_an_answer_among_huge_costs_is_the_same_at_that_cost(times: float) -> None:
    model = knapsack()
    dear = Model(
        columns=[column._replace(cost=column.cost * times) for column in model.columns],
        rows=model.rows,
    )
    usual, answer = solve_model(model), solve_model(dear)

    assert answer.values == usual.values
    assert answer.objective == pytest.approx(usual.objective * times)
    assert answer.bound == pytest.approx(usual.bound * times)


def test_models_of_any_order_can_follow_each_other() -> None:
    first = [solve_model(knapsack()).objective for _ in range(3)]

    assert first == [first[0]] * 3


def test_a_search_that_stops_at_its_work_limit_says_so_and_repeats_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("broker.placement.highs.MOST_NODES", 20)
    answer = solve_model(hard())

    assert not answer.ended
    assert answer.values is not None
    assert answer.bound < answer.objective
    assert solve_model(hard()) == answer


def hard() -> Model:
    """Market splitting: no branch is cut early, so it takes far longer than a test may."""
    model = Model()
    numbers, rows = 40, 5
    columns = [model.add_column(f"x{n}", cost=0.0, upper=1) for n in range(numbers)]
    state = 12345
    for row in range(rows):
        weights = []
        for _ in range(numbers):
            state = (state * 1_103_515_245 + 12_345) % 2**31
            weights.append(float(state % 100))
        over = model.add_column(f"over{row}", cost=1.0, integer=False)
        under = model.add_column(f"under{row}", cost=1.0, integer=False)
        terms = dict(zip(columns, weights, strict=True))
        model.equal(f"split{row}", {**terms, over: 1.0, under: -1.0}, float(sum(weights) // 2))
    return model


def interrupt_the_search() -> None:
    """SIGINT goes to this process while the solver is at work in its thread."""
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    solve_model(hard())


def test_ctrl_c_ends_the_search_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker.placement.highs.NODES_TIMES_SIZE", 10**9)
    monkeypatch.setattr("broker.placement.highs.MOST_NODES", 10**6)

    with pytest.raises(KeyboardInterrupt):
        interrupt_the_search()
