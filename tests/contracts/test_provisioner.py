"""What every provisioner promises (broker.ports.provisioning), kept by the fake.

The real engine keeps the same promises in tests/engine.
"""

from functools import partial

import pytest

from tests.contracts.provisioner_promises import ProvisionerPromises, Subject
from tests.fakes.provisioner import FakeProvisioner


class TestFake(ProvisionerPromises):
    @pytest.fixture
    def subject(self) -> Subject:
        fake = FakeProvisioner()
        return Subject(
            provisioner=fake,
            names=fake.names,
            refuse=fake.refuse,
            lose=fake.lose,
            forget=fake.forget,
            slow=lambda name, seconds: partial(fake.slow(name, seconds).acquire, timeout=30),
        )
