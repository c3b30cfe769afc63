"""Search the core of a large model, then a wider one, until what is outside can not be cheaper.

The core is what the relaxation uses, and all work that could share its nodes. Its best fleet is a good
one. What bounds all fleets is the core with its outside priced: the units that this would rather have
outside tell which places to take in next. Where the relaxation proves far too little for that to be
quick, or it was not enough once, it is sharpened first, and the core widened by what its new answer uses.
"""

import numpy as np

from broker.placement.highs import bound_of
from broker.placement.matrix import Indices, Mask, Numbers
from broker.placement.narrowing import dearness, part_of, promising
from broker.placement.outside import users_pay
from broker.placement.placing import NONE
from broker.placement.priced_part import PricedPart, priced_part
from broker.placement.rounds import Rounds
from broker.placement.sharpening import sharpened
from broker.placement.strengthening import Strengthened
from broker.placement.tightening import Found, Tightening
from broker.placement.variables import Variables

FAR = 2e-3
"""Of what is proven: so far below what is enough, rows of the tableau raise it sooner."""

WIDENINGS = 6
"""How often to take in what is wanted outside."""

CLOSELY = 0.5
"""Of the goal: how closely each part is solved, since what it leaves open adds up."""

USED = 1e-9
SAME = 1e-4
"""Of the price of a node: so little dearer than another is as good."""

NOTHING: Indices = np.empty(0, dtype=np.int64)


def widen(v: Variables, found: Found, relaxed: Strengthened, rounds: Rounds) -> None:
    """Until the gap is as small as it has to be, or nothing is wanted outside any more."""
    price = _prices(relaxed)
    dear: Mask = price >= float(rounds.goal) * relaxed.bound
    kept = _core(v, relaxed, dear, price)
    for number in range(WIDENINGS):
        _run(v, found, relaxed, kept, rounds)
        if rounds.is_done:
            return
        kept |= _bought(v, rounds)
        if number or _is_far(relaxed, rounds):
            relaxed = sharpened(relaxed, rounds.limit)
            rounds.incumbent.prove(relaxed.bound)
            if relaxed.bound >= rounds.limit:
                return
            before = kept
            kept = before | _core(v, relaxed, dear, price)
            if _is_far(relaxed, rounds) and (kept & ~before).any():
                continue
        # Whoever could share a dear node and is left outside would get a part of it too cheaply.
        closed = kept | _sharing(relaxed, np.flatnonzero(kept & dear))
        among = dearness(relaxed) <= rounds.limit - relaxed.bound
        priced = priced_part(v, relaxed, closed, among)
        wanted = NOTHING if priced is None else _wanted(priced, rounds)
        if not wanted.size:
            return
        kept[wanted] = True


def _is_far(relaxed: Strengthened, rounds: Rounds) -> bool:
    return rounds.limit - relaxed.bound > FAR * relaxed.bound


def _prices(relaxed: Strengthened) -> Numbers:
    """What a node costs at each place, 0 elsewhere; of a place without nodes of their own, a unit."""
    placing, cost = relaxed.placing, relaxed.matrix.cost
    price = np.where(placing.are, cost, 0.0)
    price[placing.on_nodes] += cost[placing.nodes[placing.on_nodes]]
    return price


def _core(v: Variables, relaxed: Strengthened, dear: Mask, price: Numbers) -> Mask:
    """What is used in fractions, what could share its nodes, and what is as good, of dear nodes."""
    placing = relaxed.placing
    used = placing.on_nodes[relaxed.values[placing.nodes[placing.on_nodes]] > USED]
    _, reduced, _ = users_pay(relaxed, placing.are_nodes)
    same: Mask = dear & (reduced <= SAME * price)
    core: Mask = promising(v, relaxed, 1) | _sharing(relaxed, used) | same
    return core & relaxed.generation.left


def _sharing(relaxed: Strengthened, places: Indices) -> Mask:
    """*places*, and all others that could share their nodes."""
    placing = relaxed.placing
    pools: Mask = np.zeros_like(placing.are)
    nodes = placing.nodes[places]
    pools[nodes[nodes != NONE]] = True
    sharing: Mask = np.zeros_like(placing.are)
    sharing[places] = True
    sharing[placing.on_nodes[pools[placing.nodes[placing.on_nodes]]]] = True
    return sharing


def _bought(v: Variables, rounds: Rounds) -> Mask:
    """The places of the best fleet so far."""
    there: Mask = np.zeros(len(v.model.columns), dtype=np.bool_)
    there[[v.place_of(c) for pool in rounds.incumbent.bought for c in pool.candidates]] = True
    return there


def _run(v: Variables, found: Found, relaxed: Strengthened, kept: Mask, rounds: Rounds) -> None:
    part = part_of(v, relaxed.placing, kept)
    if all(part.by_workload.values()):
        beyond = max(relaxed.bound, rounds.incumbent.proven)
        gap = CLOSELY * float(rounds.goal)
        rounds.run(part, Tightening(part, found), beyond=beyond, gap=gap)


def _wanted(priced: PricedPart, rounds: Rounds) -> Indices:
    """The places that the best answer of *priced* wants outside; none if what it proves is enough."""
    answer = bound_of(
        priced.model,
        gap=CLOSELY * CLOSELY * float(rounds.goal),
        start=rounds.start(priced.model),
        enough=rounds.limit - priced.constant,
    )
    rounds.incumbent.prove(answer.bound + priced.constant)
    if rounds.is_done or answer.values is None:
        return NOTHING
    return priced.wanted(np.array(answer.values))
