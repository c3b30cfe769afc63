"""One machine stands for each GPU."""

from dataclasses import replace

from broker.domain.accelerators import Accelerator, AcceleratorKind
from broker.domain.offers import CapacityType
from providers.calls.greatest import greatest
from tests.fakes.problems import L4, offer

TPU = Accelerator("TPU", "v6e", 32768, AcceleratorKind.TPU, "Google")


def test_it_is_the_one_with_most_of_them_by_name() -> None:
    offers = [
        offer("b", count=8),
        offer("a", count=8),
        offer("c", count=4),
        offer("g", accelerator=L4, count=1),
        offer("t", accelerator=TPU, count=8),
        offer("s", count=16, capacity_type=CapacityType.SPOT),
    ]

    assert [one.machine_type for one in greatest(offers)] == ["a", "g"]
    assert [one.machine_type for one in greatest(offers, CapacityType.SPOT)] == ["s"]
    assert greatest([replace(offers[4])]) == []
