"""What clouds had not to give: read from their refusals, and remembered for the next decision."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from broker.domain.errors import BrokerError, InsufficientCapacity, QuotaExceeded
from broker.domain.fleet import Fleet, NodePool
from broker.domain.ids import ClusterName
from broker.domain.stock_outs import Shortage, StockOut, believed
from broker.ports.state import State

MEMORY = timedelta(hours=1)
"""How long a stock-out is believed, unless something else is said.

What tries again by itself, every few seconds, forgets soon: Karpenter after 3 minutes (its cache of
unavailable offerings), the Kubernetes cluster autoscaler after 5, which become 30 with each failure
(`--initial-node-group-backoff-duration`, `--max-node-group-backoff-duration`), SkyPilot with the launch
that it failed in. A plan is read and agreed to by people before it is carried out, and to go back costs a
cluster: what counts is that two plans in a row do not propose the same offer in vain.
"""

SHORTAGES = (InsufficientCapacity, QuotaExceeded)

MOST_SAID = 400
"""Of what a cloud says, so many characters are kept."""


def remembered(state: State | None, now: datetime, *, forgets: bool) -> tuple[StockOut, ...]:
    """What *state* says is out of stock *now*; nothing where the user *forgets* that."""
    return () if state is None or forgets else believed(state.stock_outs, now)


def is_shortage(error: BrokerError) -> bool:
    """Whether it says that there are no more nodes."""
    return isinstance(error, SHORTAGES)


def pools_short(
    failed: Mapping[ClusterName, BrokerError], target: Fleet
) -> Iterator[tuple[NodePool, BrokerError]]:
    """The pools of *target* that a cloud had no room for, each with its refusal."""
    for error in failed.values():
        if isinstance(error, SHORTAGES):
            for pool in target.pools:
                if (pool.cluster, pool.name) == (error.member, error.pool):
                    yield pool, error


def stock_out_of_pool(
    pool: NodePool, error: BrokerError, at: datetime, until: datetime
) -> StockOut:
    """What the refusal of *pool* says of its offer."""
    offer, first = pool.offer, error.diagnostics[0]
    is_quota = isinstance(error, QuotaExceeded)
    return StockOut(
        region=offer.region,
        zone=None if is_quota else offer.zone,
        machine_type=offer.machine_type,
        family=offer.family,
        vcpus=offer.vcpus,
        count=offer.count,
        capacity_type=offer.capacity_type,
        reservation=offer.reservation,
        shortage=Shortage.QUOTA if is_quota else Shortage.STOCK,
        at=at,
        until=until,
        said=(first.detail or first.summary)[:MOST_SAID],
    )
