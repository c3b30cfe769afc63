"""The policy that docs/permissions.md shows is what the adapter needs: no more and no less."""

from providers.sandbox.aws.cloud import AwsSandbox
from tests.fakes.permissions import asked_of, documented
from tests.unit.providers.aws.conftest import connect

EVERYTHING_IS_SOLD_IN = "aws/us-east-1"


def test_the_documented_policy_allows_exactly_the_calls_that_are_made() -> None:
    asked = asked_of(AwsSandbox(), connect, EVERYTHING_IS_SOLD_IN)

    (statement,) = documented("AWS")["Statement"]
    assert (statement["Effect"], statement["Resource"]) == ("Allow", "*")
    assert asked == statement["Action"]
