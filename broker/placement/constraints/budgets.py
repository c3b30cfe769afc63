"""No team is charged for more than its budget."""

from broker.domain.money import MICROS_PER_UNIT
from broker.placement.charges import binding_budgets, micros_per_node, micros_per_unit
from broker.placement.variables import Pool, Variables


def constrain_budgets(v: Variables) -> None:
    """For each team with a budget: what its units and its own nodes are charged is within it.

        Σ_{steady w of t} charge[w,o] · place[w,o]
          + Σ_{burst w of t} price[o] · hours[w,o] · nodes[w,o] ≤ budget[t]      for each t

    A unit on shared nodes is charged its accelerators' part of the node's price. The fleet's own
    budget needs no row: the objective is its cost, so the cheapest fleet tells.
    """
    for team, budget in sorted(binding_budgets(v.problem).items()):
        terms: dict[int, float] = {}
        for pool in v.pools:
            terms.update(_charged(v, pool, team))
        if terms:
            v.model.at_most(f"budget[{team}]", terms, budget.to_float())


def _charged(v: Variables, pool: Pool, team: str) -> dict[int, float]:
    ours = [c for c in pool.candidates if c.workload.team == team]
    if ours and ours[0].workload.run.is_burst:
        return pool.nodes(float(micros_per_node(ours[0]) / MICROS_PER_UNIT))
    return {v.place_of(c): float(micros_per_unit(c) / MICROS_PER_UNIT) for c in ours}
