"""The answers to the calls of discovery, each the result of one operation."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from broker.domain.geography import ZoneKind
from broker.domain.offers import CapacityType
from providers.sandbox.aws.account import LONG_AGO, SandboxAccount
from providers.sandbox.aws.billing import products, savings_plans
from providers.sandbox.aws.capacity import (
    BLOCKS,
    capacity_blocks,
    capacity_reservations,
    placement_scores,
)
from providers.sandbox.aws.market import OPT_IN_NOT_REQUIRED, RegionMarket
from providers.sandbox.aws.paging import page
from providers.sandbox.aws.protocol import Call, Refused
from providers.sandbox.aws.quotas import service_quotas
from providers.sandbox.faults import FaultKind

NO_SUCH_TYPE = "InvalidInstanceType"
NOT_SOLD_SO = "Unsupported"
NO_SUCH_RESOURCE = "NoSuchResourceException"

Answer = Callable[[SandboxAccount, RegionMarket, Mapping[str, Any]], dict[str, Any]]


def answer(account: SandboxAccount, call: Call) -> dict[str, Any] | None:
    """The result of *call*; None for an operation that moto answers. Raises Refused."""
    operation = OPERATIONS.get((call.service, call.operation))
    if operation is None:
        return None
    if call.service in ("pricing", "savingsplans") or call.operation == "DescribeRegions":
        # Answered wherever it is asked, even where nothing is sold.
        return operation(account, RegionMarket(region=call.region, zones=()), call.parameters)
    if not account.opted_in(call.region):
        code = "AuthFailure" if call.service == "ec2" else "UnrecognizedClientException"
        message = "AWS was not able to validate the provided access credentials"
        raise Refused(code, message, status=401 if call.service == "ec2" else 400)
    return operation(account, account.market.regions[call.region], call.parameters)


def region_of(call: Call) -> str:
    """The region that *call* is about: prices of all regions are asked of one."""
    for asked in call.parameters.get("Filters", ()):
        if asked.get("Field") == "regionCode":
            return str(asked["Value"]).split(",")[0]
    for asked in call.parameters.get("filters", ()):
        if asked["name"] == "region":
            return str(asked["values"][0])
    return call.region


def _regions(
    account: SandboxAccount, home: RegionMarket, asked: Mapping[str, Any]
) -> dict[str, Any]:
    regions = []
    for name in account.market.regions:
        if account.faults.lasting(name) is FaultKind.VANISHED:
            continue
        status = "opt-in-not-required" if name in OPT_IN_NOT_REQUIRED else "opted-in"
        if not account.opted_in(name):
            status = "not-opted-in"
        if status != "not-opted-in" or asked.get("AllRegions"):
            regions.append(
                {
                    "RegionName": name,
                    "Endpoint": f"ec2.{name}.amazonaws.com",
                    "OptInStatus": status,
                }
            )
    return {"Regions": regions}


def _zones(
    account: SandboxAccount, market: RegionMarket, asked: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "AvailabilityZones": [
            {
                "ZoneId": zone.id,
                "ZoneName": zone.name,
                "ZoneType": zone.kind.value,
                "GroupName": zone.group,
                "NetworkBorderGroup": zone.group,
                "RegionName": market.region,
                "State": "available",
                "OptInStatus": (
                    "opt-in-not-required" if zone.kind is ZoneKind.AVAILABILITY_ZONE else "opted-in"
                ),
            }
            for zone in market.zones
        ]
    }


def _offerings(
    account: SandboxAccount, market: RegionMarket, asked: Mapping[str, Any]
) -> dict[str, Any]:
    kind = asked.get("LocationType", "region")
    wanted = _filter(asked, "instance-type")
    rows = [
        {"InstanceType": machine_type, "LocationType": kind, "Location": place}
        for machine_type, zones in market.sold_in.items()
        if wanted is None or machine_type in wanted
        for place in _places(market, kind, zones)
    ]
    return page("InstanceTypeOfferings", rows, asked, most=1000)


def _places(market: RegionMarket, kind: str, zones: Sequence[str]) -> Iterable[str]:
    match kind:
        case "availability-zone-id":
            return zones
        case "availability-zone":
            return [market.zone(zone).name for zone in zones]
        case _:
            return [market.region]


def _machine_types(
    account: SandboxAccount, market: RegionMarket, asked: Mapping[str, Any]
) -> dict[str, Any]:
    wanted = _filter(asked, "instance-type")
    names = asked.get("InstanceTypes") or list(market.sold_in)
    unknown = sorted(set(names) - set(market.sold_in))
    if unknown:
        message = f"The following supplied instance types do not exist: [{', '.join(unknown)}]"
        raise Refused(NO_SUCH_TYPE, message)
    rows = [
        account.market.machine_types[name]
        for name in sorted(names)
        if wanted is None or name in wanted
    ]
    return page("InstanceTypes", rows, asked, most=100)


def _spot_prices(
    account: SandboxAccount, market: RegionMarket, asked: Mapping[str, Any]
) -> dict[str, Any]:
    stale = account.is_stale(market.region)
    rows = [
        {
            "AvailabilityZone": market.zone(str(offer.zone)).name,
            "AvailabilityZoneId": str(offer.zone),
            "InstanceType": str(offer.machine_type),
            "ProductDescription": "Linux/UNIX",
            "SpotPrice": f"{offer.price}",
            "Timestamp": LONG_AGO if stale else offer.fetched_at,
        }
        for offer in market.of(CapacityType.SPOT)
        if offer.price is not None
        and offer.machine_type in asked.get("InstanceTypes", [offer.machine_type])
    ]
    return page("SpotPriceHistory", rows, asked, most=1000)


def _scores(
    account: SandboxAccount, market: RegionMarket, asked: Mapping[str, Any]
) -> dict[str, Any]:
    markets = [account.market.regions.get(name) for name in asked.get("RegionNames", ())]
    found = [m for m in markets if m is not None] or list(account.market.regions.values())
    rows = placement_scores(found, asked)
    return page("SpotPlacementScores", rows, asked, most=10)


def _capacity_blocks(
    account: SandboxAccount, market: RegionMarket, asked: Mapping[str, Any]
) -> dict[str, Any]:
    name = str(asked.get("InstanceType", ""))
    if not name.startswith(BLOCKS):
        raise Refused(NOT_SOLD_SO, f"{name} is not supported for Capacity Blocks.")
    start = asked.get("StartDateRange") or datetime.now(UTC)  # noqa: TID251  # a cloud has a clock
    return page("CapacityBlockOfferings", capacity_blocks(market, asked, start), asked, most=1000)


def _reservations(
    account: SandboxAccount, market: RegionMarket, asked: Mapping[str, Any]
) -> dict[str, Any]:
    rows = capacity_reservations(account.reserved, market)
    return page("CapacityReservations", rows, asked, most=1000)


def _quotas(
    account: SandboxAccount, market: RegionMarket, asked: Mapping[str, Any]
) -> dict[str, Any]:
    if asked["ServiceCode"] != "ec2":
        raise Refused(NO_SUCH_RESOURCE, "The sandbox knows the quotas of ec2 only")
    return page("Quotas", service_quotas(market.region), asked, most=100)


def _filter(asked: Mapping[str, Any], name: str) -> set[str] | None:
    for wanted in asked.get("Filters", ()):
        if wanted["Name"] == name:
            return set(wanted["Values"])
    return None


OPERATIONS: Mapping[tuple[str, str], Answer] = {
    ("ec2", "DescribeRegions"): _regions,
    ("ec2", "DescribeAvailabilityZones"): _zones,
    ("ec2", "DescribeInstanceTypeOfferings"): _offerings,
    ("ec2", "DescribeInstanceTypes"): _machine_types,
    ("ec2", "DescribeSpotPriceHistory"): _spot_prices,
    ("ec2", "GetSpotPlacementScores"): _scores,
    ("ec2", "DescribeCapacityBlockOfferings"): _capacity_blocks,
    ("ec2", "DescribeCapacityReservations"): _reservations,
    ("pricing", "GetProducts"): products,
    ("savingsplans", "DescribeSavingsPlansOfferingRates"): savings_plans,
    ("servicequotas", "ListServiceQuotas"): _quotas,
}
