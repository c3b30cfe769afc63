"""SKUs of the Cloud Billing Catalog into rates of what machines are made of: pure.

A SKU says what it is for in its description only; its category tells CPU, RAM, GPU and so on, and
a kind of use that is not always right: some spot SKUs and all of flex-start and calendar mode are
called `OnDemand`.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.money import HOURS_PER_MONTH
from broker.domain.offers import CapacityType
from providers.calls.findings import prices_ambiguous, prices_left_out

Sku = Mapping[str, Any]

NANOS = 10**9


class Part(StrEnum):
    """What a rate is for: a vCPU, a GiB of memory, a device, a GiB of local SSD; for one hour."""

    CORE = "core"
    MEMORY = "memory"
    DEVICE = "device"
    LOCAL_SSD = "local-ssd"


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a machine under one kind of capacity; *name* tells which family or device."""

    part: Part
    name: str
    capacity_type: CapacityType
    term_months: int = 0


@dataclass(slots=True)
class Rates:
    """US dollars per hour by item and region; what was left out, by reason; what is told twice."""

    by_region: dict[str, dict[Item, Decimal]] = field(default_factory=dict)
    left_out: dict[str, Counter[str]] = field(default_factory=dict)
    ambiguous: dict[str, set[str]] = field(default_factory=dict)

    def findings(self, region: str, subject: str) -> list[Diagnostic]:
        """A warning for what was left out, and one for what is told in two ways, in *region*."""
        left_out, twice = self.left_out.get(region), self.ambiguous.get(region)
        return [
            *([prices_left_out(subject, left_out)] if left_out else ()),
            *([prices_ambiguous(subject, twice)] if twice else ()),
        ]


UNITS = {
    Part.CORE: ("h", 1),
    Part.MEMORY: ("GiBy.h", 1),
    Part.DEVICE: ("h", 1),
    Part.LOCAL_SSD: ("GiBy.mo", HOURS_PER_MONTH),
}
"""The unit in which each part is billed, and its hours."""

TERMS = {"Commit1Yr": 12, "Commit3Yr": 36}

OTHER = re.compile(
    r"Sole Tenancy|Premium|Custom|suspended|\bReserved\b|Capacity Optimized|"
    r"Virtual Workstation|Upgrade|Extended",
    re.IGNORECASE,
)
"""Words of SKUs that are no part of a machine of ours, whatever their category says."""

_SPOT = re.compile(r"^Spot Preemptible |\battached to Spot Preemptible VMs\b", re.IGNORECASE)
_FLEX = re.compile(
    r"^DWS Defined Duration |\battached to DWS Defined Duration VMs\b", re.IGNORECASE
)
_CALENDAR = re.compile(r"^DWS Calendar Mode |^Reserved .* in Calendar Mode$", re.IGNORECASE)
_FRAME = re.compile(
    r"^(?:Spot Preemptible |DWS Defined Duration |DWS Calendar Mode |Commitment v1: "
    r"|Reserved (?=.* in Calendar Mode$))?(?P<what>.+?)"
    r"(?: attached to (?:Spot Preemptible|DWS Defined Duration) VMs)?"
    r"(?: running in .*| in .*)?$",
    re.IGNORECASE,
)
_CORES = re.compile(
    r"^(?P<family>[A-Z]\d\w*)(?: Predefined)?(?: Instance)? (?P<part>Core|Cpu|Ram)$", re.IGNORECASE
)
_LOCAL_SSD = re.compile(r"^(?:SSD backed Local Storage|Local SSD)$", re.IGNORECASE)
_NO_NAME = {"nvidia", "tesla", "gpu", "1", "tpu"}
_SAME_NAME = {"plus": "mega", "v5e": "tpuv5e", "v5p": "tpuv5p", "v6e": "tpuv6e"}


def device_name(text: str) -> str:
    """The plain name of a device: its words in one order, without those that tell nothing.

    >>> device_name("Nvidia H100 Mega 80GB GPU"), device_name("Nvidia H100 80GB Plus GPU")
    ('h100 80gb mega', 'h100 80gb mega')
    >>> device_name("A4 Nvidia B200 (1 gpu slice)")
    'a4 b200 slice'
    """
    words = [w for w in re.findall(r"[a-z0-9]+", text.lower()) if w not in _NO_NAME]
    ordered = sorted((_SAME_NAME.get(word, word) for word in words), key=lambda w: w == "mega")
    return " ".join(ordered)


