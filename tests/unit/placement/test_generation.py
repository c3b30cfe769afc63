"""Columns that were not made yet are no reason to say that there is no fleet."""

import numpy as np
import pytest

from broker.placement.generation import Generation
from broker.placement.matrix import Matrix
from broker.placement.model import INFINITY, Model, Row
from broker.placement.placing import NONE, Placing

COSTS = {"n1": 10.0, "n3": 20.0, "n4": 100.0}


def generation() -> tuple[Generation, dict[str, int]]:
    """Work A on 0.3 of n1 or, dear and not made at first, of n4; work B on 0.4 of n3.

    A quota allows n1 and n3 together 1.5 nodes. Whole nodes of both are too many: then A is on n4.
    """
    model = Model()
    at = {name: model.add_column(name, cost=0.0, upper=1) for name in ("A1", "A4", "B3")}
    at |= {name: model.add_column(name, cost=cost, upper=INFINITY) for name, cost in COSTS.items()}
    at["open"] = model.add_column("open", cost=0.0, upper=1)
    model.equal("cover[A]", {at["A1"]: 1.0, at["A4"]: 1.0}, 1.0)
    model.equal("cover[B]", {at["B3"]: 1.0}, 1.0)
    for place, nodes, share in (("A1", "n1", 0.3), ("A4", "n4", 0.3), ("B3", "n3", 0.4)):
        model.at_most(f"room[{place}]", {at[place]: share, at[nodes]: -1.0}, 0.0)
    model.at_most("quota", {at["n1"]: 1.0, at["n3"]: 1.0}, 1.5)
    return Generation(Matrix(model), placing(at)), at


def placing(at: dict[str, int]) -> Placing:
    """As it is of a fleet of these three places."""
    made = Placing.__new__(Placing)
    columns, places = len(at), [at["A1"], at["A4"], at["B3"]]
    made.workloads = 2
    made.workload, made.nodes, made.cluster = (np.full(columns, NONE) for _ in range(3))
    made.workload[places] = [0, 0, 1]
    made.nodes[places] = [at["n1"], at["n4"], at["n3"]]
    made.cluster[places] = at["open"]
    made.are = made.workload != NONE
    made.units = made.nodes_alone = made.nodes_of_one = made.are.astype(np.double)
    made.all = made.on_nodes = np.flatnonzero(made.are)
    made.are_nodes = np.zeros(columns, dtype=np.bool_)
    made.are_nodes[[at[name] for name in COSTS]] = True
    made.copies = np.empty((0, 2), dtype=np.int64)
    return made


@pytest.mark.parametrize("few", [0, 1_000], ids=["made as needed", "all made at once"])
def test_a_row_that_asks_for_what_is_not_made_yet_makes_it(
    few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.placement.generation.FEW", few)
    monkeypatch.setattr("broker.placement.generation.FIRST", 1)
    monkeypatch.setattr("broker.placement.generation.IN_REGIONS", 1)
    relaxed, at = generation()
    relaxed.solve()
    relaxed.join([Row("served", ((at["A4"], -1.0), (at["n1"], -1.0)), -INFINITY, -1.0)])

    found = relaxed.within({at["n3"]: (1.0, INFINITY)}, INFINITY)

    assert found is not None
    assert 0.0 < found[1].bound <= 120.0
    assert found[0].missing == pytest.approx(0.0)
