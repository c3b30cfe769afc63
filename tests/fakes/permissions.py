"""The least rights that docs/permissions.md shows for each cloud, and those that are asked for."""

import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

import yaml

from broker.domain.geography import RegionKey
from broker.domain.offers import Offer
from broker.ports.capacity import CapacityProvider
from broker.ports.sandbox import SandboxCloud
from tests.conftest import ROOT
from tests.fakes.stand_ins import list_prices, of_region, serving


class Watched(SandboxCloud, Protocol):
    """A stand-in that keeps which rights its questions needed."""

    def asked(self) -> Collection[str]: ...


def asked_of(
    cloud: Watched,
    connect: Callable[[Mapping[str, str]], CapacityProvider],
    region: str,
    more: tuple[Offer, ...] = (),
) -> list[str]:
    """The rights that a refresh of *region* needs; it has to end without a finding.

    The cloud sells its list prices there, and *more*.
    """
    with serving(cloud, (*of_region(list_prices(cloud.name), region), *more)) as environment:
        provider = connect(environment)
        provider.regions()
        result = provider.discover(RegionKey.parse(region))
        asked = sorted(cloud.asked())
    assert result.findings == ()
    return asked


def documented(cloud: str) -> Any:
    """The policy, role or cluster role under the heading *cloud*."""
    text = (ROOT / "docs" / "permissions.md").read_text()
    (block,) = re.findall(rf"## {cloud}\n.*?```(?:json|yaml)\n(.*?)```", text, re.DOTALL)
    return json.loads(block) if block.startswith("{") else yaml.safe_load(block)
