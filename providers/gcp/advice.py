"""What Compute Engine advises about capacity, asked through its typed client.

The client takes seconds and 100 MB to load, so bulk reads go over plain REST (rest.py), and it is
loaded by a refresh alone.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import CloudError, Unavailable
from broker.domain.ids import ZoneId
from broker.domain.money import Money
from providers.calls.effort import Effort
from providers.calls.failures import Question, Setback, damaged, timed_out, unavailable
from providers.calls.told import request_told
from providers.gcp.errors import refusal, translated
from providers.gcp.messages import instant, micro_dollars

if TYPE_CHECKING:
    from google.cloud.compute_v1 import AdviceClient

    from providers.gcp.rest import Account

SPECIFICATION = "broker"
"""What a request calls its only specification; answers are under the same name."""

NOT_HERE = frozenset({400, 404})
"""Statuses with which a region says that it does not have this for that machine type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A time in the calendar at which a zone could deliver."""

    zone: ZoneId
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPrice:
    """From *at* on, a spot node cost *price*; None if that can not be read."""

    at: datetime
    price: Money | None


@contextmanager
def advising(account: "Account", effort: Effort, region: str) -> Iterator["Advisor"]:
    """An advisor about *region*, within *effort*."""
    from google.cloud.compute_v1 import AdviceClient  # noqa: PLC0415
    from google.cloud.compute_v1.services.advice import transports  # noqa: PLC0415

    transport = transports.AdviceRestTransport(
        host=account.compute, credentials=account.credentials
    )
    # A proxy does not lead to this computer. The transport has no other way to be told.
    transport._session.trust_env = not account.here  # noqa: SLF001
    try:
        yield Advisor(AdviceClient(transport=transport), account.project, region, effort)
    finally:
        transport.close()


def load_client(question: Question) -> None:
    """Have the client loaded before a region has to wait for it; raises Unavailable without it."""
    try:
        import google.cloud.compute_v1  # noqa: F401, PLC0415
    except ImportError as error:
        raise Unavailable(
            Diagnostic(
                code="library-missing",
                subject=question.subject,
                summary="google-cloud-compute, which asks for advice, is not installed",
                hint='Install it with the extra: `pip install "gpu-broker[gcp]"`.',
            )
        ) from error


class Advisor:
    """Questions about one region; raises CloudError."""

    def __init__(self, client: "AdviceClient", project: str, region: str, effort: Effort) -> None:
        self._client = client
        self._place = {"project": project, "region": region}
        self._effort = effort

    def obtainability(self, machine_type: str, nodes: int) -> float | None:
        """How likely *nodes* are had as spot, from 0 to 1; None where nothing is said."""
        selection = {SPECIFICATION: {"machine_types": [machine_type]}}
        body = {
            "instance_properties": {"scheduling": {"provisioning_model": "SPOT"}},
            "instance_flexibility_policy": {"instance_selections": selection},
            "distribution_policy": {"target_shape": "ANY_SINGLE_ZONE"},
            "size": nodes,
        }
        answer = self._answer("capacity", capacity_advice_request_resource=body)
        scores = [told.scores for told in answer.recommendations] if answer else []
        return next((float(s.obtainability) for s in scores if "obtainability" in s), None)

    def past_spot_prices(self, machine_type: str) -> Sequence[PastPrice]:
        """The list prices of a spot node in the past year, as they are told."""
        scheduling = {"provisioning_model": "SPOT"}
        body = {
            "instance_properties": {"machine_type": machine_type, "scheduling": scheduling},
            "types": ["PRICE"],
        }
        answer = self._answer("capacity_history", capacity_history_request_resource=body)
        return [
            PastPrice(at=at, price=micro_dollars(told.list_price))
            for told in (answer.price_history if answer else ())
            if (at := instant(told.interval.start_time)) is not None
        ]

    def openings(
        self, machine_type: str, *, after: datetime, before: datetime, hours: int
    ) -> Sequence[Opening]:
        """When one node could be had for *hours*, to begin between *after* and *before*."""
        lasting = f"{int(timedelta(hours=hours).total_seconds())}s"
        wanted = {
            "target_resources": {
                "specific_sku_resources": {"machine_type": machine_type, "instance_count": 1}
            },
            "time_range_spec": {
                "start_time_not_earlier_than": f"{after:%Y-%m-%dT%H:%M:%SZ}",
                "start_time_not_later_than": f"{before:%Y-%m-%dT%H:%M:%SZ}",
                "min_duration": lasting,
                "max_duration": lasting,
            },
        }
        body = {"future_resources_specs": {SPECIFICATION: wanted}}
        answer = self._answer("calendar_mode", calendar_mode_advice_request_resource=body)
        told = [r.recommendations_per_spec for r in answer.recommendations] if answer else []
        return [
            Opening(zone=ZoneId(zone), starts_at=starts_at, ends_at=ends_at)
            for per_spec in told
            for each in per_spec.values()
            if (zone := str(each.location).rpartition("/")[2])
            and (starts_at := instant(each.start_time)) is not None
            and (ends_at := instant(each.end_time)) is not None
        ]

    def _answer(self, method: str, **body: Any) -> Any:
        """The message with which *method* answers; None where the region does not have it."""
        ask = getattr(self._client, method)

        def attempt() -> Any:
            with request_told(f"advice {method}", self._effort.question.subject):
                return self._attempt(
                    lambda **bounds: ask(request=None, **self._place, **body, **bounds)
                )

        return self._effort.persist(attempt)

    def _attempt(self, ask: Callable[..., Any]) -> Any:
        import requests  # noqa: PLC0415  # as the client, for a refresh alone
        from google.api_core.exceptions import GoogleAPICallError  # noqa: PLC0415
        from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415
        from google.protobuf.json_format import ParseError  # noqa: PLC0415

        question = self._effort.question
        silence = self._effort.silence_seconds()
        try:
            return ask(retry=None, timeout=silence)
        except GoogleAPICallError as error:
            return self._refused(error.response)
        except GoogleAuthError as error:
            raise translated(error, question) from None
        except requests.Timeout as error:
            detail = f"the advisor said nothing for {silence:.0f} seconds"
            raise Setback(timed_out(question, detail)) from error
        except (requests.exceptions.ChunkedEncodingError, ParseError, UnicodeDecodeError) as error:
            raise Setback(damaged(question, f"no message: {type(error).__name__}")) from None
        except requests.RequestException as error:
            raise Setback(unavailable(question, type(error).__name__)) from None

    def _refused(self, response: Any) -> None:
        """Raise what the refusal means, unless it is that there is nothing of the sort here."""
        if response.status_code in NOT_HERE:
            return
        headers = {name.lower(): value for name, value in response.headers.items()}
        found: CloudError | Setback = refusal(
            self._effort.question, response.status_code, headers, response.content
        )
        raise found