def rates(skus: Iterable[Sku], now: datetime, names: Container[str]) -> Rates:
    """The rates in force at *now* of what is called one of *names*, and of local SSD.

    Of two for one item in one region the higher one is taken.
    """
    found = Rates()
    for sku in skus:
        item = _item(sku)
        regions = sku.get("serviceRegions")
        if item is None or not isinstance(regions, list):
            continue
        if item.part is not Part.LOCAL_SSD and item.name not in names:
            continue
        rate, reason = _rate(sku, item.part, now)
        for region in (str(name) for name in regions):
            if rate is None:
                found.left_out.setdefault(region, Counter())[reason] += 1
            else:
                _enter(found, region, item, rate)
    return found


def _enter(found: Rates, region: str, item: Item, rate: Decimal) -> None:
    known = found.by_region.setdefault(region, {})
    before = known.get(item)
    if before is not None and before != rate:
        what = f"{item.name or item.part} {item.part} {item.capacity_type}"
        found.ambiguous.setdefault(region, set()).add(what)
    known[item] = rate if before is None else max(before, rate)


def _item(sku: Sku) -> Item | None:
    """What the SKU is a rate of; None if of nothing that a machine of ours is billed by."""
    category = sku.get("category")
    description = str(sku.get("description") or "")
    frame = _FRAME.match(description)
    if not isinstance(category, Mapping) or frame is None or OTHER.search(frame["what"]):
        return None
    kind = _kind(str(category.get("usageType")), description)
    named = _named(frame["what"], str(category.get("resourceGroup")))
    return Item(*named, *kind) if kind and named else None


def _kind(usage: str, description: str) -> tuple[CapacityType, int] | None:
    if usage in TERMS:
        return CapacityType.RESERVED, TERMS[usage]
    for words, capacity_type in (
        (_FLEX, CapacityType.FLEX),
        (_CALENDAR, CapacityType.CAPACITY_BLOCK),
    ):
        if words.search(description):
            return capacity_type, 0
    if usage == "Preemptible" or _SPOT.search(description):
        return CapacityType.SPOT, 0
    commitment = description.startswith("Commitment")
    return (CapacityType.ON_DEMAND, 0) if usage == "OnDemand" and not commitment else None


def _named(what: str, group: str) -> tuple[Part, str] | None:
    cores = _CORES.match(what)
    if cores:
        part = Part.MEMORY if cores["part"].lower() == "ram" else Part.CORE
        return part, cores["family"].lower()
    if _LOCAL_SSD.match(what):
        return Part.LOCAL_SSD, ""
    if group in {"GPU", "TPU"}:
        return Part.DEVICE, device_name(what)
    return None


def _rate(sku: Sku, part: Part, now: datetime) -> tuple[Decimal | None, str]:
    """US dollars per hour, or None and the reason."""
    expression = _expression(sku, now)
    unit, hours = UNITS[part]
    if expression.get("usageUnit") != unit:
        return None, f"per {expression.get('usageUnit') or 'an unknown unit'}"
    tiers = expression.get("tieredRates")
    if not isinstance(tiers, list) or len(tiers) != 1 or not isinstance(tiers[0], Mapping):
        return None, "in tiers" if tiers else "no amount"
    price = tiers[0].get("unitPrice")
    if not isinstance(price, Mapping) or price.get("currencyCode") != "USD":
        return None, "in another currency"
    try:
        nanos = int(str(price.get("units") or 0)) * NANOS + int(price.get("nanos") or 0)
    except (TypeError, ValueError):
        return None, "no amount"
    return (Decimal(nanos) / NANOS / hours, "") if nanos > 0 else (None, "not above zero")


def _expression(sku: Sku, now: datetime) -> Mapping[str, Any]:
    """The price that is in force: of those that began before *now*, the last."""
    infos = sku.get("pricingInfo")
    begun = [
        (began, info["pricingExpression"])
        for info in (infos if isinstance(infos, list) else ())
        if isinstance(info, Mapping)
        and isinstance(info.get("pricingExpression"), Mapping)
        and (began := _instant(info.get("effectiveTime"))) is not None
        and began <= now
    ]
    return max(begun, key=lambda pair: pair[0])[1] if begun else {}


def _instant(text: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return instant if instant.tzinfo else None
