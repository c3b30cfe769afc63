"""The stand-in for Azure: which question gets which page, and which failure."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from broker.domain.geography import ZoneKind
from broker.domain.offers import Offer
from broker.ports.sandbox import SandboxCloud
from providers.calls.endpoint import MADE_UP_TOKEN
from providers.sandbox.azure import payloads, reservations, spot
from providers.sandbox.azure.payloads import SUBSCRIPTION, Payload
from providers.sandbox.faults import Fault, FaultKind
from providers.sandbox.http_server import Reply, Request
from providers.sandbox.premises import Premises
from providers.sandbox.stock import Reserved

ARM_PAGE = 200
PRICES_PAGE = 1000

STALE_DAY = "2019-01-01T00:00:00Z"

_PATH = re.compile(rf"^/subscriptions/{SUBSCRIPTION}(?P<rest>/.*)$")
_GRAPH = "/providers/Microsoft.ResourceGraph/resources"
_LOCATION = re.compile(r"^location eq '(?P<region>[^']+)'$")
_USAGES = re.compile(r"^/providers/Microsoft\.Compute/locations/(?P<region>[^/]+)/usages$")
_SCORES = re.compile(
    r"^/providers/Microsoft\.Compute/locations/(?P<region>[^/]+)/placementScores/spot/generate$"
)
_PRICES_OF = re.compile(
    r"^serviceName eq 'Virtual Machines' and armRegionName eq '(?P<region>[^']+)'"
    r"(?: and contains\(armSkuName, '(?P<part>[^']+)'\))?$"
)

ERRORS = {
    FaultKind.THROTTLED: (429, "TooManyRequests", "Too many requests. Please wait."),
    FaultKind.UNAVAILABLE: (503, "ServiceUnavailable", "The service is unavailable now."),
    FaultKind.DENIED: (403, "AuthorizationFailed", "The client may not perform this action."),
    FaultKind.NOT_OPTED_IN: (
        409,
        "MissingSubscriptionRegistration",
        "The subscription is not registered to use namespace 'Microsoft.Compute'.",
    ),
    FaultKind.EXPIRED: (401, "ExpiredAuthenticationToken", "The access token expired."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Machine types that are *restricted* are listed, and not sold to it; it has what is *reserved*."""

    restricted: Collection[str] = ()
    reserved: Sequence[Reserved] = ()


ORDINARY = Subscription()


