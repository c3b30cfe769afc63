"""What went wrong when a cloud was asked, in the words of the broker: pure, no SDK type is here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import (
    AccessDenied,
    CloudError,
    NotFound,
    NotOptedIn,
    RateLimited,
    TimedOut,
    Unavailable,
)
from broker.domain.geography import RegionKey
from broker.domain.regions import RegionResult, RegionStatus

MOST_CHARACTERS = 300

TOO_MANY_REQUESTS = 429
PASSING = frozenset({408, 500, 502, 503, 504})
"""Statuses of HTTP that a moment later may be another one."""

_SECRET = re.compile(
    r"(?i)(\bbearer\s+\S+|\beyJ[\w.\-]+|\bya29\.[\w.\-]+"
    r"|(?:sig|key|secret|token|password)=[^\s&]+)"
)


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, for messages: the *subject* (`azure/eastus`), and what a reader can do.

    *permission* says which right the question needs, *credentials* where the SDK looks for some.
    """

    subject: str
    permission: str
    credentials: str


class Setback(Exception):  # it ends as *failure*, which has the suffix
    """A *failure* that may pass; *wait_seconds* is what the cloud asked for, None if nothing."""

    def __init__(self, failure: CloudError, wait_seconds: float | None = None) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.wait_seconds = wait_seconds


def status_of(error: CloudError) -> RegionStatus:
    """The status of a region whose questions ended in *error*."""
    match error:
        case AccessDenied():
            return RegionStatus.DENIED
        case NotOptedIn():
            return RegionStatus.NOT_OPTED_IN
        case RateLimited():
            return RegionStatus.THROTTLED
        case TimedOut():
            return RegionStatus.TIMEOUT
        case _:
            return RegionStatus.ERROR


def unanswered(
    region: RegionKey, error: CloudError, *, asked_at: datetime, source: str
) -> RegionResult:
    """The result of a *region* whose questions ended in *error*."""
    return RegionResult(
        region=region,
        status=status_of(error),
        offers=(),
        fetched_at=asked_at,
        source=source,
        findings=error.diagnostics,
    )


def as_warnings(error: CloudError) -> tuple[Diagnostic, ...]:
    """What is wrong, where an answer stands without it."""
    return tuple(replace(finding, severity=Severity.WARNING) for finding in error.diagnostics)


def said(text: str) -> str:
    """The words of a cloud on one line, cut short, with what looks like a secret blotted out."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = _SECRET.sub("[removed]", line)
    return line if len(line) <= MOST_CHARACTERS else f"{line[: MOST_CHARACTERS - 1]}…"


def wait_seconds(headers: Mapping[str, str]) -> float | None:
    """What Retry-After asks for; a date is taken against the cloud's own clock, its Date header.

    Header names are in lower case. None if there is none, or none that can be read.

    >>> wait_seconds({"retry-after": "7"})
    7.0
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return float(text)
    try:
        then, now = (_instant(value) for value in (text, headers.get("date", "")))
    except ValueError:
        return None
    return max(0.0, (then - now).total_seconds())


def _instant(text: str) -> datetime:
    instant = parsedate_to_datetime(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def denied(question: Question, detail: str = "") -> AccessDenied:
    """The credentials are good, and may not ask this."""
    return AccessDenied(
        Diagnostic(
            code="cloud-access-denied",
            subject=question.subject,
            summary="The cloud does not let these credentials ask about it",
            detail=said(detail),
            hint=f"Grant {question.permission}.",
        )
    )


def credentials_missing(question: Question, detail: str = "") -> AccessDenied:
    """The SDK found no credentials."""
    return AccessDenied(
        Diagnostic(
            code="cloud-credentials-missing",
            subject=question.subject,
            summary="There are no credentials for this cloud",
            detail=said(detail),
            hint=question.credentials,
        )
    )


def credentials_refused(question: Question, detail: str = "") -> AccessDenied:
    """The credentials are expired, revoked or wrong."""
    return AccessDenied(
        Diagnostic(
            code="cloud-credentials-refused",
            subject=question.subject,
            summary="The cloud does not accept these credentials: expired, revoked or wrong",
            detail=said(detail),
            hint=f"Log in again. {question.credentials}",
        )
    )


def not_opted_in(question: Question, detail: str = "") -> NotOptedIn:
    """The account could ask this once it has switched it on."""
    return NotOptedIn(
        Diagnostic(
            code="cloud-not-opted-in",
            subject=question.subject,
            summary="The account has not switched it on",
            detail=said(detail),
            hint="Opt in to the region, or register its service, if you want to use it.",
        )
    )


def rate_limited(question: Question, detail: str = "") -> RateLimited:
    """Asked too often."""
    return RateLimited(
        Diagnostic(
            code="cloud-rate-limited",
            subject=question.subject,
            summary="The cloud asks to be asked less often, again and again",
            detail=said(detail),
            hint="Try again in some minutes, or for fewer regions at once.",
        )
    )


def not_found(question: Question, detail: str = "") -> NotFound:
    """What was asked about is not there."""
    return NotFound(
        Diagnostic(
            code="cloud-not-found",
            subject=question.subject,
            summary="The cloud does not know it",
            detail=said(detail),
            hint="Look for a mistake in its name, and in that of the account, subscription or "
            "project.",
        )
    )


def timed_out(question: Question, detail: str = "") -> TimedOut:
    """Not all was answered in time."""
    return TimedOut(
        Diagnostic(
            code="cloud-timeout",
            subject=question.subject,
            summary="The cloud did not answer in time",
            detail=said(detail),
            hint="Try again, or allow more time.",
        )
    )


def unavailable(question: Question, detail: str = "") -> Unavailable:
    """The cloud fails, or can not be reached."""
    return Unavailable(
        Diagnostic(
            code="cloud-unavailable",
            subject=question.subject,
            summary="The cloud can not be reached, or fails",
            detail=said(detail),
            hint="Look at the network, the proxy and the status page of the cloud; try again.",
        )
    )


def damaged(question: Question, detail: str) -> Unavailable:
    """The answer can not be read, or is cut off."""
    return Unavailable(
        Diagnostic(
            code="cloud-answer-damaged",
            subject=question.subject,
            summary="The answer of the cloud is cut off, or not what it should be",
            detail=said(detail),
            hint="Try again; if it stays so, something between here and the cloud alters answers, "
            "or the cloud has changed them.",
        )
    )


def looping(question: Question) -> Unavailable:
    """The pages of an answer never end."""
    return Unavailable(
        Diagnostic(
            code="cloud-pages-loop",
            subject=question.subject,
            summary="The pages of the cloud's answer lead back to one that was read",
            hint="Try again; nothing of a list that never ends is used.",
        )
    )


def setback_or_failure(
    question: Question, status: int, headers: Mapping[str, str], detail: str
) -> CloudError | Setback:
    """What an HTTP *status* other than 200 means; header names are in lower case."""
    for_good = {401: credentials_refused, 403: denied, 404: not_found}
    if status in for_good:
        return for_good[status](question, detail)
    if status == TOO_MANY_REQUESTS:
        return Setback(rate_limited(question, detail), wait_seconds(headers))
    if status in PASSING:
        return Setback(unavailable(question, f"{status} {detail}"), wait_seconds(headers))
    return damaged(question, f"{status} {detail}")
