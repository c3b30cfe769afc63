"""Whether the nodes that a resource asks for are to be had: stock of the cloud, quota of the account."""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from broker.domain.offers import CapacityType
from stacks.sandbox.control import Control, Order
from stacks.sandbox.ledger import Ledger, Made
from stacks.sandbox.market import DEFAULT_LIMIT, Market
from stacks.sandbox.pools.asked import held, pools
from stacks.sandbox.pools.pool import Pool
from stacks.sandbox.refusals import out_of_stock, over_quota
from stacks.sandbox.rules import needs_stock

SCARCE_PERCENT = 12
"""How many of the machine types in a region a seed sells out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What is left; with *fault_seed*, some is sold out from the beginning."""

    market: Market
    ledger: Ledger
    control: Control
    fault_seed: int | None = None

    def require(self, package: str, made: Made, before: Made | None = None) -> None:
        """Raises Refusal if the nodes that *made* has and *before* had not are not to be had."""
        for pool in self._more(made, before):
            self._require_stock(package, pool)
        self.within_quota(package, made, before)()

    def within_quota(
        self, package: str, made: Made, before: Made | None = None
    ) -> Callable[[], None]:
        """What raises Refusal if the account may not have them beside all that it has when it is called.

        Meant for the instant at which *made* is recorded: two calls at once may both have been told
        before that there is room for one of them. Nobody else is asked by then: who steers the sandbox
        may be waiting for the same file.
        """
        limits = self.control.standing("limit")

        def check() -> None:
            for pool in self._more(made, before):
                self._require_quota(package, pool, before, limits)

        return check

    def _more(self, made: Made, before: Made | None) -> list[Pool]:
        """The pools that ask for more nodes than *before* had."""
        region = made.region or str(made.outputs.get("location") or "")
        had = _nodes(held(before, self.ledger)) if before else 0
        found = pools(made.type, made.inputs, region, self.ledger)
        return [pool for pool in found if pool.nodes > had and pool.machine_types]

    def _require_stock(self, package: str, pool: Pool) -> None:
        """All machine types of the pool have to be sold out for a refusal: any of them will do."""
        if not needs_stock(pool):
            return
        sold_out = [self._is_sold_out(pool, machine_type) for machine_type in pool.machine_types]
        if all(sold_out):
            zone = pool.zones[0] if pool.zones else ""
            raise out_of_stock(package, pool.machine_types[0], pool.region, zone)

    def _is_sold_out(self, pool: Pool, machine_type: str) -> bool:
        ordered = self.control.due(
            "stock-out",
            machine_type=machine_type,
            region=pool.region,
            capacity_type=str(pool.capacity_type),
        )
        return ordered is not None or self._is_scarce(pool, machine_type)

    def _is_scarce(self, pool: Pool, machine_type: str) -> bool:
        """What the seed says; machine types without accelerators are always there."""
        if self.fault_seed is None or pool.capacity_type is CapacityType.FLEX:
            return False
        packages = ("aws", "azure-native", "gcp")
        if not any(self.market.knows(package, machine_type) for package in packages):
            return False
        text = f"{self.fault_seed} {machine_type} {pool.region} {pool.capacity_type}"
        return chance(text) < SCARCE_PERCENT

    def _require_quota(
        self, package: str, pool: Pool, before: Made | None, limits: Sequence[Order]
    ) -> None:
        machine_type = pool.machine_types[0]
        family = self.market.family(package, machine_type)
        asked = pool.nodes * self.market.vcpus(package, machine_type)
        if not family or not asked:
            return
        asked += self._running(package, family, pool.region, before)
        limit = _limit(limits, family, pool.region)
        if asked > limit:
            raise over_quota(package, family, pool.region, limit, asked)

    def _running(self, package: str, family: str, region: str, without: Made | None) -> int:
        """vCPUs of *family* in use there, but for those of one resource."""
        return sum(
            pool.nodes * self.market.vcpus(package, pool.machine_types[0])
            for made in self.ledger.resources()
            if made.package == package and not _is_same(made, without)
            for pool in held(made, self.ledger)
            if pool.region == region
            and pool.machine_types
            and self.market.family(package, pool.machine_types[0]) == family
        )


def _limit(orders: Sequence[Order], family: str, region: str) -> int:
    limits = [
        int(order.value["vcpus"])
        for order in orders
        if order.value["family"] == family and order.value["region"] in (None, region)
    ]
    return limits[-1] if limits else DEFAULT_LIMIT


def chance(text: str) -> int:
    """A number below 100, the same for the same *text*."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 100


def _nodes(pools_held: Collection[Pool]) -> int:
    return sum(pool.nodes for pool in pools_held)


def _is_same(made: Made, other: Made | None) -> bool:
    return other is not None and (made.type, made.id, made.region) == (
        other.type,
        other.id,
        other.region,
    )
