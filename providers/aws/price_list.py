"""Prices out of items of the AWS Price List API. Pure."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.money import Money
from providers.aws.amounts import parsed
from providers.calls.findings import prices_ambiguous, prices_left_out

Payload = Mapping[str, Any]

PRICE_LIST = "AWS Price List"

ON_DEMAND = 0

WANTED = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "marketoption": "OnDemand",
}
"""What an item is for: Linux without licences, on shared hosts, in use, at the list price."""

MALFORMED = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading a text raises that is not of the form it should have."""

NO_PRICE = "not of the form of a price"

TERMS = {"1yr": 12, "3yr": 36}
HOURS_PER_MONTH = 730
PAYMENTS = ("No Upfront", "Partial Upfront", "All Upfront")
"""Ways to pay a reservation, the one that is taken first if there are several."""


@dataclass(frozen=True, slots=True, order=True)
class Product:
    """What a price is for; *place* is a region, or the group of a local zone."""

    machine_type: str
    place: str
    term_months: int = ON_DEMAND


@dataclass(frozen=True, slots=True)
class ListedPrice:
    """Dollars per node and hour as published; None for one that is listed without a price."""

    price: Money | None
    published_at: datetime
    source: str = PRICE_LIST


Rank = tuple[int, datetime]
"""How much a term counts: the way to pay first, then when it took effect."""


@dataclass(slots=True)
class PriceList:
    """Prices by product, and what was left out, by reason."""

    prices: dict[Product, ListedPrice] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    ambiguous: set[Product] = field(default_factory=set)
    _ranks: dict[Product, Rank] = field(default_factory=dict)

    def take(self, product: Product, rank: Rank, listed: ListedPrice) -> None:
        """Keep *listed* unless something of a higher *rank* is known; of equals, the higher price.

        Equals that are both known and differ make *product* ambiguous.
        """
        before = self.prices.get(product)
        if before is None or rank > self._ranks[product]:
            self.ambiguous.discard(product)
            self.prices[product], self._ranks[product] = listed, rank
        elif rank == self._ranks[product] and listed.price and listed.price != before.price:
            if before.price:
                self.ambiguous.add(product)
            if before.price is None or before.price < listed.price:
                self.prices[product] = listed

    def findings(self, subject: str) -> Iterator[Diagnostic]:
        """A warning for what was left out, and one for what is told in two ways."""
        if self.left_out:
            yield prices_left_out(subject, self.left_out)
        if self.ambiguous:
            yield prices_ambiguous(subject, {product.machine_type for product in self.ambiguous})


class Unusable(Exception):  # the reason is counted and reported, not raised further
    """A row that can not be a price per node and hour in dollars; its text is the reason."""


def price_list(items: Iterable[str], now: datetime) -> PriceList:
    """The prices in force at *now*; items for anything but plain Linux are passed over.

    Of several terms the one that took effect last counts; of two at once, the higher.
    """
    found = PriceList()
    for text in items:
        try:
            item = json.loads(text)
            product, published_at = _product(item), _instant(item.get("publicationDate"), now)
            terms = list(_terms(item, product, now)) if product else []
        except MALFORMED:
            found.left_out[NO_PRICE] += 1
            continue
        for priced, rank, term in terms:
            try:
                found.take(priced, rank, ListedPrice(_price(term), published_at))
            except Unusable as reason:
                found.left_out[str(reason)] += 1
            except MALFORMED:
                found.left_out[NO_PRICE] += 1
    return found


def _product(item: Payload) -> Product | None:
    attributes = item["product"]["attributes"]
    if any(attributes.get(key, value) != value for key, value in WANTED.items()):
        return None
    return Product(str(attributes["instanceType"]), str(attributes["regionCode"]))


def _terms(
    item: Payload, product: Product, now: datetime
) -> Iterator[tuple[Product, Rank, Payload]]:
    """Each term in force: what it is for, how much it counts, and itself."""
    for term in item["terms"].get("OnDemand", {}).values():
        effective_at = _instant(term.get("effectiveDate"), now)
        if effective_at <= now:
            yield product, (0, effective_at), term
    for term in item["terms"].get("Reserved", {}).values():
        attributes = term["termAttributes"]
        months = TERMS.get(attributes.get("LeaseContractLength"))
        payment = attributes.get("PurchaseOption")
        effective_at = _instant(term.get("effectiveDate"), now)
        standard = attributes.get("OfferingClass", "standard") == "standard"
        if months and standard and payment in PAYMENTS and effective_at <= now:
            reserved = Product(product.machine_type, product.place, months)
            yield reserved, (-PAYMENTS.index(payment), effective_at), term


def _price(term: Payload) -> Money | None:
    """Per node and hour, the upfront fee spread over the term; None for one of zero dollars.

    Raises Unusable.
    """
    hourly, upfront = Money(0), Money(0)
    for dimension in term["priceDimensions"].values():
        unit = dimension.get("unit")
        amount = _dollars(dimension.get("pricePerUnit", {}))
        if unit == "Hrs":
            hourly += amount
        elif unit == "Quantity":
            upfront += amount
        else:
            reason = f"per {unit}"
            raise Unusable(reason)
    months = TERMS.get(term.get("termAttributes", {}).get("LeaseContractLength"), 0)
    price = hourly + upfront / (months * HOURS_PER_MONTH) if months else hourly
    return price if price.micros > 0 else None


def _dollars(amounts: Mapping[str, str]) -> Money:
    if "USD" not in amounts:
        reason = f"in {', '.join(sorted(amounts)) or 'no currency'}"
        raise Unusable(reason)
    amount = parsed(amounts["USD"])
    if amount is None:
        reason = "not a number"
        raise Unusable(reason)
    if amount.micros < 0:
        reason = "below zero"
        raise Unusable(reason)
    return amount


def _instant(text: object, now: datetime) -> datetime:
    """The instant told, never later than *now*: a clock may be wrong, a price is not newer."""
    if not text:
        return now
    instant = datetime.fromisoformat(str(text))
    return instant if instant.tzinfo else instant.replace(tzinfo=now.tzinfo)
