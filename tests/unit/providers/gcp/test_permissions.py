"""The role that docs/permissions.md shows is what the adapter needs: no more and no less."""

import json
import re

from broker.domain.geography import RegionKey
from providers.gcp.adapter import Gcp
from providers.sandbox.gcp.cloud import GcpSandbox
from tests.conftest import ROOT
from tests.fakes.stand_ins import CONNECTION, HASTY, list_prices, of_region, serving

REGION = "gcp/us-central1"


def test_the_documented_role_allows_exactly_the_calls_that_are_made() -> None:
    cloud = GcpSandbox()
    with serving(cloud, of_region(list_prices("gcp"), REGION)) as environment:
        provider = Gcp(CONNECTION, environment=environment, patience=HASTY)
        provider.regions()
        result = provider.discover(RegionKey.parse(REGION))
        asked = cloud.asked()

    assert result.findings == ()
    assert asked == documented()


def documented() -> list[str]:
    text = (ROOT / "docs" / "permissions.md").read_text()
    (block,) = re.findall(r"## Google Cloud\n.*?```json\n(.*?)```", text, re.DOTALL)
    return list(json.loads(block)["includedPermissions"])
