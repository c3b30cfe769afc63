"""Azure's public list of retail prices, read page by page for one region: no credentials."""

from collections.abc import Mapping
from typing import Any

from providers.azure.errors import refusal
from providers.calls.effort import Effort
from providers.calls.endpoint import Endpoint
from providers.calls.failures import damaged
from providers.calls.json_reader import JsonReader
from providers.calls.pages import pages

Row = Mapping[str, Any]

API_VERSION = "2023-01-01-preview"
"""The only one that tells the rates of savings plans; it minds the case of what is filtered by."""


WITH_ACCELERATORS = "Standard_N"
"""How all sizes with accelerators begin; they are a twentieth of the list."""


def retail_rows(endpoint: Endpoint, region: str, effort: Effort) -> list[Row]:
    """Every row about virtual machines with accelerators in *region*; raises CloudError.

    One region at a time: over all regions at once the pages shift while they are read.
    """
    import requests  # noqa: PLC0415  # costs half a second, which only a refresh may take

    first = {
        "api-version": API_VERSION,
        "currencyCode": "'USD'",
        "$filter": f"serviceName eq 'Virtual Machines' and armRegionName eq '{region}' "
        f"and contains(armSkuName, '{WITH_ACCELERATORS}')",
    }
    with requests.Session() as session:
        session.trust_env = not endpoint.here  # a proxy does not lead to this computer
        reader = JsonReader(session, effort, refusal)

        def read(link: str | None) -> tuple[list[Row], str | None]:
            url = link or f"{endpoint.url}/api/retail/prices"
            page = reader.read(url, None if link else first, complaint=_complaint)
            return page["Items"], _next_link(page, endpoint, effort)

        return [row for page in pages(read, effort.question) for row in page]


def _complaint(page: Mapping[str, Any]) -> str:
    items = page.get("Items")
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        return "a page of prices without its items"
    if page.get("Count") not in {None, len(items)}:
        return f"{len(items)} of {page['Count']} prices of a page"
    return ""


def _next_link(page: Mapping[str, Any], endpoint: Endpoint, effort: Effort) -> str | None:
    link = page.get("NextPageLink") or None
    if link is not None and not endpoint.leads_to(str(link)):
        raise damaged(effort.question, "the next page of prices is at another address")
    return link and str(link)