class AzureSandbox:
    """Azure on this computer. *faults* are by region; a page holds so many rows."""

    def __init__(
        self,
        faults: Sequence[Fault] = (),
        *,
        subscription: Subscription = ORDINARY,
        retry_after_seconds: float = 1,
        latency_seconds: float = 0,
        arm_page: int = ARM_PAGE,
        prices_page: int = PRICES_PAGE,
    ) -> None:
        self._premises = Premises(self.name, faults, latency_seconds)
        self._subscription = subscription
        self._retry_after_seconds = retry_after_seconds
        self._arm_page = arm_page
        self._prices_page = prices_page
        self._edges: dict[str, list[Offer]] = {}

    @property
    def name(self) -> str:
        """The provider that it stands in for."""
        return "azure"

    def start(self, offers: Sequence[Offer], *, fault_seed: int | None = None) -> Mapping[str, str]:
        """Serve *offers* until `stop`; return the environment that leads the adapter here."""
        self._edges = {}
        for offer in offers:
            if offer.region.provider == self.name and offer.zone_kind is ZoneKind.EDGE_ZONE:
                self._edges.setdefault(str(offer.zone), []).append(offer)
        self._premises.open(offers, self.answer, fault_seed=fault_seed)
        return {
            "BROKER_AZURE_ENDPOINT": self._premises.url,
            "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
        }

    def asked(self) -> list[str]:
        """The rights that the questions since `start` needed, sorted; public lists need none."""
        return sorted(self._premises.asked)

    def stop(self) -> None:
        """Close the port; a second time does nothing."""
        self._premises.close()

    def answer(self, request: Request) -> Reply:
        """The answer to one request, as Azure would give it."""
        if request.path == "/api/retail/prices":
            return self._prices(request)
        path = _PATH.match(request.path)
        if path is None and request.path != _GRAPH:
            return _error(404, "SubscriptionNotFound", "The subscription could not be found.")
        if request.bearer() != MADE_UP_TOKEN:
            return _error(401, "InvalidAuthenticationToken", "The access token is invalid.")
        return self._graph(request) if path is None else self._managed(path["rest"], request)

    def _graph(self, request: Request) -> Reply:
        """What the Resource Graph knows, which is of no subscription and no region."""
        self._premises.asked.add("Microsoft.ResourceGraph/resources/read")
        every = [offer for offers in self._premises.offers.values() for offer in offers]
        body = spot.graph(every, request.asked(), self._arm_page)
        return Reply(body=body) if body else _error(400, "BadRequest", "The query is not valid.")

    def _managed(self, path: str, request: Request) -> Reply:
        """What the resource manager is asked about the subscription."""
        if path == "/locations":
            self._premises.asked.add("Microsoft.Resources/subscriptions/locations/read")
            return Reply(body={"value": self._locations(request)})
        held = reservations.listed(path, self._subscription.reserved)
        if held is not None:
            right, rows = held
            self._premises.asked.add(right)
            return Reply(body={"value": rows})
        scored = _SCORES.match(path)
        if scored and request.method == "POST":
            return self._scores(scored["region"], request)
        return self._compute(path, request)

    def _scores(self, region: str, request: Request) -> Reply:
        self._premises.asked.add("Microsoft.Compute/locations/placementScores/generate/action")
        kind = self._premises.faults.due(region)
        if kind in ERRORS:
            return self._failure(kind)
        body = spot.placement_scores(self._premises.offers, request.asked())
        if body is None:
            return _error(400, "InvalidParameter", "At most five sizes and eight regions.")
        return Reply(body=body, fault=kind)

    def _failure(self, kind: FaultKind) -> Reply:
        wait = {"Retry-After": f"{self._retry_after_seconds:g}"}
        return _error(*ERRORS[kind], headers=wait if kind is FaultKind.THROTTLED else {})

    def _locations(self, request: Request) -> list[Payload]:
        listed = [
            payloads.location(region)
            for region in sorted(self._premises.offers)
            if self._premises.faults.lasting(region) is not FaultKind.VANISHED
        ]
        edges = [
            payloads.edge_zone(name, sold[0].region.region)
            for name, sold in sorted(self._edges.items())
        ]
        return [*listed, *(edges if _extended(request) else ()), payloads.geography("europe")]

    def _compute(self, path: str, request: Request) -> Reply:
        usages = _USAGES.match(path)
        location = _LOCATION.match(request.query.get("$filter", ""))
        if usages:
            self._premises.asked.add("Microsoft.Compute/locations/usages/read")
            region = usages["region"]
            rows = payloads.usages(self._premises.offers.get(region, ()))
        elif path == "/providers/Microsoft.Compute/skus" and location:
            self._premises.asked.add("Microsoft.Compute/skus/read")
            region = location["region"]
            rows = self._skus(region, request)
        else:
            return _error(404, "NotFound", "There is no such resource here.")
        page = _Page(rows, self._arm_page, request)
        return self._in_region(region, page, {"value": page.rows}, "nextLink")

    def _skus(self, region: str, request: Request) -> list[Payload]:
        offers = self._premises.offers.get(region, [])
        at_edge = [offer for offer in offers if offer.zone_kind is ZoneKind.EDGE_ZONE]
        here = [offer for offer in offers if offer.zone_kind is not ZoneKind.EDGE_ZONE]
        listed = payloads.skus(here) if here else []
        listed += payloads.edge_skus(at_edge) if _extended(request) else []
        return [
            payloads.restricted(sku, region)
            if sku["name"] in self._subscription.restricted
            else sku
            for sku in listed
        ]

    def _prices(self, request: Request) -> Reply:
        asked = _PRICES_OF.match(request.query.get("$filter", ""))
        if asked is None:
            return _error(400, "BadRequest", "Invalid OData parameters supplied.")
        region = asked["region"]
        sold = self._edges.get(region, self._premises.offers.get(region, ()))
        rows = [
            row
            for row in payloads.price_rows(sold)
            if row["armRegionName"] == region and (asked["part"] or "") in row["armSkuName"]
        ]
        if self._premises.faults.lasting(region) is FaultKind.STALE:
            rows = [{**row, "effectiveStartDate": STALE_DAY} for row in rows]
        page = _Page(rows, self._prices_page, request)
        body = {
            "BillingCurrency": "USD",
            "CustomerEntityId": "Default",
            "CustomerEntityType": "Retail",
            "Items": page.rows,
            "NextPageLink": None,
            "Count": len(page.rows),
        }
        return self._in_region(region, page, body, "NextPageLink")

    def _in_region(self, region: str, page: "_Page", body: dict[str, Any], link: str) -> Reply:
        """*body* as a page of *region*, or the failure that is due there."""
        kind = self._premises.faults.due(region)
        if kind is FaultKind.UNSETTLED and link == "NextPageLink":
            return Reply(body={**body, "Items": [], "Count": 0})
        if kind in ERRORS:
            return self._failure(kind)
        following = page.skip if kind is FaultKind.LOOP else page.following
        if following is not None:
            body[link] = f"{self._premises.url}{page.link(following)}"
        return Reply(body=body, fault=kind)


class _Page:
    """The rows that a request asks for, and where the next ones are."""

    def __init__(self, rows: Sequence[Payload], size: int, request: Request) -> None:
        self._request = request
        skip = request.query.get("$skip", "0")
        self.skip = int(skip) if skip.isdecimal() else 0
        self.rows = list(rows[self.skip : self.skip + size])
        end = self.skip + len(self.rows)
        self.following = end if end < len(rows) else None

    def link(self, skip: int) -> str:
        """The path and query of the page that begins after *skip* rows."""
        query = {**self._request.query, "$skip": str(skip)}
        return f"{self._request.path}?{urlencode(query, quote_via=quote)}"


def _extended(request: Request) -> bool:
    """Whether edge zones are asked for too; they are left out otherwise."""
    return request.query.get("includeExtendedLocations") == "true"


def _error(
    status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None
) -> Reply:
    body = {"error": {"code": code, "message": message}}
    return Reply(body=body, status=status, headers=headers or {})


_: type[SandboxCloud] = AzureSandbox
