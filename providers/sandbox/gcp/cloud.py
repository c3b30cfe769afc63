"""The stand-in for Google Cloud: which question gets which page, and which failure."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from broker.domain.offers import Offer
from broker.ports.sandbox import SandboxCloud
from providers.calls.endpoint import MADE_UP_TOKEN
from providers.sandbox.faults import Fault, FaultKind
from providers.sandbox.gcp import advice, payloads
from providers.sandbox.gcp.catalog import COMPUTE_ENGINE, skus
from providers.sandbox.gcp.payloads import PROJECT, Payload
from providers.sandbox.http_server import Reply, Request
from providers.sandbox.premises import Premises
from providers.sandbox.stock import Reserved

EVERYWHERE = "global"
"""The place of what is of no region: the catalog and the quotas; a fault can be there too."""

STALE_DAY = "2019-01-01T00:00:00Z"

MOST_PER_PAGE = 500

_ZONE = re.compile(
    rf"^/compute/v1/projects/{PROJECT}/zones/(?P<zone>[^/]+)/(?P<what>machine|accelerator)Types$"
)
_ADVICE = re.compile(
    rf"^/compute/v1/projects/{PROJECT}/regions/(?P<region>[^/]+)/advice/(?P<what>\w+)$"
)
_PROJECT = f"/compute/v1/projects/{PROJECT}"
_REGIONS = f"/compute/v1/projects/{PROJECT}/regions"
_RESERVATIONS = f"/compute/v1/projects/{PROJECT}/aggregated/reservations"
_SKUS = f"/v1/services/{COMPUTE_ENGINE}/skus"
_QUOTAS = f"/v1/projects/{PROJECT}/locations/global/services/compute.googleapis.com/quotaInfos"

RIGHTS = {_REGIONS: {"compute.regions.list"}, _QUOTAS: {"cloudquotas.quotas.get"}}
"""What each list needs of who asks; the catalog of prices is public."""

ERRORS = {
    FaultKind.THROTTLED: (429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED", "Quota exceeded."),
    FaultKind.UNAVAILABLE: (503, "UNAVAILABLE", "backendError", "The service is unavailable."),
    FaultKind.DENIED: (403, "PERMISSION_DENIED", "forbidden", "Required permission is missing."),
    FaultKind.NOT_OPTED_IN: (
        403,
        "PERMISSION_DENIED",
        "LOCATION_ORG_POLICY_VIOLATED",
        "The project may not use this location.",
    ),
    FaultKind.UNSETTLED: (404, "NOT_FOUND", "notFound", "The zone was not found."),
    FaultKind.EXPIRED: (401, "UNAUTHENTICATED", "ACCESS_TOKEN_EXPIRED", "Invalid credentials."),
}


class GcpSandbox:
    """Google Cloud on this computer. *faults* are by region; a page holds so many rows.

    The project has what is *reserved*.
    """

    def __init__(
        self,
        faults: Sequence[Fault] = (),
        *,
        retry_after_seconds: float = 1,
        latency_seconds: float = 0,
        most_per_page: int = MOST_PER_PAGE,
        reserved: Sequence[Reserved] = (),
    ) -> None:
        self._reserved = tuple(reserved)
        self._premises = Premises(self.name, faults, latency_seconds)
        self._retry_after_seconds = retry_after_seconds
        self._most_per_page = most_per_page
        self._now = datetime.now(UTC)  # noqa: TID251  # a cloud has a clock

    @property
    def name(self) -> str:
        """The provider that it stands in for."""
        return "gcp"

    def start(self, offers: Sequence[Offer], *, fault_seed: int | None = None) -> Mapping[str, str]:
        """Serve *offers* until `stop`; return the environment that leads the adapter here."""
        self.__dict__.pop("_skus", None)
        self._premises.open(offers, self.answer, fault_seed=fault_seed)
        return {"BROKER_GCP_ENDPOINT": self._premises.url, "GOOGLE_CLOUD_PROJECT": PROJECT}

    def asked(self) -> list[str]:
        """The rights that the questions since `start` needed, sorted; public lists need none."""
        return sorted(self._premises.asked)

    def stop(self) -> None:
        """Close the port; a second time does nothing."""
        self._premises.close()

    def answer(self, request: Request) -> Reply:
        """The answer to one request, as Google Cloud would give it."""
        if request.bearer() != MADE_UP_TOKEN:
            return _error(401, "UNAUTHENTICATED", "required", "Invalid credentials.")
        advised, zone = _ADVICE.match(request.path), _ZONE.match(request.path)
        if advised is not None and request.method == "POST":
            return self._advice(advised["region"], advised["what"], request)
        if zone is not None:
            return self._types(zone["zone"], zone["what"], request)
        return self._everywhere(request)

    def _everywhere(self, request: Request) -> Reply:
        """What is of no region."""
        if request.path == _PROJECT:
            self._premises.asked.add("compute.projects.get")
            return self._sound(EVERYWHERE, payloads.project())
        if request.path == _RESERVATIONS:
            self._premises.asked.add("compute.reservations.list")
            return self._sound(EVERYWHERE, payloads.reservations(self._reserved))
        lists: Mapping[str, tuple[str, str, Callable[[], Sequence[Payload]]]] = {
            _REGIONS: ("compute#regionList", "items", self._regions),
            _SKUS: ("", "skus", lambda: self._skus),
            _QUOTAS: ("", "quotaInfos", lambda: payloads.quota_infos(self._premises.offers)),
        }
        if request.path not in lists:
            return _error(404, "NOT_FOUND", "notFound", "There is no such resource here.")
        kind, key, rows = lists[request.path]
        self._premises.asked |= RIGHTS.get(request.path, set())
        return self._page(EVERYWHERE, request, key, rows(), kind)

    def _regions(self) -> list[Payload]:
        return [
            payloads.region(region, offers)
            for region, offers in sorted(self._premises.offers.items())
            if self._premises.faults.lasting(region) is not FaultKind.VANISHED
        ]

    def _types(self, zone: str, what: str, request: Request) -> Reply:
        region = zone.rpartition("-")[0]
        self._premises.asked.add(f"compute.{what}Types.list")
        if region not in self._premises.offers:
            return _error(404, "NOT_FOUND", "notFound", "The zone was not found.")
        list_of = payloads.machine_types if what == "machine" else payloads.accelerator_types
        rows = list_of(zone, self._premises.offers[region])
        return self._page(region, request, "items", rows, f"compute#{what}TypeList")

    def _advice(self, region: str, what: str, request: Request) -> Reply:
        offers = self._premises.offers.get(region, [])
        asked = request.asked()
        answers: Mapping[str, Callable[[], Payload | None]] = {
            "capacity": lambda: advice.capacity(offers, asked),
            "capacityHistory": lambda: advice.capacity_history(offers, asked, self._now),
            "calendarMode": lambda: advice.calendar_mode(offers, asked),
        }
        if what not in answers:
            return _error(404, "NOT_FOUND", "notFound", "There is no such advice here.")
        self._premises.asked.add(f"compute.advice.{what}")
        try:
            body = answers[what]()
        except (LookupError, TypeError, ValueError, AttributeError):
            body = None
        if body is None:
            return _error(
                400, "INVALID_ARGUMENT", "invalid", "Not supported for this machine type."
            )
        return self._sound(region, body)

    def _sound(self, region: str, body: Payload) -> Reply:
        """A reply with *body*, or the failure that is due in *region*."""
        fault = self._premises.faults.due(region)
        if fault in ERRORS:
            return self._failure(fault)
        return Reply(body=body, fault=fault)

    def _failure(self, fault: FaultKind) -> Reply:
        wait = {"Retry-After": f"{self._retry_after_seconds:g}"}
        return _error(*ERRORS[fault], headers=wait if fault is FaultKind.THROTTLED else {})

    @cached_property
    def _skus(self) -> list[Payload]:
        stale = {
            r for r in self._premises.offers if self._premises.faults.lasting(r) is FaultKind.STALE
        }
        return [
            sku
            for region, offers in sorted(self._premises.offers.items())
            for sku in skus(offers, STALE_DAY if region in stale else None)
        ]

    def _page(
        self, region: str, request: Request, key: str, rows: Sequence[Payload], kind: str
    ) -> Reply:
        """The page of *rows* that is asked for, or the failure that is due in *region*."""
        fault = self._premises.faults.due(region)
        if fault in ERRORS:
            return self._failure(fault)
        asked = request.query.get("maxResults") or request.query.get("pageSize") or "500"
        size = min(int(asked), self._most_per_page)
        token = request.query.get("pageToken", "0")
        if not token.isdecimal():
            return _error(
                400, "INVALID_ARGUMENT", "invalid", "Invalid value for field 'pageToken'."
            )
        begin = int(token)
        end = begin + size
        following = begin if fault is FaultKind.LOOP else end if end < len(rows) else None
        body: dict[str, Any] = {key: rows[begin:end]}
        if kind:
            body |= {"kind": kind, "id": request.path.removeprefix("/compute/v1/")}
        if following is not None:
            body["nextPageToken"] = str(following)
        return Reply(body=body, fault=fault)


def _error(
    status: int,
    name: str,
    reason: str,
    message: str,
    *,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    error = {
        "code": status,
        "status": name,
        "message": message,
        "errors": [{"domain": "global", "reason": reason, "message": message}],
    }
    return Reply(body={"error": error}, status=status, headers=headers or {})


_: type[SandboxCloud] = GcpSandbox
