"""What failures are called, and what of a cloud's words is shown."""

import pytest

from broker.domain.errors import (
    AccessDenied,
    CloudError,
    NotFound,
    NotOptedIn,
    RateLimited,
    TimedOut,
    Unavailable,
)
from broker.domain.regions import RegionStatus
from providers.calls import failures
from providers.calls.failures import (
    MOST_CHARACTERS,
    Question,
    Setback,
    said,
    setback_or_failure,
    status_of,
    wait_seconds,
)

QUESTION = Question("cloud/region", permission="a right", credentials="Log in.")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (AccessDenied(), RegionStatus.DENIED),
        (NotOptedIn(), RegionStatus.NOT_OPTED_IN),
        (RateLimited(), RegionStatus.THROTTLED),
        (TimedOut(), RegionStatus.TIMEOUT),
        (NotFound(), RegionStatus.ERROR),
        (Unavailable(), RegionStatus.ERROR),
    ],
)
def test_every_failure_is_one_status(error: CloudError, status: RegionStatus) -> None:
    assert status_of(error) is status


@pytest.mark.parametrize(
    ("status", "code", "passing"),
    [
        (401, "cloud-credentials-refused", False),
        (403, "cloud-access-denied", False),
        (404, "cloud-not-found", False),
        (408, "cloud-unavailable", True),
        (429, "cloud-rate-limited", True),
        (500, "cloud-unavailable", True),
        (502, "cloud-unavailable", True),
        (503, "cloud-unavailable", True),
        (504, "cloud-unavailable", True),
        (302, "cloud-answer-damaged", False),
        (400, "cloud-answer-damaged", False),
    ],
)
def test_what_an_http_status_means(status: int, code: str, passing: bool) -> None:  # noqa: FBT001
    found = setback_or_failure(QUESTION, status, {"retry-after": "3"}, "words")
    failure = found.failure if isinstance(found, Setback) else found

    assert isinstance(found, Setback) is passing
    (finding,) = failure.diagnostics
    assert finding.code == code
    assert finding.subject == "cloud/region"
    assert "words" in finding.detail
    assert finding.hint
    if isinstance(found, Setback):
        assert found.wait_seconds == 3


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "Wed, 25 Nov 2026 08:00:07 GMT"}, None),
        (
            {
                "retry-after": "Wed, 25 Nov 2026 08:00:07 GMT",
                "date": "Wed, 25 Nov 2026 08:00:00 GMT",
            },
            7,
        ),
        (
            {
                "retry-after": "Wed, 25 Nov 2026 07:00:00 GMT",
                "date": "Wed, 25 Nov 2026 08:00:00 GMT",
            },
            0,
        ),
    ],
)
def test_how_long_the_cloud_asks_to_wait_by_its_own_clock(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert wait_seconds(headers) == seconds


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Bearer abc.def-123", "abc.def-123"),
        ("bearer abc", "abc"),
        ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "eyJ"),
        ("ya29.a0AfH6SMBx-y_z", "a0AfH6SMBx"),
        ("key=AIzaSyFake", "AIzaSyFake"),
        ("client_secret=hunter2", "hunter2"),
        ("sig=abc%2B", "abc"),
        ("access_token=xyz", "xyz"),
    ],
)
def test_what_looks_like_a_secret_is_blotted_out(text: str, secret: str) -> None:
    shown = said(f"refused: {text} was sent")

    assert secret not in shown
    assert shown.startswith("refused: ")
    assert shown.endswith(" was sent")


def test_a_clouds_words_are_one_short_line_without_control_characters() -> None:
    shown = said("a\nb\x1b[31m\tc " + "x" * 1000)

    assert shown.startswith("a b [31m c x")
    assert len(shown) == MOST_CHARACTERS
    assert shown.isprintable()


def test_each_failure_says_what_to_do() -> None:
    made = [
        failures.denied(QUESTION),
        failures.credentials_missing(QUESTION),
        failures.credentials_refused(QUESTION),
        failures.not_opted_in(QUESTION),
        failures.rate_limited(QUESTION),
        failures.not_found(QUESTION),
        failures.timed_out(QUESTION),
        failures.unavailable(QUESTION),
        failures.damaged(QUESTION, "cut off"),
        failures.looping(QUESTION),
    ]

    hints = [finding.hint for failure in made for finding in failure.diagnostics]
    assert all(hint.endswith(".") for hint in hints)
    assert "Grant a right." in hints
    assert "Log in." in hints
