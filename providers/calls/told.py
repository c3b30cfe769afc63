"""What is asked of a cloud, in the log: never with headers, bodies, queries or credentials."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from providers.calls.failures import Setback

LOGGER = logging.getLogger("providers.requests")


@contextmanager
def request_told(what: str, subject: str) -> Iterator[dict[str, Any]]:
    """Log the request *what* about *subject* when the block ends: how long it took, how it ended.

    The facts that it gives are logged too, and may be added to.
    """
    facts: dict[str, Any] = {"subject": subject}
    if not LOGGER.isEnabledFor(logging.DEBUG):
        yield facts
        return
    began = time.monotonic()
    try:
        yield facts
    finally:
        seconds = round(time.monotonic() - began, 3)
        LOGGER.debug(what, extra={"facts": {**facts, "seconds": seconds, "outcome": _outcome()}})


def _outcome() -> str:
    error = sys.exception()
    if error is None:
        return "ok"
    failure = error.failure if isinstance(error, Setback) else error
    return type(failure).__name__
