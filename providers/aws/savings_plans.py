"""Rates of EC2 instance savings plans: what a node costs per hour under a commitment. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from providers.aws.amounts import dollars
from providers.aws.price_list import ListedPrice, Product

SAVINGS_PLANS = "AWS savings plans"

SECONDS_PER_YEAR = 365 * 24 * 3600
MONTHS_PER_YEAR = 12


def savings_plan_rates(
    rows: Iterable[Mapping[str, Any]], region: str, now: datetime
) -> dict[Product, ListedPrice]:
    """The rate of each machine type of *region* and each term, in dollars per node and hour.

    Rates are those of now: the cloud gives them no date. Of two for one term the higher is taken.
    """
    found: dict[Product, ListedPrice] = {}
    for row in rows:
        offering = row.get("savingsPlanOffering", {})
        properties = {each.get("name"): each.get("value") for each in row.get("properties", ())}
        months = round(offering.get("durationSeconds", 0) * MONTHS_PER_YEAR / SECONDS_PER_YEAR)
        usable = row.get("unit") == "Hrs" and offering.get("currency") == "USD" and months > 0
        rate = dollars(row.get("rate", ""))
        if not usable or rate is None or properties.get("region") != region:
            continue
        product = Product(str(properties.get("instanceType")), region, months)
        before = found.get(product)
        if before is None or before.price is None or before.price < rate:
            found[product] = ListedPrice(rate, now, SAVINGS_PLANS)
    return found
