"""Tables of offers fit, and say what they rest on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from broker.catalog.query import Order
from broker.catalog.snapshot import Coverage, Snapshot
from broker.catalog.standing import Standing
from broker.cli.render.offers import (
    groups_document,
    offers_document,
    render_groups,
    render_offers,
)
from broker.cli.render.style import Style
from broker.domain.geography import RegionKey
from broker.domain.ids import ZoneId
from broker.domain.offers import CapacityType, Offer, Window
from broker.domain.regions import RegionStatus
from broker.usecases.offers import OffersFound, OffersRequest, find_offers
from tests.fakes.problems import FRANKFURT, L4, NETHERLANDS, NOW, network, offer

BIG = offer("p5.48xlarge", "58.8928", zone="use1-az4")
THIRD = offer("NV12", "0.454", region=NETHERLANDS, accelerator=L4, count=Fraction(1, 3))
UNPRICED = offer("p5en.48xlarge", None, region=FRANKFURT)
RESERVED = replace(
    offer("p5.48xlarge", "31.5", capacity_type=CapacityType.RESERVED),
    term_months=36,
    source="another list",
    fetched_at=NOW - timedelta(days=40),
)
LATER = NOW + timedelta(days=3)


def answer(*offers: Offer) -> OffersFound:
    snapshot = Snapshot(offers=offers, coverage=(), network=network())
    return find_offers(OffersRequest(), snapshot, [])


def text(found: OffersFound, *, limit: int = 0, width: int = 120) -> str:
    return render_offers(found, limit=limit, now=LATER, width=width, style=Style())


def test_the_table_has_the_columns_people_know_and_a_footer() -> None:
    assert text(answer(BIG, THIRD, UNPRICED)) == (
        "GPU   COUNT  GPU MEM  CLOUD  REGION/ZONE         MACHINE TYPE   vCPU  MEM GiB  CAPACITY       $/H  $/GPU-H\n"
        "L4      1/3   24 GiB  gcp    europe-west4        NV12            200    2,000  on-demand   0.4540   1.3620\n"
        "H100      8   80 GiB  aws    us-east-1/use1-az4  p5.48xlarge     200    2,000  on-demand  58.8928   7.3616\n"
        "H100      8   80 GiB  aws    eu-central-1        p5en.48xlarge   200    2,000  on-demand  unknown  unknown\n"
        "\n"
        "3 of 3 offers match; 1 of them with an unknown price.\n"
        "Prices are 3 d old, in USD.\n"
        "Source: test"
    )


def test_different_ages_and_sources_get_columns() -> None:
    lines = text(answer(BIG, RESERVED), width=200).splitlines()

    assert lines[0].endswith("$/GPU-H   AGE  SRC")
    assert lines[1].endswith("reserved 3 y  31.5000   3.9375  43 d    1")
    assert lines[2].endswith("on-demand     58.8928   7.3616   3 d    2")
    assert lines[-3:] == [
        "Prices are 3 d to 43 d old, in USD.",
        "Source 1: another list",
        "Source 2: test",
    ]


@pytest.mark.parametrize("width", [120, 100, 80])
def test_what_is_too_wide_loses_its_least_important_columns_and_says_so(width: int) -> None:
    long = replace(RESERVED, machine_type="Standard_ND96isr_MI300X_v5")
    lines = text(answer(long, BIG), width=width).splitlines()

    assert max(map(len, lines)) <= width
    assert "CAPACITY" in lines[0]
    assert "$/GPU-H" in lines[0]
    assert any(line.startswith("Not shown, for lack of width:") for line in lines)


def test_a_limit_says_how_to_see_the_rest() -> None:
    lines = text(answer(BIG, THIRD, UNPRICED), limit=1).splitlines()

    assert len([line for line in lines if line.startswith(("L4", "H100"))]) == 1
    assert "shown: 1 (-limit=0 shows all)" in lines[3]


def test_an_empty_answer_is_one_clear_line() -> None:
    assert text(answer()) == "No offer matches, of 0."


def test_a_zone_that_names_its_region_stands_alone() -> None:
    named = replace(BIG, zone=ZoneId("us-east-1-atl-2a"))

    assert "  us-east-1-atl-2a  " in text(answer(named))


def test_what_the_cloud_says_of_an_offer_has_a_column() -> None:
    told = {BIG.name: Standing(score=7), THIRD.name: Standing(refused="QuotaId", score=9)}

    found = replace(answer(BIG, THIRD, UNPRICED), standings=told)

    head, *rows = text(found).splitlines()[:4]
    assert "SCORE" in head
    assert sorted(row[head.index("SCORE") - 2 :].strip().split()[0] for row in rows[:2]) == [
        "7/10",
        "refused",
    ]
    assert "SCORE" not in text(answer(BIG))


def test_a_capacity_block_says_for_how_long_and_from_when() -> None:
    begins = datetime(2026, 12, 1, 11, 30, tzinfo=UTC)
    block = replace(
        BIG,
        capacity_type=CapacityType.CAPACITY_BLOCK,
        window=Window(begins, begins + timedelta(hours=24)),
    )

    (document,) = offers_document(answer(block))["offers"]
    assert "  capacity-block 24 h from 2026-12-01 11:30  " in text(answer(block))
    assert (document["starts_at"], document["ends_at"]) == (
        "2026-12-01T11:30:00Z",
        "2026-12-02T11:30:00Z",
    )


def test_regions_without_an_answer_are_named_the_first_of_many() -> None:
    gaps = tuple(
        Coverage(
            region=RegionKey.parse(f"aws/r-{number}"),
            status=RegionStatus.DENIED,
            fetched_at=BIG.fetched_at,
            source="aws",
            offers=0,
        )
        for number in range(5)
    )

    lines = text(replace(answer(BIG), coverage_gaps=gaps)).splitlines()

    assert lines[-1] == (
        "Not covered: aws/r-0 (denied), aws/r-1 (denied), aws/r-2 (denied) and 2 more"
    )


class TestJson:
    def test_an_offer_is_complete(self) -> None:
        (document,) = offers_document(answer(BIG))["offers"]

        assert document == {
            "provider": "aws",
            "region": "us-east-1",
            "zone": "use1-az4",
            "zone_kind": "availability-zone",
            "zones": ["use1-az4"],
            "country": "US",
            "jurisdictions": document["jurisdictions"],
            "machine_type": "p5.48xlarge",
            "family": "P",
            "accelerator": "H100",
            "accelerator_kind": "gpu",
            "accelerator_memory_mib": 81920,
            "count": 8,
            "count_exact": "8",
            "vcpus": 200,
            "memory_mib": 2048000,
            "network_gbps": None,
            "capacity_type": "on-demand",
            "term_months": None,
            "starts_at": None,
            "ends_at": None,
            "refused": None,
            "capacity_score": None,
            "price": "58.8928",
            "currency": "USD",
            "price_per_gpu_hour": "7.3616",
            "fetched_at": "2026-07-01T00:00:00Z",
            "source": "test",
        }
        assert "US" in document["jurisdictions"]

    def test_an_unknown_price_is_null(self) -> None:
        (document,) = offers_document(answer(UNPRICED))["offers"]

        assert document["price"] is None
        assert document["price_per_gpu_hour"] is None
        assert document["currency"] == "USD"

    def test_a_share_of_a_device_is_a_number_and_exact_beside_it(self) -> None:
        (document,) = offers_document(answer(THIRD))["offers"]

        assert document["count"] == pytest.approx(1 / 3, abs=1e-6)
        assert document["count_exact"] == "1/3"

    def test_a_group_has_its_cheapest_offers(self) -> None:
        found = answer(BIG, UNPRICED, RESERVED)

        (group,) = groups_document(found)["groups"]

        assert group["unknown_prices"] == 1
        assert {kind: best["price"] for kind, best in group["cheapest"].items()} == {
            "on-demand": "58.8928",
            "reserved": "31.50",
        }


def test_groups_show_where_each_accelerator_is_cheapest() -> None:
    spot = replace(BIG, capacity_type=CapacityType.SPOT, price=THIRD.price)
    found = answer(BIG, spot, THIRD, UNPRICED)

    lines = render_groups(found, limit=0, now=LATER, width=120, style=Style()).splitlines()

    assert lines == [
        "GPU   GPU MEM  COUNTS  CLOUDS  REGIONS  OFFERS  ON-DEMAND $/GPU-H  IN                SPOT $/GPU-H  IN",
        "H100   80 GiB  8       aws           2       3             7.3616  aws/us-east-1           0.0568  aws/us-east-1",
        "L4     24 GiB  1/3     gcp           1       1             1.3620  gcp/europe-west4             -",
        "",
        "2 accelerators in 4 of 4 offers.",
        "With an unknown price, and never the cheapest: 1.",
        "Prices are 3 d old, in USD.",
    ]


def test_groups_are_sorted_and_limited_as_offers_are() -> None:
    found = replace(answer(BIG, THIRD, UNPRICED), order=Order.PRICE_PER_GPU)

    lines = render_groups(found, limit=1, now=LATER, width=120, style=Style()).splitlines()

    assert lines[1].startswith("L4 ")
    assert lines[3] == "2 accelerators in 3 of 3 offers; shown: 1 (-limit=0 shows all)."
    assert [group["accelerator"] for group in groups_document(found)["groups"]] == ["L4", "H100"]
