"""Azure asked page by page: regions, sizes and quotas by its resource manager, and prices."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from providers.azure.credentials import made_up_token
from providers.azure.errors import translated
from providers.azure.retail import retail_rows
from providers.calls.effort import Effort
from providers.calls.endpoint import Endpoint
from providers.calls.failures import Question, Setback, credentials_missing, damaged
from providers.calls.pages import pages
from providers.calls.told import request_told

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.mgmt.compute import ComputeManagementClient

T = TypeVar("T")

Payload = Mapping[str, Any]

LOCATIONS_VERSION = "2022-12-01"
SCORES_VERSION = "2025-06-05"
GRAPH_VERSION = "2022-10-01"

GRAPH_SCOPE = "AtScopeAboveAndBelow"
"""What the Resource Graph knows of spot nodes is of no subscription, so that none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Which subscription is asked about, where, and where its prices are listed."""

    subscription: str
    manager: Endpoint
    prices: Endpoint

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Account":
        """AZURE_SUBSCRIPTION_ID, BROKER_AZURE_ENDPOINT and BROKER_AZURE_PRICES_ENDPOINT.

        Raises UsageInvalid for an endpoint that credentials must not be sent to. The
        subscription is empty if there is none.
        """
        manager = Endpoint.chosen(
            "BROKER_AZURE_ENDPOINT", "https://management.azure.com", environment
        )
        prices = manager.url if manager.here else "https://prices.azure.com"
        return cls(
            subscription=environment.get("AZURE_SUBSCRIPTION_ID", ""),
            manager=manager,
            prices=Endpoint.chosen("BROKER_AZURE_PRICES_ENDPOINT", prices, environment),
        )


class Arm:
    """Questions to one account, within one effort; raises CloudError."""

    def __init__(self, client: "ComputeManagementClient", account: Account, effort: Effort) -> None:
        self.effort = effort
        self.question = effort.question
        self._client = client
        self._account = account

    def locations(self) -> list[Payload]:
        """Every region, edge zone and geography that the subscription can see."""
        return self.effort.persist(lambda: self._asked(self._locations))

    def skus(self, region: str) -> list[Payload]:
        """Every SKU of Microsoft.Compute in *region*, those in its edge zones too."""
        chosen = {"filter": f"location eq '{region}'", "include_extended_locations": "true"}
        return self._all("skus", lambda **call: self._client.resource_skus.list(**chosen, **call))

    def prices(self, region: str) -> list[Payload]:
        """The rows about *region* of the retail list, which is public."""
        return retail_rows(self._account.prices, region, self.effort)

    def usages(self, region: str) -> list[Payload]:
        """The quotas of *region* and what is used of them."""
        return self._all("usages", lambda **call: self._client.usage.list(region, **call))

    def reservation_groups(self) -> list[Payload]:
        """The groups of capacity reservations of the subscription, in all regions."""
        listing = self._client.capacity_reservation_groups.list_by_subscription
        return self._all("capacityReservationGroups", listing)

    def reservations(self, resource_group: str, group: str) -> list[Payload]:
        """The capacity reservations of one *group*."""
        listing = self._client.capacity_reservations.list_by_capacity_reservation_group
        return self._all(
            "capacityReservations", lambda **call: listing(resource_group, group, **call)
        )

    def placement_scores(self, region: str, body: Mapping[str, Any]) -> list[object]:
        """How likely spot nodes can be had, as *body* asks; there is no method of the SDK for it."""
        return self.effort.persist(lambda: self._asked(lambda: self._scores(region, body)))

    def graph(self, query: str) -> list[Payload]:
        """Every row that *query* finds in the Resource Graph, whatever the subscription."""

        def read(token: str | None) -> tuple[list[Payload], str | None]:
            return self.effort.persist(lambda: self._asked(lambda: self._rows(query, token)))

        return [row for page in pages(read, self.question) for row in page]

    def _rows(self, query: str, token: str | None) -> tuple[list[Payload], str | None]:
        options = {"resultFormat": "objectArray", "authorizationScopeFilter": GRAPH_SCOPE}
        options |= {"$skipToken": token} if token else {}
        body = {"query": query, "options": options}
        path = "/providers/Microsoft.ResourceGraph/resources"
        told = self._sent("POST", path, {"api-version": GRAPH_VERSION}, body)
        following = told.get("$skipToken") or None
        if told.get("resultTruncated") == "true" and following is None:
            raise Setback(damaged(self.question, "an answer without its end"))
        return _objects(told.get("data"), self.question), following and str(following)

    def _scores(self, region: str, body: Mapping[str, Any]) -> list[object]:
        path = (
            f"/subscriptions/{self._account.subscription}/providers/Microsoft.Compute"
            f"/locations/{region}/placementScores/spot/generate"
        )
        told = self._sent("POST", path, {"api-version": SCORES_VERSION}, body)
        return list(_objects(told.get("placementScores"), self.question))

    def _locations(self) -> list[Payload]:
        path = f"/subscriptions/{self._account.subscription}/locations"
        params = {"api-version": LOCATIONS_VERSION, "includeExtendedLocations": "true"}
        return _objects(self._sent("GET", path, params).get("value"), self.question)

    def _sent(
        self, method: str, path: str, params: Mapping[str, str], body: object = None
    ) -> Payload:
        """The object that is answered to what the SDK has no method for."""
        from azure.core.rest import HttpRequest  # noqa: PLC0415

        request = HttpRequest(method, path, params=dict(params), json=body)
        with request_told(f"{method} {path}", self.question.subject) as facts:
            response = self._client.send_request(request, **self._timeouts())
            facts["status"] = response.status_code
            response.raise_for_status()
        told = response.json()
        return told if isinstance(told, dict) else {}

    def _all(self, name: str, listing: Callable[..., Any]) -> list[Payload]:
        def ask(token: str | None) -> tuple[list[Payload], str | None]:
            with request_told(f"GET {name}", self.question.subject):
                return self._asked(lambda: self._page(listing, token))

        def read(token: str | None) -> tuple[list[Payload], str | None]:
            return self.effort.persist(lambda: ask(token))

        return [one for page in pages(read, self.question) for one in page]

    def _page(
        self, listing: Callable[..., Any], token: str | None
    ) -> tuple[list[Payload], str | None]:
        by_page = listing(**self._timeouts()).by_page(continuation_token=token)
        items = _objects(list(next(by_page)), self.question)
        following: str | None = by_page.continuation_token
        if following is not None and not self._account.manager.leads_to(following):
            # The SDK would send the token of the user to whatever address a page names.
            raise damaged(self.question, "the next page is at another address")
        return items, following

    def _asked(self, ask: Callable[[], T]) -> T:
        """What *ask* returns; the SDK's errors become ours."""
        from azure.core.exceptions import AzureError  # noqa: PLC0415

        try:
            return ask()
        except AzureError as error:
            raise translated(error, self.question) from None
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # What the SDK meets in an answer of another shape than it was generated for.
            raise Setback(damaged(self.question, type(error).__name__)) from error

    def _timeouts(self) -> dict[str, Any]:
        silence = self.effort.silence_seconds()
        return {"connection_timeout": min(5.0, silence), "read_timeout": silence}


def connected(
    account: Account, credential: "TokenCredential", question: Question
) -> "ComputeManagementClient":
    """A client that repeats nothing by itself: its caller does, and keeps to a deadline.

    For what is on this computer it signs with a made-up token, and never asks *credential*. Raises AccessDenied if there is no subscription to ask about.
    """
    if not account.subscription:
        raise credentials_missing(question, "no subscription is named")
    from azure.mgmt.compute import ComputeManagementClient  # noqa: PLC0415

    url, here = account.manager.url, account.manager.here
    signing: dict[str, Any] = {"authentication_policy": made_up_token()} if here else {}
    return ComputeManagementClient(
        credential=credential,
        subscription_id=account.subscription,
        base_url=url,
        credential_scopes=[f"{url}/.default"],
        retry_total=0,
        use_env_settings=not here,  # a proxy does not lead to this computer
        **signing,
    )


def _objects(items: object, question: Question) -> list[Payload]:
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise Setback(damaged(question, "a list of something else than objects"))
    return items
