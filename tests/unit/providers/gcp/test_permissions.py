"""The role that docs/permissions.md shows is what the adapter needs: no more and no less."""

from collections.abc import Mapping

from providers.gcp.adapter import Gcp
from providers.sandbox.gcp.cloud import GcpSandbox
from tests.fakes.permissions import asked_of, documented
from tests.fakes.stand_ins import CONNECTION, STEADY


def connect(environment: Mapping[str, str]) -> Gcp:
    return Gcp(CONNECTION, environment=environment, patience=STEADY)


def test_the_documented_role_allows_exactly_the_calls_that_are_made() -> None:
    asked = asked_of(GcpSandbox(), connect, "gcp/us-central1")

    assert asked == documented("Google Cloud")["includedPermissions"]
