"""What every provisioner promises, kept by the real engine."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from shutil import rmtree

import pytest

from broker.ports.provisioning import Workshop
from stacks.automation import PulumiProvisioner
from tests.contracts.provisioner_promises import ProvisionerPromises, Subject
from tests.fakes.engine import ENGINE_ENVIRONMENT
from tests.fakes.small_cloud import SmallCloud
from tests.fakes.small_program import small_program, small_warm


class TestPulumi(ProvisionerPromises):
    @pytest.fixture
    def subject(self, tmp_path: Path) -> Iterator[Subject]:
        cloud = SmallCloud()
        with cloud.serving("aws") as environment:
            workshop = Workshop(folder=tmp_path, fleet="research", environment=environment)
            yield Subject(
                provisioner=PulumiProvisioner(
                    workshop,
                    program_of=small_program,
                    warm=small_warm,
                    environment=ENGINE_ENVIRONMENT,
                ),
                names=cloud.names,
                refuse=cloud.refuse,
                lose=cloud.lose,
                forget=partial(rmtree, tmp_path),
                slow=partial(_slow, cloud),
            )


def _slow(cloud: SmallCloud, name: str, seconds: float) -> partial[bool]:
    cloud.seconds[name] = seconds
    return partial(cloud.under_way.acquire, timeout=60)
