"""What tests of the real engine share: a small cloud, and the provisioner over it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from broker.ports.provisioning import Workshop
from stacks.automation import PulumiProvisioner
from tests.fakes.engine import ENGINE_ENVIRONMENT
from tests.fakes.sandbox_stacks import sandbox
from tests.fakes.small_cloud import SmallCloud
from tests.fakes.small_program import small_program, small_warm
from tests.fakes.stand_ins import list_prices

Provision = Callable[..., PulumiProvisioner]


@pytest.fixture
def cloud() -> SmallCloud:
    return SmallCloud()


@pytest.fixture
def attached(cloud: SmallCloud) -> Iterator[dict[str, str]]:
    """The environment that leads the engine to the cloud."""
    with cloud.serving("aws") as environment:
        yield environment


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment that leads to a sandbox of all clouds, which lies in `cloud`."""
    offers = [offer for cloud in ("aws", "azure", "gcp") for offer in list_prices(cloud)]
    with sandbox(tmp_path / "cloud", offers) as attached:
        yield attached


@pytest.fixture
def provision(tmp_path: Path, attached: dict[str, str]) -> Provision:
    """`provision(timeout_seconds=...)` makes a provisioner, always in the same folder."""

    def made(**told: Any) -> PulumiProvisioner:
        program_of = told.pop("program_of", small_program)
        environment = {**attached, **told.pop("environment", {})}
        folder = told.pop("folder", tmp_path / "a folder")
        grace = {"grace_seconds": told.pop("grace_seconds", 60.0)}
        workshop = Workshop(folder=folder, fleet="research", environment=environment, **told)
        return PulumiProvisioner(
            workshop,
            program_of=program_of,
            warm=small_warm,
            environment=ENGINE_ENVIRONMENT,
            **grace,
        )

    return made
