"""The policy that docs/permissions.md shows is what the adapter needs: no more and no less."""

import json
import re

from broker.domain.geography import RegionKey
from providers.sandbox.aws.cloud import AwsSandbox
from tests.conftest import ROOT
from tests.fakes.stand_ins import list_prices, of_region
from tests.unit.providers.aws.conftest import connect

EVERYTHING_IS_SOLD_IN = "aws/us-east-1"


def test_the_documented_policy_allows_exactly_the_calls_that_are_made() -> None:
    cloud = AwsSandbox()
    environment = cloud.start(of_region(list_prices("aws"), EVERYTHING_IS_SOLD_IN))
    try:
        provider = connect(environment)
        result = provider.discover(RegionKey.parse(EVERYTHING_IS_SOLD_IN))
        asked = cloud.asked()
    finally:
        cloud.stop()

    assert result.findings == ()
    assert sorted(asked) == documented_actions()


def documented_actions() -> list[str]:
    text = (ROOT / "docs" / "permissions.md").read_text()
    (block,) = re.findall(r"## AWS\n.*?```json\n(.*?)```", text, re.DOTALL)
    (statement,) = json.loads(block)["Statement"]
    assert (statement["Effect"], statement["Resource"]) == ("Allow", "*")
    return list(statement["Action"])
