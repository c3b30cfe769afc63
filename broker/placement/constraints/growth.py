"""Where a service runs, the cloud lets it grow."""

from broker.placement.constraints.quotas import limited_at_once, nodes_counted
from broker.placement.growth import growth_per_unit
from broker.placement.quotas import quota_use_per_node
from broker.placement.variables import Variables


def constrain_growth(v: Variables) -> None:
    """For each quota, by region or over all that it spans: what the nodes use, and would use once grown, is within the limit.

        Σ_{o counted in r} use[o] · (nodes[o] + Σ_w growth[w,o] · place[w,o]) ≤ limit
        growth[w,o] = (max[w] - min[w]) / min[w] · replicas[w,o] / per_node[w,o]

    A unit of a workload that grows from min to max, and asks for room to, stands for
    (max - min) / min more of itself, on nodes that it fills. Reservations bound no growth: what does
    not fit on them is bought.
    """
    for quota in v.problem.spec.quotas:
        for label, place, pools in () if quota.reservation else limited_at_once(v, quota):
            growing = {
                v.place_of(c): float(growth_per_unit(c) * quota_use_per_node(c.offer, quota))
                for pool in pools
                for c in pool.candidates
                if growth_per_unit(c)
            }
            if growing:
                nodes = nodes_counted(pools, quota)
                terms = {c: nodes.get(c, 0.0) + growing.get(c, 0.0) for c in {**nodes, **growing}}
                v.model.at_most(f"growth[{quota.name},{place}{label}]", terms, float(quota.limit))
