"""Items of the price list, in the form of the AWS Price List API, version 2017-10-15."""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from broker.domain.geography import ZoneKind
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from providers.sandbox.aws.market import RegionMarket

SECONDS_PER_MONTH = 365 * 24 * 3600 // 12

ON_DEMAND_TERM = "JRTCKXETXF"
NO_UPFRONT_TERMS = {12: "4NA7Y494T4", 36: "BPH4J8HBKS"}
"""Codes of the terms: on demand, and standard reservations without an upfront fee."""

SAVINGS_PLANS_ONLY = ("p",)
"""Series whose commitments are savings plans here, so that both ways to commit are there."""


def price_list(market: RegionMarket, published_at: datetime) -> Iterator[dict[str, Any]]:
    """A product for each machine type and place: Linux, its Windows twin, and a dedicated one.

    A machine type that is sold by spot or capacity block only has a product at zero dollars, as
    the real list has. All of it is *published_at* one instant; each price holds since a day of its own.
    """
    priced = market.of(CapacityType.ON_DEMAND)
    reserved: dict[tuple[str, str | None], list[Offer]] = {}
    for offer in market.of(CapacityType.RESERVED):
        if offer.machine_type.startswith(SAVINGS_PLANS_ONLY):
            continue
        reserved.setdefault((offer.machine_type, offer.zone), []).append(offer)
    for offer in priced:
        terms = [offer, *reserved.get((offer.machine_type, offer.zone), ())]
        yield _item(market, terms, published_at, operatingSystem="Linux", tenancy="Shared")
        yield _item(market, terms, published_at, operatingSystem="Windows", tenancy="Shared")
        yield _item(market, terms, published_at, operatingSystem="Linux", tenancy="Dedicated")


def _item(
    market: RegionMarket, offers: list[Offer], published_at: datetime, **told_apart: str
) -> dict[str, Any]:
    first = offers[0]
    attributes = _attributes(market, first) | told_apart
    sku = hashlib.sha256(json.dumps(attributes, sort_keys=True).encode()).hexdigest()[:16].upper()
    terms: dict[str, Any] = {"OnDemand": _term(sku, ON_DEMAND_TERM, first, {})}
    for offer in offers[1:]:
        months = offer.term_months or 0
        attributes_of_term = {
            "LeaseContractLength": f"{months // 12}yr",
            "OfferingClass": "standard",
            "PurchaseOption": "No Upfront",
        }
        terms.setdefault("Reserved", {}).update(
            _term(sku, NO_UPFRONT_TERMS[months], offer, attributes_of_term)
        )
    return {
        "product": {"productFamily": "Compute Instance", "sku": sku, "attributes": attributes},
        "serviceCode": "AmazonEC2",
        "terms": terms,
        "version": _stamp(published_at, "%Y%m%d%H%M%S"),
        "publicationDate": _stamp(published_at),
    }


def _attributes(market: RegionMarket, offer: Offer) -> dict[str, str]:
    local = offer.zone_kind is not ZoneKind.AVAILABILITY_ZONE and offer.zone is not None
    return {
        "capacitystatus": "Used",
        "instanceType": str(offer.machine_type),
        "locationType": "AWS Local Zone" if local else "AWS Region",
        "marketoption": "OnDemand",
        "operation": "RunInstances",
        "preInstalledSw": "NA",
        "regionCode": market.zone(str(offer.zone)).group if local else market.region,
        "servicecode": "AmazonEC2",
        "vcpu": str(offer.vcpus),
    }


def _term(sku: str, code: str, offer: Offer, attributes: dict[str, str]) -> dict[str, Any]:
    key = f"{sku}.{code}"
    rate = f"{key}.6YS6EN2CT7"
    return {
        key: {
            "sku": sku,
            "offerTermCode": code,
            "effectiveDate": _stamp(offer.fetched_at),
            "termAttributes": attributes,
            "priceDimensions": {
                rate: {
                    "rateCode": rate,
                    "unit": "Hrs",
                    "beginRange": "0",
                    "endRange": "Inf",
                    "appliesTo": [],
                    "description": f"{offer.machine_type} in the sandbox",
                    "pricePerUnit": {"USD": _amount(offer.price)},
                }
            },
        }
    }


def _amount(price: Money | None) -> str:
    """Dollars with ten digits, as in the real list; zero where there is no price."""
    micros = 0 if price is None else price.micros
    return f"{micros // 1_000_000}.{micros % 1_000_000:06d}0000"


def _stamp(instant: datetime, pattern: str = "%Y-%m-%dT%H:%M:%SZ") -> str:
    return instant.strftime(pattern)


def savings_plan_rates(market: RegionMarket) -> Iterator[dict[str, Any]]:
    """What the commitments of those series cost, in the form of the Savings Plans API."""
    for offer in market.of(CapacityType.RESERVED):
        if offer.price is None or not offer.machine_type.startswith(SAVINGS_PLANS_ONLY):
            continue
        properties = {
            "region": market.region,
            "instanceType": str(offer.machine_type),
            "instanceFamily": offer.machine_type.partition(".")[0],
            "productDescription": "Linux/UNIX",
            "tenancy": "shared",
        }
        yield {
            "savingsPlanOffering": {
                "offeringId": f"sandbox-{offer.term_months}",
                "paymentOption": "No Upfront",
                "planType": "EC2Instance",
                "durationSeconds": SECONDS_PER_MONTH * (offer.term_months or 0),
                "currency": "USD",
            },
            "rate": _amount(offer.price),
            "unit": "Hrs",
            "productType": "EC2",
            "serviceCode": "AmazonEC2",
            "usageType": f"BoxUsage:{offer.machine_type}",
            "operation": "RunInstances",
            "properties": [
                {"name": name, "value": value} for name, value in sorted(properties.items())
            ],
        }
