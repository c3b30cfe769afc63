"""Google Cloud's REST interfaces, asked page by page: Compute, Cloud Billing, Cloud Quotas."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from broker.domain.errors import CloudError, NotFound
from providers.calls.effort import Effort
from providers.calls.endpoint import MADE_UP_TOKEN, Endpoint
from providers.calls.failures import Question, Setback, credentials_missing
from providers.calls.json_reader import Complaint, JsonReader, Refusal
from providers.calls.pages import pages
from providers.gcp.errors import refusal, translated

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from requests import Response

Payload = Mapping[str, Any]

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
COMPUTE_ENGINE = "services/6F81-5844-456A"
"""Compute Engine in the billing catalog."""

COMPUTE_PAGE = 500
CATALOG_PAGE = 5000
QUOTA_PAGE = 1000

UNAUTHORIZED = 401

REFRESH_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Which project is asked about, with which credentials, and where."""

    project: str
    credentials: "Credentials"
    here: bool
    compute: str
    billing: str
    quotas: str


def account(question: Question, environment: Mapping[str, str] = os.environ) -> Account:
    """GOOGLE_CLOUD_PROJECT and BROKER_GCP_ENDPOINT, and the credentials that the SDK finds.

    An endpoint takes the place of all of Google's. Raises AccessDenied without credentials or
    project, and UsageInvalid for an endpoint that credentials must not be sent to.
    """
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415

    chosen = {
        name: Endpoint.chosen("BROKER_GCP_ENDPOINT", f"https://{host}.googleapis.com", environment)
        for name, host in (
            ("compute", "compute"), ("billing", "cloudbilling"), ("quotas", "cloudquotas"),
        )
    }  # fmt: skip
    here = chosen["compute"].here
    try:
        credentials, found = _made_up() if here else _default()
    except GoogleAuthError as error:
        raise translated(error, question) from None
    except (OSError, ValueError) as error:
        # A file of credentials that can not be opened, or is of another sort than it says.
        raise credentials_missing(question, type(error).__name__) from None
    project = environment.get("GOOGLE_CLOUD_PROJECT") or found
    if not project:
        raise credentials_missing(question, "no project is named")
    urls = {name: endpoint.url for name, endpoint in chosen.items()}
    return Account(project=project, credentials=credentials, here=here, **urls)


def _default() -> tuple["Credentials", str | None]:
    import google.auth  # noqa: PLC0415

    return google.auth.default(scopes=[SCOPE])


def _made_up() -> tuple["Credentials", None]:
    from google.oauth2.credentials import Credentials  # noqa: PLC0415

    return Credentials(token=MADE_UP_TOKEN), None


@contextmanager
def asking(account: Account, effort: Effort) -> Iterator["Rest"]:
    """Questions within *effort*, signed with the credentials of *account*."""
    from google.auth.transport.requests import AuthorizedSession  # noqa: PLC0415

    with AuthorizedSession(account.credentials, refresh_timeout=REFRESH_SECONDS) as session:
        session.trust_env = not account.here  # a proxy does not lead to this computer
        session.hooks["response"].append(_hang_up_if_refused)
        yield Rest(account, JsonReader(session, effort, refusal), effort.question)


def _hang_up_if_refused(response: "Response", **_: Any) -> None:
    """The session asks anew with a new token, and would leave the refusal open, unread."""
    if response.status_code == UNAUTHORIZED:
        response.close()


class Rest:
    """Questions to one account, within one effort; raises CloudError."""

    def __init__(self, account: Account, reader: JsonReader, question: Question) -> None:
        self.question = question
        self.account = account
        self._reader = reader
        self._project = f"{account.compute}/compute/v1/projects/{account.project}"

    def regions(self) -> list[Payload]:
        """Every region with its zones and quotas."""
        return list(self._listed(f"{self._project}/regions", "items", maxResults=COMPUTE_PAGE))

    def project(self) -> Payload:
        """The project, with the quotas that it has for all regions together."""
        return self._read(self._project, {}, lambda page: "", refusal)

    def machine_types(self, zone: str) -> Iterator[Payload]:
        """Every machine type of *zone*, which its region lists.

        Lists agree in the end: where the zone is not known yet, it is asked about again.
        """
        url = f"{self._project}/zones/{zone}/machineTypes"
        return self._listed(url, "items", refusal=_not_yet_known, maxResults=COMPUTE_PAGE)

    def accelerator_types(self, zone: str) -> Iterator[Payload]:
        """Every accelerator type of *zone*."""
        url = f"{self._project}/zones/{zone}/acceleratorTypes"
        return self._listed(url, "items", refusal=_not_yet_known, maxResults=COMPUTE_PAGE)

    def skus(self) -> Iterator[Payload]:
        """Every SKU of Compute Engine in the billing catalog, of all regions, in US dollars."""
        url = f"{self.account.billing}/v1/{COMPUTE_ENGINE}/skus"
        return self._listed(url, "skus", pageSize=CATALOG_PAGE, currencyCode="USD")

    def quota_infos(self) -> Iterator[Payload]:
        """Every quota of Compute Engine that Cloud Quotas knows, of all regions."""
        place = f"projects/{self.account.project}/locations/global/services/compute.googleapis.com"
        url = f"{self.account.quotas}/v1/{place}/quotaInfos"
        return self._listed(url, "quotaInfos", pageSize=QUOTA_PAGE)

    def reservations(self) -> list[Payload]:
        """Every reservation of the project, in all zones."""
        url = f"{self._project}/aggregated/reservations"
        return list(self._listed(url, "items", scoped="reservations", maxResults=COMPUTE_PAGE))

    def _listed(
        self, url: str, key: str, *, refusal: Refusal = refusal, scoped: str = "", **query: object
    ) -> Iterator[Payload]:
        """The rows under *key*; of an aggregated list those that are *scoped* under that."""

        def complaint(page: Mapping[str, Any]) -> str:
            items = _rows(page.get(key, []), scoped)
            if not isinstance(items, list) or not all(isinstance(i, Mapping) for i in items):
                return f"{key} is no list of objects"
            # A page of which a part could not be had says so; its items would hide that.
            return "a part of the page is unreachable" if page.get("unreachables") else ""

        def read(token: str | None) -> tuple[list[Payload], str | None]:
            asked = {name: str(value) for name, value in query.items()}
            asked |= {"pageToken": token} if token else {}
            page = self._read(url, asked, complaint, refusal)
            rows: list[Payload] = _rows(page.get(key, []), scoped)
            return rows, str(page.get("nextPageToken") or "") or None

        return (item for page in pages(read, self.question) for item in page)

    def _read(
        self, url: str, query: Mapping[str, str], complaint: Complaint, refusal: Refusal
    ) -> Payload:
        from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415

        try:
            return self._reader.read(url, query, complaint=complaint, refusal=refusal)
        except GoogleAuthError as error:
            raise translated(error, self.question) from None


def _rows(items: Any, scoped: str) -> Any:
    """The rows of a page: *items* themselves, or those that each zone among them has."""
    if not scoped or not isinstance(items, Mapping):
        return items
    told = [
        scope.get(scoped, []) if isinstance(scope, Mapping) else scope for scope in items.values()
    ]
    return [row for rows in told for row in (rows if isinstance(rows, list) else [rows])]


def _not_yet_known(
    question: Question, status: int, headers: Mapping[str, str], body: bytes
) -> CloudError | Setback:
    found = refusal(question, status, headers, body)
    return Setback(found) if isinstance(found, NotFound) else found
