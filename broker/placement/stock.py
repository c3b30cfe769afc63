"""Offers that are sold out, of which some nodes run already: these run on, and there are no more of them."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from broker.domain.fleet import Fleet
from broker.domain.geography import RegionKey
from broker.domain.offers import Offer
from broker.domain.spec import STOCK_OUTS, Quota, QuotaUnit
from broker.domain.stock_outs import StockOut
from broker.domain.workloads import Workload
from broker.placement.candidates import as_columns, candidates
from broker.placement.problem import Problem
from broker.placement.quotas import counts

STAY = Fraction(10)
"""The stability at which nothing that runs moves for its price: ten times what it costs."""


def with_sold_out(asked: Problem, stock_outs: Collection[StockOut]) -> Problem:
    """*asked* where no more nodes of what is out of stock can be had than are recorded of it."""
    sold_out = _sold_out(asked, stock_outs)
    if not sold_out:
        return asked
    running = {
        pool.offer.name: pool.offer
        for pool in (asked.recorded.pools if asked.recorded is not None else ())
        if pool.offer.name in sold_out
    }
    caps = _caps(running.values(), asked)
    return replace(
        asked,
        sold_out={name: since for name, since in sold_out.items() if name not in running},
        spec=replace(asked.spec, quotas=(*asked.spec.quotas, *caps)),
    )


def _sold_out(asked: Problem, stock_outs: Collection[StockOut]) -> dict[str, str]:
    """The offers of which there are no more nodes, by name, with since when."""
    by_region: dict[RegionKey, list[StockOut]] = defaultdict(list)
    for each in stock_outs:
        by_region[each.region].append(each)
    return {
        offer.name: each.since
        for offer in (asked.offers if by_region else ())
        for each in by_region.get(offer.region, ())
        if each.covers(offer)
    }


def concerning(stock_outs: Iterable[StockOut], asked: Problem) -> tuple[StockOut, ...]:
    """Those of *stock_outs*, all of which *asked* is without, that take offers from work."""
    running = [] if asked.recorded is None else [pool.offer for pool in asked.recorded.pools]
    offers = [*running, *_taken(asked)]
    return tuple(each for each in stock_outs if any(map(each.covers, offers)))


def _taken(asked: Problem) -> Iterable[Offer]:
    """The offers from which nothing keeps some work but that there are none."""
    gone = tuple(o for o in (asked.offers if asked.sold_out else ()) if o.name in asked.sold_out)
    if not gone or not asked.spec.workloads:
        return ()
    in_stock = replace(asked, offers=gone, sold_out={})
    market, lawful = as_columns(candidates(in_stock).by_workload)
    rows = {row for own in lawful.values() for row in own.rows.tolist()}
    return [market.offers[row] for row in sorted(rows)]


def staying(asked: Problem) -> Problem:
    """*asked* where what runs moves only if it has to."""
    objective = replace(asked.spec.objective, stability=STAY)
    return replace(asked, spec=replace(asked.spec, objective=objective))


def _caps(running: Iterable[Offer], asked: Problem) -> Iterator[Quota]:
    """A quota for each machine type of a region and capacity type, in the zone that is said, if any.

    Commitments of every length are one; each reservation is one, and in no other.
    """
    kinds = {(o.region, o.zone, o.machine_type, o.capacity_type, o.reservation): o for o in running}
    for offer in kinds.values():
        quota = Quota(
            name=f"stock of {offer.name}",
            provider=offer.region.provider,
            region=offer.region.region,
            zone=offer.zone,
            capacity_types=frozenset({offer.capacity_type}),
            machine_type=offer.machine_type,
            reservation=offer.reservation_key,
            is_unreserved=offer.reservation is None,
            unit=QuotaUnit.NODES,
            limit=0,
            stated_by=STOCK_OUTS,
        )
        if asked.recorded is not None:
            yield replace(quota, limit=_nodes(quota, asked.recorded, asked.spec.workloads))


def _nodes(quota: Quota, recorded: Fleet, workloads: Iterable[Workload]) -> int:
    """What is recorded of it, and to what work on it may grow: that is counted of what stays, too.

    Not of a reservation: what does not fit on it is bought.
    """
    growing = {w.name: w.replicas for w in workloads if w.replicas.grows and not w.run.is_burst}
    there = sum(pool.nodes for pool in recorded.pools if counts(quota, pool.offer))
    if quota.reservation is not None:
        return there
    grown = sum(
        (
            Fraction(placed.nodes * (size.maximum - size.minimum), size.minimum)
            for placed in recorded.placements
            if counts(quota, placed.offer) and (size := growing.get(placed.workload)) is not None
        ),
        Fraction(0),
    )
    return there + math.ceil(grown)
