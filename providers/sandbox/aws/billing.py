"""The answers of the price list and of savings plans: served from one region for all."""

from collections.abc import Mapping
from typing import Any

from providers.sandbox.aws.account import SandboxAccount
from providers.sandbox.aws.market import RegionMarket
from providers.sandbox.aws.paging import page
from providers.sandbox.aws.price_list import savings_plan_rates


def products(
    account: SandboxAccount, market: RegionMarket, asked: Mapping[str, Any]
) -> dict[str, Any]:
    """`GetProducts`: the items of the price list of all regions that pass the filters."""
    # The region leaves the fewest over, so it is looked at first.
    filters = sorted(asked["Filters"], key=lambda wanted: wanted["Field"] != "regionCode")
    items = [
        text
        for attributes, text in account.price_list
        if all(_matches(attributes, wanted) for wanted in filters)
    ]
    return {"FormatVersion": "aws_v1", **page("PriceList", items, asked, most=100)}


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


def savings_plans(
    account: SandboxAccount, market: RegionMarket, asked: Mapping[str, Any]
) -> dict[str, Any]:
    """`DescribeSavingsPlansOfferingRates`; its tokens are spelled in another case."""
    wanted = {each["name"]: set(each["values"]) for each in asked.get("filters", ())}
    rows = []
    for name, region in account.market.regions.items():
        for row in savings_plan_rates(region) if name in wanted.get("region", {name}) else ():
            told = {each["name"]: each["value"] for each in row["properties"]}
            if all(told.get(key) in values for key, values in wanted.items()):
                rows.append(row)
    found = page(
        "searchResults",
        rows,
        {"NextToken": asked.get("nextToken"), "MaxResults": asked.get("maxResults")},
        most=1000,
    )
    token = found.pop("NextToken", None)
    return {**found, "nextToken": token} if token else found
