"""Members of each cloud as the real programs make them on the sandbox, and the engine that makes them."""

from pathlib import Path

from broker.domain.geography import RegionKey
from broker.domain.ids import ClusterName
from broker.domain.members import Member, MemberPool
from broker.ports.provisioning import Workshop
from stacks.automation import PulumiProvisioner
from stacks.programs.program_of import TOUCHED
from tests.fakes.engine import ENGINE_ENVIRONMENT
from tests.fakes.sandbox_stacks import library


def member_in(region: str, *pools: MemberPool) -> Member:
    """A member of these pools in that region, named after it."""
    key = RegionKey.parse(region)
    return Member(
        name=ClusterName(f"{key.provider}-{key.region}"),
        fleet="research",
        owner="ml@example.org",
        region=key,
        pools=pools,
        address_block="10.42.0.0/16",
    )


def engine_in(made: Member, environment: dict[str, str], folder: Path) -> PulumiProvisioner:
    """The real engine for *made*, with the SDK of its cloud loaded."""
    name, parts = TOUCHED[made.region.provider]
    library(name.removeprefix("pulumi_"), *parts)
    workshop = Workshop(folder=folder, environment=environment)
    return PulumiProvisioner(workshop, environment=ENGINE_ENVIRONMENT)
