"""The role that docs/permissions.md shows is what the adapter needs: no more and no less."""

from collections.abc import Mapping

from broker.domain.geography import RegionKey
from providers.azure.adapter import Azure
from providers.sandbox.azure.cloud import AzureSandbox, Subscription
from providers.sandbox.stock import Reserved
from tests.fakes.permissions import asked_of, documented
from tests.fakes.stand_ins import CONNECTION, HASTY
from tests.unit.providers.azure.test_scores import SPOT


def connect(environment: Mapping[str, str]) -> Azure:
    return Azure(CONNECTION, environment=environment, patience=HASTY)


def test_the_documented_role_allows_exactly_the_calls_that_are_made() -> None:
    paid = Reserved(
        name="paid",
        region=RegionKey.parse("azure/eastus"),
        zone="1",
        machine_type=str(SPOT[0].machine_type),
        nodes=2,
        used=2,
    )
    asked = asked_of(
        AzureSandbox(subscription=Subscription(reserved=[paid])), connect, "azure/eastus", SPOT
    )

    assert asked == documented("Azure")["Actions"]
