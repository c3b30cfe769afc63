"""`broker offers` over the bundled catalog, through the command line only."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.conftest import Broker

REQUIRED = {
    "provider",
    "region",
    "zone",
    "machine_type",
    "accelerator",
    "count",
    "capacity_type",
    "price",
    "currency",
    "price_per_gpu_hour",
    "fetched_at",
    "source",
}


def offers(broker: Broker, *words: str) -> list[dict[str, Any]]:
    done = broker("offers", *words, "-json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    document = json.loads(done.stdout)
    assert set(document) == {"offers"}
    found: list[dict[str, Any]] = document["offers"]
    return found


def test_json_is_complete_whatever_the_limit(broker: Broker) -> None:
    every = offers(broker)

    assert len(every) > 4000
    assert every == offers(broker, "-limit=1")
    assert all(set(offer) >= REQUIRED for offer in every)


def test_every_price_is_a_decimal_string_above_zero_or_null(broker: Broker) -> None:
    prices = [offer["price"] for offer in offers(broker)]

    assert None in prices
    assert all(price is None or Decimal(price) > 0 for price in prices)
    assert prices == sorted(prices, key=lambda p: (p is None, Decimal(p or 0)))


def test_a_machine_type_has_its_list_price(broker: Broker) -> None:
    found = offers(broker, "-machine-type=p5.48xlarge", "-region=us-east-1", "-capacity=on-demand")

    (regional,) = [offer for offer in found if offer["zone"] is None]
    assert regional["price"] == "55.04"
    assert regional["count"] == 8
    assert regional["price_per_gpu_hour"] == "6.88"


@pytest.mark.parametrize("spelling", ["-gpu", "--gpu", "-accelerator", "--accelerator"])
def test_filters_narrow_together(broker: Broker, spelling: str) -> None:
    found = offers(broker, spelling, "H100", "--cloud", "azure", "-jurisdiction=EU", "-count=1:2")

    assert found
    for offer in found:
        assert offer["accelerator"].startswith("H100")
        assert offer["provider"] == "azure"
        assert "EU" in offer["jurisdictions"]
        assert 1 <= offer["count"] <= 2


def test_a_model_means_its_variants_and_memory_tells_them_apart(broker: Broker) -> None:
    both = {offer["accelerator"] for offer in offers(broker, "-gpu=A100")}
    large = {offer["accelerator"] for offer in offers(broker, "-gpu=A100", "-memory=80")}

    assert both == {"A100", "A100-80GB"}
    assert large == {"A100-80GB"}


def test_a_share_of_a_device_can_be_asked_for(broker: Broker) -> None:
    shares = offers(broker, "-count=:0.5")

    assert shares
    assert all(0 < offer["count"] <= 0.5 for offer in shares)


def test_no_offer_is_one_clear_line_and_no_error(broker: Broker) -> None:
    done = broker("offers", "-gpu=H100", "-max-price=0.01")

    assert done.returncode == 0
    assert done.stdout.startswith("No offer matches, of ")
    assert offers(broker, "-gpu=H100", "-max-price=0.01") == []


def test_every_wrong_name_is_told_with_a_suggestion(broker: Broker) -> None:
    done = broker("offers", "-gpu=H10", "-cloud=asw", "-region=eu-wst-1", "-json")

    failure = json.loads(done.stdout)
    assert done.returncode == failure["exit_code"] == 1
    assert {d["code"] for d in failure["diagnostics"]} == {
        "accelerator-unknown",
        "cloud-unknown",
        "region-unknown",
    }
    assert all("Did you mean" in d["hint"] for d in failure["diagnostics"])


@pytest.mark.parametrize(
    "words",
    [[], ["-limit=0"], ["-gpu=H100"], ["-gpu=MI300X"], ["-group-by=gpu"], ["-capacity=reserved"]],
)
def test_a_pipe_gets_every_column(broker: Broker, words: list[str]) -> None:
    lines = broker("offers", *words).stdout.splitlines()

    assert "GPU MEM" in lines[0]
    assert ("IN" if "-group-by=gpu" in words else "vCPU") in lines[0].split()
    assert not [line for line in lines if line.startswith("Not shown")]


def test_the_table_shows_unknown_prices_last_as_unknown(broker: Broker) -> None:
    lines = broker("offers", "-limit=0").stdout.splitlines()
    rows = lines[1 : lines.index("")]
    unknown = [row.endswith("unknown  unknown") or " unknown  unknown " in row for row in rows]

    assert any(unknown)
    assert unknown == sorted(unknown)


def test_groups_name_the_cheapest_place_of_each_accelerator(broker: Broker) -> None:
    done = broker("offers", "-group-by=gpu", "-json")
    groups = {group["accelerator"]: group for group in json.loads(done.stdout)["groups"]}
    h100 = offers(broker, "-gpu=H100", "-capacity=on-demand", "-sort=price-per-gpu")

    cheapest = groups["H100"]["cheapest"]["on-demand"]
    assert cheapest == next(offer for offer in h100 if offer["accelerator"] == "H100")


def test_the_environment_chooses_among_providers(broker: Broker) -> None:
    done = broker("offers", env={"BROKER_PROVIDERS": "listprices nowhere"})

    assert done.returncode == 1
    assert "[provider-not-installed]" in done.stderr
    assert "listprices. BROKER_PROVIDERS chooses among them." in done.stderr
