"""Names in a request are looked up, and every wrong one is told at once."""

import pytest

from broker.catalog.query import Order
from broker.catalog.snapshot import Coverage, Snapshot
from broker.domain.accelerators import Accelerator, AcceleratorKind
from broker.domain.errors import UsageInvalid
from broker.domain.money import Money
from broker.domain.regions import RegionStatus
from broker.usecases.offers import OffersRequest, find_offers
from tests.fakes.problems import EAST, FRANKFURT, H100, L4, NOW, WEST, network, offer

A100 = Accelerator(model="A100", variant="", memory_mib=40960, kind=AcceleratorKind.GPU)
A100_80 = Accelerator(model="A100", variant="80GB", memory_mib=81920, kind=AcceleratorKind.GPU)
B300 = Accelerator(model="B300", variant="", memory_mib=275000, kind=AcceleratorKind.GPU)
KNOWN = [A100, A100_80, B300, H100, L4]

OFFERS = (
    offer("p4d", "32.77", accelerator=A100, zone="use1-az1"),
    offer("p4de", "40.96", accelerator=A100_80),
    offer("p5", None, region=FRANKFURT),
    offer("p5", "58.89"),
)
SNAPSHOT = Snapshot(
    offers=OFFERS,
    coverage=tuple(
        Coverage(region=region, status=status, fetched_at=NOW, source="test", offers=0)
        for region, status in [
            (EAST, RegionStatus.OK),
            (FRANKFURT, RegionStatus.OK),
            (WEST, RegionStatus.TIMEOUT),
        ]
    ),
    network=network(),
)


def machine_types(**asked: object) -> list[str]:
    request = OffersRequest(**asked)  # type: ignore[arg-type]
    return [found.machine_type for found in find_offers(request, SNAPSHOT, KNOWN).offers]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("A100", ["p4d", "p4de"]),
        ("a100", ["p4d", "p4de"]),
        ("A100-80GB", ["p4de"]),
        ("A100-40GB", ["p4d"]),
        ("A100:8", ["p4d", "p4de"]),
        ("A100:1:4", []),
    ],
)
def test_an_accelerator_is_meant_by_model_or_full_name(name: str, expected: list[str]) -> None:
    assert machine_types(accelerators=[name]) == expected


def test_names_are_found_without_minding_case() -> None:
    assert machine_types(providers=["AWS"], zones=["USE1-AZ1"], jurisdictions=["us"]) == ["p4d"]


def test_what_is_known_and_not_offered_leads_to_an_empty_answer() -> None:
    assert machine_types(accelerators=["B300"]) == []


def test_every_unknown_name_is_told_at_once_with_a_suggestion() -> None:
    request = OffersRequest(
        accelerators=["H1000", "L4:many"],
        providers=["asw"],
        regions=["us-east1"],
        zones=["use1-az9"],
        jurisdictions=["EUU"],
    )

    with pytest.raises(UsageInvalid) as refusal:
        find_offers(request, SNAPSHOT, KNOWN)

    told = {finding.code: finding.hint for finding in refusal.value.diagnostics}
    assert set(told) == {
        "accelerator-unknown",
        "count-invalid",
        "cloud-unknown",
        "region-unknown",
        "zone-unknown",
        "jurisdiction-unknown",
    }
    assert "Did you mean H100" in told["accelerator-unknown"]
    assert "Did you mean aws" in told["cloud-unknown"]
    assert "us-east-1" in told["region-unknown"]


def test_under_a_bound_an_unknown_price_is_left_out_and_counted() -> None:
    request = OffersRequest(accelerators=["H100"], max_price=Money.parse("100"))

    found = find_offers(request, SNAPSHOT, KNOWN)

    assert found.offers == (OFFERS[3],)
    assert found.unpriced == 1
    assert found.total == 4


def test_without_a_bound_an_unknown_price_stays_and_comes_last() -> None:
    found = find_offers(OffersRequest(order=Order.PRICE), SNAPSHOT, KNOWN)

    assert found.offers[-1] == OFFERS[2]
    assert found.unpriced == 0


def test_regions_that_gave_no_answer_are_told() -> None:
    found = find_offers(OffersRequest(), SNAPSHOT, KNOWN)

    assert [gap.region for gap in found.coverage_gaps] == [WEST]
