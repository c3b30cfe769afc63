"""The sandbox cloud as the broker looks into it and steers it."""

import subprocess
import sys
from pathlib import Path

import pytest

from broker.domain.errors import UsageInvalid
from stacks.sandbox import cloud
from stacks.sandbox.ledger import Ledger, Made
from tests.conftest import ROOT

HEAVY = ("boto3", "google.protobuf", "grpc", "moto", "pulumi")


def test_it_is_looked_into_without_loading_what_serves() -> None:
    """`broker sandbox status` has to work, and to say what is missing, without those."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from stacks.sandbox.cloud import PulumiSandbox\n"
        "engine = PulumiSandbox()\n"
        "engine.readiness(), engine.resources(Path('nowhere'))\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud, "NEEDED", ("no_such_package", "grpc"))

    [found] = cloud.PulumiSandbox().readiness()

    assert found.code == "sandbox-engine-missing"
    assert found.summary == "The sandbox makes nothing: no_such_package is not installed"


@pytest.mark.parametrize("path", [".", "taints[3].key", "scalingConfig.desiredSize.more"])
def test_what_can_be_nowhere_is_told(tmp_path: Path, path: str) -> None:
    inputs = {"scalingConfig": {"desiredSize": 2}, "taints": []}
    with Ledger(tmp_path) as ledger:
        ledger.add(Made(type="aws:eks/nodeGroup:NodeGroup", id="n", urn="n", inputs=inputs))

    with pytest.raises(UsageInvalid) as refused:
        cloud.PulumiSandbox().drift(tmp_path, "n", path, 7)

    (finding,) = refused.value.diagnostics
    assert path in finding.summary
