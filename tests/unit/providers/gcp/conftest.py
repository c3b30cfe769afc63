"""The typed client of Compute is loaded once, so that no test's patience is spent on it."""

import pytest

from providers.calls.failures import Question
from providers.gcp.advice import load_client


@pytest.fixture(autouse=True, scope="session")
def client() -> None:
    load_client(Question("gcp", permission="", credentials=""))
