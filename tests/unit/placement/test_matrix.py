"""Sums over few entries of a model are those over all of them."""

from random import Random

import numpy as np
import pytest

from broker.placement.matrix import ByColumn, Matrix
from broker.placement.model import Model

COLUMNS, ROWS = 40, 60


def made(seed: int) -> Model:
    random = Random(seed)  # noqa: S311 - test data
    model = Model()
    for number in range(COLUMNS):
        model.add_column(f"x{number}", cost=1.0)
    for number in range(ROWS):
        columns = random.sample(range(COLUMNS), random.randint(0, 6))
        terms = {column: random.uniform(-2, 2) for column in columns}
        model.at_most(f"row{number}", terms, 1.0, late=number % 3 == 0)
    return model


def by_hand(model: Model, values: list[float]) -> list[float]:
    return [
        sum(values[column] * factor for column, factor in row.coefficients) for row in model.rows
    ]


@pytest.mark.parametrize("seed", range(5))
def test_rows_by_column_come_to_what_they_do_by_row(seed: int) -> None:
    model, random = made(seed), Random(seed + 100)  # noqa: S311 - test data
    matrix = Matrix(model)
    values = [random.choice([0.0, 0.0, random.uniform(0, 3)]) for _ in range(COLUMNS)]
    late = ByColumn(matrix, matrix.late)
    matrix.join(model.rows[:2])
    expected = np.where(matrix.late[:ROWS], by_hand(model, values), 0.0)
    assert late.rows == ROWS
    assert late.activity(np.array(values)) == pytest.approx(expected)
    assert matrix.activity(np.array(values))[:ROWS] == pytest.approx(by_hand(model, values))


@pytest.mark.parametrize("seed", range(5))
def test_entries_of_some_rows_are_theirs_in_turn_also_of_those_that_joined(seed: int) -> None:
    model = made(seed)
    matrix = Matrix(model)
    joined = matrix.join(model.rows[:5]).tolist()
    rows = [7, joined[2], 0, joined[0], 7]
    entries, lengths = matrix.entries(np.array(rows))
    of_rows = [model.rows[row if row < ROWS else row - ROWS] for row in rows]
    assert lengths.tolist() == [len(row.coefficients) for row in of_rows]
    found = zip(matrix.column[entries].tolist(), matrix.factor[entries].tolist(), strict=True)
    assert list(found) == [term for row in of_rows for term in row.coefficients]


@pytest.mark.parametrize("seed", range(5))
def test_what_columns_have_in_some_rows_is_summed_at_their_prices(seed: int) -> None:
    model, random = made(seed), Random(seed + 200)  # noqa: S311 - test data
    rows = sorted(random.sample(range(ROWS), 9))
    prices = [random.uniform(-1, 1) for _ in rows]
    expected = [0.0] * COLUMNS
    for row, price in zip(rows, prices, strict=True):
        for column, factor in model.rows[row].coefficients:
            expected[column] += factor * price
    worth = Matrix(model).worth(np.array(rows), np.array(prices))
    assert worth.tolist() == pytest.approx(expected)
