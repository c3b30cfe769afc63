"""The role that docs/permissions.md shows is what the adapter needs: no more and no less."""

from collections.abc import Mapping

from providers.azure.adapter import Azure
from providers.sandbox.azure.cloud import AzureSandbox
from tests.fakes.permissions import asked_of, documented
from tests.fakes.stand_ins import CONNECTION, HASTY
from tests.unit.providers.azure.test_scores import SPOT


def connect(environment: Mapping[str, str]) -> Azure:
    return Azure(CONNECTION, environment=environment, patience=HASTY)


def test_the_documented_role_allows_exactly_the_calls_that_are_made() -> None:
    asked = asked_of(AzureSandbox(), connect, "azure/eastus", SPOT)

    assert asked == documented("Azure")["Actions"]
