"""A quota that counts no offer is told, with what its writer may have meant."""

import pytest

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.ids import MachineType
from broker.domain.offers import CapacityType
from broker.domain.spec import Quota
from broker.placement.unmatched_quotas import unmatched_quotas
from tests.fakes.problems import L4, NETHERLANDS, WEST, offer, quota

OFFERS = [
    offer("p5.48xlarge"),
    offer("p5.48xlarge", region=WEST),
    offer("g6.xlarge", accelerator=L4, count=1, family="G and VT"),
    offer("a3-highgpu-8g", region=NETHERLANDS),
]


def told(*quotas: Quota) -> list[Diagnostic]:
    return list(unmatched_quotas(quotas, OFFERS))


def machines(machine_type: str, **changes: str) -> Quota:
    return quota(1, machine_type=MachineType(machine_type), **changes)


@pytest.mark.parametrize(
    "matching",
    [
        quota(1),
        machines("p5.48xlarge"),
        quota(1, family="P"),
        quota(1, accelerator="L4"),
        quota(1, region="us-west-2"),
        quota(1, capacity_types=frozenset({CapacityType.ON_DEMAND})),
    ],
)
def test_a_quota_that_counts_an_offer_is_fine(matching: Quota) -> None:
    assert told(matching) == []


def test_a_quota_that_counts_nothing_is_a_warning() -> None:
    (warning,) = told(quota(1), machines("p5.48xlrage", name="mine"))

    assert (warning.severity, warning.code) == (Severity.WARNING, "quota-matches-nothing")
    assert warning.subject == "quotas[mine]"
    assert warning.summary == "The quota mine counts no offer, so it limits nothing"


@pytest.mark.parametrize(
    ("unmatched", "advice"),
    [
        (machines("p5.48xlrage"), "Did you mean `p5.48xlarge`?"),
        (machines("P5.48XLARGE"), "Did you mean `p5.48xlarge`?"),
        (quota(1, family="p"), "Did you mean `P`?"),
        (quota(1, family="Z"), "It would have to be one of G and VT, P."),
        (quota(1, accelerator="H1000"), "Did you mean `H100`?"),
        (
            quota(1, accelerator="L4", capacity_types=frozenset({CapacityType.SPOT})),
            "What it names is sold there as on-demand only.",
        ),
        (
            machines("p5.48xlarge", region="eu-central-1"),
            "It is sold in 2 other regions, such as aws/us-east-1.",
        ),
        (
            machines("g6.xlarge", region="us-west-2"),
            "It is sold in 1 other region, such as aws/us-east-1.",
        ),
        (quota(1, provider="azure"), ""),
    ],
)
def test_what_its_writer_may_have_meant(unmatched: Quota, advice: str) -> None:
    (warning,) = told(unmatched)

    assert warning.hint == advice
