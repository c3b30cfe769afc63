"""What is asked of a cloud is logged with how it ended, and with nothing secret."""

import logging

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import RateLimited
from providers.calls.failures import Setback
from providers.calls.told import request_told


def facts(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [record.__dict__["facts"] for record in caplog.records]


def test_a_request_is_told_when_it_has_ended(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "providers")

    with request_told("GET https://host/path", "gcp/us-east1") as more:
        more["status"] = 200

    (told,) = facts(caplog)
    assert caplog.messages == ["GET https://host/path"]
    assert isinstance(told.pop("seconds"), float)
    assert told == {"subject": "gcp/us-east1", "status": 200, "outcome": "ok"}


@pytest.mark.parametrize("is_setback", [True, False])
def test_how_it_failed_is_told_too(caplog: pytest.LogCaptureFixture, is_setback: bool) -> None:  # noqa: FBT001
    caplog.set_level(logging.DEBUG, "providers")
    failure = RateLimited(Diagnostic(code="cloud-throttled", subject="aws/x", summary="c4n4ry"))
    raised = Setback(failure) if is_setback else failure

    with pytest.raises(type(raised)), request_told("ec2 describe_x", "aws/x"):
        raise raised

    assert [told["outcome"] for told in facts(caplog)] == ["RateLimited"]
    assert "c4n4ry" not in caplog.text


def test_nothing_is_told_where_nobody_listens(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "providers")

    with request_told("GET x", "y"):
        pass

    assert caplog.records == []
