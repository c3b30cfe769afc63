"""The role that docs/permissions.md shows is what the adapter needs: no more and no less."""

import json
import re

from broker.domain.geography import RegionKey
from providers.azure.adapter import Azure
from providers.sandbox.azure.cloud import AzureSandbox
from tests.conftest import ROOT
from tests.fakes.stand_ins import CONNECTION, HASTY, list_prices, of_region, serving

REGION = "azure/eastus"


def test_the_documented_role_allows_exactly_the_calls_that_are_made() -> None:
    cloud = AzureSandbox()
    with serving(cloud, of_region(list_prices("azure"), REGION)) as environment:
        provider = Azure(CONNECTION, environment=environment, patience=HASTY)
        provider.regions()
        result = provider.discover(RegionKey.parse(REGION))
        asked = cloud.asked()

    assert result.findings == ()
    assert asked == documented()


def documented() -> list[str]:
    text = (ROOT / "docs" / "permissions.md").read_text()
    (block,) = re.findall(r"## Azure\n.*?```json\n(.*?)```", text, re.DOTALL)
    return list(json.loads(block)["Actions"])
