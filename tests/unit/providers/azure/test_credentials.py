"""One token serves all threads, and a user's token never goes to this computer."""

import threading
import time
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.identity import CredentialUnavailableError

from broker.domain.geography import RegionKey
from broker.domain.regions import RegionStatus
from providers.azure.adapter import Azure
from providers.azure.credentials import SPARE_SECONDS, SharedCredential
from providers.sandbox.azure.cloud import AzureSandbox
from tests.fakes.stand_ins import CONNECTION, HASTY, list_prices, of_region, serving

SCOPE = "https://management.azure.com/.default"


class Counting:
    """A credential that counts, and whose tokens last so many *seconds*."""

    def __init__(self, seconds: float = 3600) -> None:
        self._seconds = seconds
        self.given = 0

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        self.given += 1
        return AccessToken(f"fake-{self.given}", int(time.time() + self._seconds))  # noqa: TID251


def test_a_token_is_asked_for_once_for_all_threads() -> None:
    counting = Counting()
    shared = SharedCredential(counting)
    begin = threading.Barrier(8)
    found: list[str] = []

    def ask() -> None:
        begin.wait()
        found.append(shared.get_token(SCOPE).token)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == ["fake-1"] * 8
    assert counting.given == 1


class Refusing:
    """A credential that counts how often it is asked, and has no token."""

    def __init__(self) -> None:
        self.asked = 0

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        self.asked += 1
        raise CredentialUnavailableError(message="none")


def test_those_who_waited_for_a_token_that_is_not_to_be_had_are_told_the_same() -> None:
    refusing, now = Refusing(), [5.0]
    shared = SharedCredential(refusing, clock=lambda: now[0])

    for _ in range(3):  # each began to wait when the first one was not told yet
        with pytest.raises(CredentialUnavailableError):
            shared.get_token(SCOPE)
    assert refusing.asked == 1

    now[0] = 6.0
    with pytest.raises(CredentialUnavailableError):
        shared.get_token(SCOPE)
    assert refusing.asked == 2, "who asks later is not told what was"


def test_a_token_that_is_about_to_end_is_renewed() -> None:
    shared = SharedCredential(Counting(SPARE_SECONDS - 1))

    assert [shared.get_token(SCOPE).token for _ in range(3)] == ["fake-1", "fake-2", "fake-3"]


def test_each_scope_and_each_challenge_gets_a_token_of_its_own() -> None:
    shared = SharedCredential(Counting())

    tokens = [
        shared.get_token(SCOPE).token,
        shared.get_token("other").token,
        shared.get_token(SCOPE, claims="c").token,
        shared.get_token(SCOPE).token,
    ]

    assert tokens == ["fake-1", "fake-2", "fake-3", "fake-3"]


def test_what_is_on_this_computer_is_asked_without_the_users_credentials() -> None:
    counting = Counting()
    with serving(AzureSandbox(), of_region(list_prices("azure"), "azure/eastus")) as environment:
        azure = Azure(CONNECTION, environment=environment, patience=HASTY, credential=counting)
        result = azure.discover(RegionKey.parse("azure/eastus"))

    assert result.status is RegionStatus.OK
    assert counting.given == 0
