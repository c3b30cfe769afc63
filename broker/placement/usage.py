"""What nodes use of each quota, as columns."""

from collections.abc import Sequence
from dataclasses import replace
from math import lcm

import numpy as np

from broker.domain.offers import Offer
from broker.domain.spec import Quota
from broker.placement.market import Market, Mask, Numbers
from broker.placement.problem import Problem
from broker.placement.quotas import counts, quota_use_per_node
from broker.placement.screening import Rows


def counted(problem: Problem, market: Market) -> Mask:
    """Which offers fall under any quota."""
    found = np.zeros(len(market.offers), dtype=np.bool_)
    everything = np.arange(len(market.offers))
    for quota in problem.spec.quotas:
        found |= _is_counted(quota, market, everything)
    return found


def usage(problem: Problem, market: Market, rows: Rows) -> Numbers:
    """What one node of each of *rows* uses of each quota that counts any: by row, then quota.

    In units of a quota's own, in which all uses of it are whole.
    """
    columns = [
        np.where(is_counted, _use_of_kinds(quota, market.examples)[market.kind[rows]], 0)
        for quota in problem.spec.quotas
        for is_counted in [_is_counted(quota, market, rows)]
        if is_counted.any()
    ]
    return np.stack(columns, axis=1) if columns else np.zeros((len(rows), 0), dtype=np.int64)


def _is_counted(quota: Quota, market: Market, rows: Rows) -> Mask:
    anywhere = replace(quota, region=None)
    of_kind = np.array([counts(anywhere, kind) for kind in market.examples], dtype=np.bool_)
    found: Mask = of_kind[market.kind[rows]]
    if quota.region is not None:
        there = np.array([key.region == quota.region for key in market.regions], dtype=np.bool_)
        found &= there[market.region[rows]]
    return found


def _use_of_kinds(quota: Quota, examples: Sequence[Offer]) -> Numbers:
    uses = [quota_use_per_node(example, quota) for example in examples]
    scale = lcm(*(use.denominator for use in uses))
    return np.array([int(use * scale) for use in uses], dtype=np.int64)
