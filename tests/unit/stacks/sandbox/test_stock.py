"""Nodes are to be had, or not: stock, quota, and what was paid ahead."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from broker.domain.offers import CapacityType
from stacks.sandbox.control import Control, Order
from stacks.sandbox.ledger import Ledger, Made
from stacks.sandbox.mirror.mirror import Mirror, Told
from stacks.sandbox.refusals import Refusal
from stacks.sandbox.world import World
from tests.fakes.sandbox_desks import Counter, world
from tests.fakes.stand_ins import list_prices
from tests.unit.stacks.sandbox.test_rules import AGENTS, CLUSTER, NODES, POOL, agents, nodes, pool

OFFERS = [offer for cloud in ("aws", "azure", "gcp") for offer in list_prices(cloud)]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, OFFERS) as opened:
        yield opened


@pytest.fixture
def at(told: World) -> Counter:
    counter = Counter(told)
    counter.create("azure-native:resources:ResourceGroup", resourceGroupName="g", location="eastus")
    counter.create(CLUSTER, resourceGroupName="g", resourceName="c", dnsPrefix="c")
    return counter


CASES = [
    (POOL, pool(), ("p5.48xlarge", "us-east-1"), "InsufficientInstanceCapacity"),
    (AGENTS, agents(count=1), ("Standard_ND96isr_H100_v5", "eastus"), "SkuNotAvailable"),
    (
        AGENTS,
        agents(count=1, availabilityZones=["1"]),
        ("Standard_ND96isr_H100_v5", "eastus"),
        "ZonalAllocationFailed",
    ),
    (NODES, nodes("a3-highgpu-8g", nodeCount=1), ("a3-highgpu-8g", "us-central1"), "GCE_STOCKOUT"),
]


@pytest.mark.parametrize(("type_", "inputs", "sold", "code"), CASES)
def test_each_cloud_says_in_its_own_words_that_nothing_is_left(
    at: Counter,
    told: World,
    type_: str,
    inputs: dict[str, Any],
    sold: tuple[str, str],
    code: str,
) -> None:
    told.control.stock_out(*sold)
    before = told.ledger.resources()

    with pytest.raises(Refusal, match=code) as refused:
        at.create(type_, **inputs)

    assert sold[0] in str(refused.value)
    assert told.ledger.resources() == before
    assert told.ledger.calls()[-1].outcome == f"refused: {refused.value}"
    told.control.withdraw()
    assert at.create(type_, **inputs).id


@pytest.mark.parametrize(
    ("type_", "inputs", "family", "code"),
    [
        (POOL, pool(), "P", "VcpuLimitExceeded"),
        (AGENTS, agents(count=1), "standardNDSH100v5Family", "QuotaExceeded"),
        (NODES, nodes("a3-highgpu-8g", nodeCount=1), "H100", "QUOTA_EXCEEDED"),
    ],
)
def test_each_cloud_says_in_its_own_words_that_the_quota_is_used_up(
    at: Counter, told: World, type_: str, inputs: dict[str, Any], family: str, code: str
) -> None:
    told.control.limit(family, 20)

    with pytest.raises(Refusal, match=code):
        at.create(type_, **inputs)


def test_a_quota_counts_what_runs_in_the_region(at: Counter, told: World) -> None:
    """192 vCPUs each: two fit, three do not."""
    told.control.limit("P", 400)
    first = at.create(POOL, "first", **pool(nodeGroupName="first"))
    at.create(POOL, "second", **pool(nodeGroupName="second"))

    with pytest.raises(Refusal, match="VcpuLimitExceeded"):
        at.create(POOL, "third", **pool(nodeGroupName="third"))
    with pytest.raises(Refusal, match="VcpuLimitExceeded"):
        at.update(first, scalingConfig={"desiredSize": 2, "minSize": 0, "maxSize": 2})
    at.create(POOL, "elsewhere", **pool(nodeGroupName="elsewhere", region="us-west-2"))


class Meanwhile(Mirror):
    """Another call is answered while this one is made in the mirror."""

    def __init__(self, call: Callable[[], object]) -> None:
        super().__init__(None)
        self._calls = [call]
        self.told: list[tuple[str, Made]] = []

    def _answered(self) -> None:
        while self._calls:
            self._calls.pop()()

    def create(self, made: Made) -> Told | None:
        self._answered()
        return super().create(made)

    def update(self, made: Made) -> None:
        self.told.append(("update", made))
        self._answered()

    def delete(self, made: Made) -> None:
        self.told.append(("delete", made))


def test_of_two_calls_at_once_only_what_the_quota_allows_is_made(at: Counter, told: World) -> None:
    """192 vCPUs each, and room for one."""
    told.control.limit("P", 200)
    mirror = Meanwhile(lambda: at.create(POOL, "second", **pool(nodeGroupName="second")))
    other = Counter(replace(told, mirror=mirror))

    with pytest.raises(Refusal, match="VcpuLimitExceeded"):
        other.create(POOL, "first", **pool(nodeGroupName="first"))

    assert [made.name for made in told.ledger.resources(POOL)] == ["second"]
    assert [(call, made.name) for call, made in mirror.told] == [("delete", "first")]


class Writing(Ledger):
    """Says when it asks whether something may be written."""

    asks = False

    def _asking(self, allowed: Callable[[], None]) -> Callable[[], None]:
        def asked() -> None:
            self.asks = True
            allowed()
            self.asks = False

        return asked

    def add(self, made: Made, allowed: Callable[[], None] = lambda: None) -> None:
        super().add(made, self._asking(allowed))

    def change(self, made: Made, allowed: Callable[[], None] = lambda: None) -> None:
        super().change(made, self._asking(allowed))


def test_nobody_who_waits_for_the_file_is_asked_while_it_is_written(
    at: Counter, told: World, tmp_path: Path
) -> None:
    """Else two threads, each with what the other needs, would wait until both give up."""
    with Writing(tmp_path) as ledger:

        class Watched(Control):
            def standing(self, kind: str) -> list[Order]:
                assert not ledger.asks
                return super().standing(kind)

            def due(self, kind: str, **called: Any) -> Order | None:
                assert not ledger.asks
                return super().due(kind, **called)

        with Watched(tmp_path) as control:
            other = Counter(replace(told, control=control, ledger=ledger))
            made = other.create(POOL, **pool())
            other.update(made, scalingConfig={"desiredSize": 2, "minSize": 0, "maxSize": 2})


def test_of_two_pools_that_grow_at_once_only_what_the_quota_allows_does(
    at: Counter, told: World
) -> None:
    told.control.limit("P", 600)
    first, second = (at.create(POOL, name, **pool(nodeGroupName=name)) for name in ("a", "b"))
    grown = {"desiredSize": 2, "minSize": 0, "maxSize": 2}
    mirror = Meanwhile(lambda: at.update(second, scalingConfig=grown))
    other = Counter(replace(told, mirror=mirror))

    with pytest.raises(Refusal, match="VcpuLimitExceeded"):
        other.update(first, scalingConfig=grown)

    sizes = [made.inputs["scalingConfig"]["desiredSize"] for made in told.ledger.resources(POOL)]
    assert sizes == [1, 2]
    assert mirror.told[-1] == ("update", first)


def test_what_runs_goes_on_when_nothing_is_left(at: Counter, told: World) -> None:
    made = at.create(POOL, **pool())
    told.control.stock_out("p5.48xlarge")

    relabelled = at.update(made, labels={"a": "b"})

    assert relabelled.inputs["labels"] == {"a": "b"}
    with pytest.raises(Refusal, match="InsufficientInstanceCapacity"):
        at.update(made, scalingConfig={"desiredSize": 2, "minSize": 0, "maxSize": 2})


def test_one_of_several_machine_types_is_enough(at: Counter, told: World) -> None:
    told.control.stock_out("p5.48xlarge")

    assert at.create(POOL, **pool(instanceTypes=["p5.48xlarge", "p5en.48xlarge"])).id


def test_an_empty_pool_needs_nothing(at: Counter, told: World) -> None:
    told.control.stock_out("p5.48xlarge")
    empty = {"desiredSize": 0, "minSize": 0, "maxSize": 2}

    assert at.create(POOL, **pool(scalingConfig=empty)).id


def test_a_seed_sells_out_the_same_types_each_time(tmp_path: Path) -> None:
    def sold_out(folder: str, seed: int) -> set[tuple[str, str]]:
        missing = set()
        with world(tmp_path / folder, OFFERS, fault_seed=seed) as told:
            at = Counter(told)
            offered = sorted(
                {
                    (str(offer.machine_type), str(offer.region.region))
                    for offer in list_prices("aws")
                    if offer.capacity_type is CapacityType.ON_DEMAND
                }
            )
            for number, (machine_type, region) in enumerate(offered[:80]):
                name = f"pool-{number}"
                asked = pool(instanceTypes=[machine_type], region=region, nodeGroupName=name)
                for _ in range(2):  # some calls fail once
                    try:
                        at.create(POOL, name, **asked)
                    except Refusal as refused:
                        if "Insufficient" in str(refused):
                            missing.add((machine_type, region))
                    else:
                        break
        return missing

    first = sold_out("first", 3)

    assert first == sold_out("second", 3)
    assert first != sold_out("third", 4)
    assert 2 <= len(first) <= 25
