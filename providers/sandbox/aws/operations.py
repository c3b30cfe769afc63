"""The answers to the calls of discovery, each the result of one operation."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from broker.domain.geography import ZoneKind
from broker.domain.offers import CapacityType
from providers.sandbox.aws.account import service_quotas
from providers.sandbox.aws.capacity import capacity_blocks, placement_scores
from providers.sandbox.aws.market import OPT_IN_NOT_REQUIRED, Market, RegionMarket
from providers.sandbox.aws.price_list import price_list, savings_plan_rates
from providers.sandbox.aws.protocol import Call, Refused
from providers.sandbox.faults import FaultKind, Faults

LONG_AGO = timedelta(days=90)
NO_SUCH_TYPE = "InvalidInstanceType"
NO_SUCH_RESOURCE = "NoSuchResourceException"

Answer = Callable[["SandboxAccount", RegionMarket, Mapping[str, Any]], dict[str, Any]]


class SandboxAccount:
    """A market as one account sees it; *faults* say which regions it may use."""

    def __init__(self, market: Market, faults: Faults) -> None:
        self.market = market
        self.faults = faults

    @cached_property
    def price_list(self) -> list[tuple[Mapping[str, str], str]]:
        """The attributes and the text of each item of the price list of all regions."""
        return [
            (item["product"]["attributes"], json.dumps(_dated(item, self.faults.lasting(name))))
            for name, region in self.market.regions.items()
            for item in price_list(region)
        ]

    def opted_in(self, region: str) -> bool:
        """Whether the account can use *region* at all."""
        gone = (FaultKind.NOT_OPTED_IN, FaultKind.VANISHED)
        return region in self.market.regions and self.faults.lasting(region) not in gone

    def answer(self, call: Call) -> dict[str, Any] | None:
        """The result of *call*; None for an operation that moto answers. Raises Refused."""
        operation = OPERATIONS.get((call.service, call.operation))
        if operation is None:
            return None
        if call.service in ("pricing", "savingsplans") or call.operation == "DescribeRegions":
            # Answered wherever it is asked, even where nothing is sold.
            return operation(self, RegionMarket(region=call.region, zones=()), call.parameters)
        if not self.opted_in(call.region):
            code = "AuthFailure" if call.service == "ec2" else "UnrecognizedClientException"
            message = "AWS was not able to validate the provided access credentials"
            raise Refused(code, message, status=401 if call.service == "ec2" else 400)
        return operation(self, self.market.regions[call.region], call.parameters)


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
    return _page("InstanceTypeOfferings", rows, asked, most=1000)


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
    return _page("InstanceTypes", rows, asked, most=100)


def _spot_prices(
    account: SandboxAccount, market: RegionMarket, asked: Mapping[str, Any]
) -> dict[str, Any]:
    stale = account.faults.lasting(market.region) is FaultKind.STALE
    rows = [
        {
            "AvailabilityZone": market.zone(str(offer.zone)).name,
            "AvailabilityZoneId": str(offer.zone),
            "InstanceType": str(offer.machine_type),
            "ProductDescription": "Linux/UNIX",
            "SpotPrice": f"{offer.price}",
            "Timestamp": offer.fetched_at - (LONG_AGO if stale else timedelta()),
        }
        for offer in market.of(CapacityType.SPOT)
        if offer.price is not None
        and offer.machine_type in asked.get("InstanceTypes", [offer.machine_type])
    ]
    return _page("SpotPriceHistory", rows, asked, most=1000)


def _scores(
    account: SandboxAccount, market: RegionMarket, asked: Mapping[str, Any]
) -> dict[str, Any]:
    markets = [account.market.regions.get(name) for name in asked.get("RegionNames", ())]
    found = [m for m in markets if m is not None] or list(account.market.regions.values())
    rows = placement_scores(found, asked)
    return _page("SpotPlacementScores", rows, asked, most=10)


def _capacity_blocks(
    account: SandboxAccount, market: RegionMarket, asked: Mapping[str, Any]
) -> dict[str, Any]:
    start = asked.get("StartDateRange") or datetime.now(UTC)  # noqa: TID251  # a cloud has a clock
    return _page("CapacityBlockOfferings", capacity_blocks(market, asked, start), asked, most=1000)


def _products(
    account: SandboxAccount, market: RegionMarket, asked: Mapping[str, Any]
) -> dict[str, Any]:
    # The region leaves the fewest over, so it is looked at first.
    filters = sorted(asked["Filters"], key=lambda wanted: wanted["Field"] != "regionCode")
    items = [
        text
        for attributes, text in account.price_list
        if all(_matches(attributes, wanted) for wanted in filters)
    ]
    return {"FormatVersion": "aws_v1", **_page("PriceList", items, asked, most=100)}


def _dated(item: dict[str, Any], fault: FaultKind | None) -> dict[str, Any]:
    if fault is not FaultKind.STALE:
        return item
    published = datetime.fromisoformat(item["publicationDate"]) - LONG_AGO
    return {**item, "publicationDate": published.strftime("%Y-%m-%dT%H:%M:%SZ")}


def _matches(attributes: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    value = attributes.get(wanted["Field"])
    match wanted["Type"]:
        case "ANY_OF":
            return value in wanted["Value"].split(",")
        case "NONE_OF":
            return value not in wanted["Value"].split(",")
        case "CONTAINS":
            return value is not None and wanted["Value"] in value
        case _:
            return value == wanted["Value"]


def _quotas(
    account: SandboxAccount, market: RegionMarket, asked: Mapping[str, Any]
) -> dict[str, Any]:
    if asked["ServiceCode"] != "ec2":
        raise Refused(NO_SUCH_RESOURCE, "The sandbox knows the quotas of ec2 only")
    return _page("Quotas", service_quotas(market.region), asked, most=100)


def _savings_plans(
    account: SandboxAccount, market: RegionMarket, asked: Mapping[str, Any]
) -> dict[str, Any]:
    wanted = {each["name"]: set(each["values"]) for each in asked.get("filters", ())}
    rows = []
    for name, region in account.market.regions.items():
        for row in savings_plan_rates(region) if name in wanted.get("region", {name}) else ():
            told = {each["name"]: each["value"] for each in row["properties"]}
            if all(told.get(key) in values for key, values in wanted.items()):
                rows.append(row)
    page = _page(
        "searchResults",
        rows,
        {"NextToken": asked.get("nextToken"), "MaxResults": asked.get("maxResults")},
        most=1000,
    )
    token = page.pop("NextToken", None)
    return {**page, "nextToken": token} if token else page


def _filter(asked: Mapping[str, Any], name: str) -> set[str] | None:
    for wanted in asked.get("Filters", ()):
        if wanted["Name"] == name:
            return set(wanted["Values"])
    return None


def _page(key: str, rows: Sequence[Any], asked: Mapping[str, Any], *, most: int) -> dict[str, Any]:
    """One page of *rows*, at most *most*, and the token of the next if there is one."""
    start = int(str(asked.get("NextToken") or "page-0").removeprefix("page-"))
    end = start + min(int(asked.get("MaxResults") or most), most)
    token = {"NextToken": f"page-{end}"} if end < len(rows) else {}
    return {key: list(rows[start:end]), **token}


OPERATIONS: Mapping[tuple[str, str], Answer] = {
    ("ec2", "DescribeRegions"): _regions,
    ("ec2", "DescribeAvailabilityZones"): _zones,
    ("ec2", "DescribeInstanceTypeOfferings"): _offerings,
    ("ec2", "DescribeInstanceTypes"): _machine_types,
    ("ec2", "DescribeSpotPriceHistory"): _spot_prices,
    ("ec2", "GetSpotPlacementScores"): _scores,
    ("ec2", "DescribeCapacityBlockOfferings"): _capacity_blocks,
    ("pricing", "GetProducts"): _products,
    ("savingsplans", "DescribeSavingsPlansOfferingRates"): _savings_plans,
    ("servicequotas", "ListServiceQuotas"): _quotas,
}
