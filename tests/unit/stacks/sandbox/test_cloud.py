"""The sandbox cloud as the broker looks into it and steers it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from broker.domain.errors import UsageInvalid
from stacks.sandbox import cloud
from stacks.sandbox.control import Control
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


NODES = "gcp:container/nodePool:NodePool"


def made(type_: str, urn: str, **inputs: Any) -> Made:
    return Made(type=type_, id="system", urn=f"urn:pulumi:{urn}::p::{type_}::system", inputs=inputs)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("nodeCont", 5, "Did you mean nodeCount?"),
        ("scalingConfig.desiredSize", 1, "Unsupported argument: scalingConfig"),
        ("nodeCount", "many", "to be a integer"),
    ],
)
def test_what_the_resource_can_not_have_is_refused(
    tmp_path: Path, path: str, value: object, told: str
) -> None:
    there = made(NODES, "a", cluster="c", initialNodeCount=2)
    with Ledger(tmp_path) as ledger:
        ledger.add(there)

        with pytest.raises(UsageInvalid) as refused:
            cloud.PulumiSandbox().drift(tmp_path, "system", path, value)

        assert ledger.resources() == [there]
    (finding,) = refused.value.diagnostics
    assert told in f"{finding.summary} {finding.hint}"


def test_an_address_of_several_changes_none_of_them(tmp_path: Path) -> None:
    several = [made(NODES, "a", cluster="c"), made("aws:eks/nodeGroup:NodeGroup", "b")]
    with Ledger(tmp_path) as ledger:
        for each in several:
            ledger.add(each)

        with pytest.raises(UsageInvalid) as refused:
            cloud.PulumiSandbox().drift(tmp_path, "system", None, None)
        assert ledger.resources() == several
        cloud.PulumiSandbox().drift(tmp_path, several[0].urn, None, None)
        assert ledger.resources() == several[1:]

    (finding,) = refused.value.diagnostics
    assert finding.code == "sandbox-resource-ambiguous"
    assert all(each.urn in finding.detail for each in several)


def test_what_was_sold_out_is_restocked_where_it_was(tmp_path: Path) -> None:
    sandbox = cloud.PulumiSandbox()
    sandbox.stock_out(tmp_path, "p5.48xlarge", "us-east-1")
    sandbox.stock_out(tmp_path, "p5.48xlarge", "us-west-2")

    assert not sandbox.restock(tmp_path, "p4d.24xlarge", None)
    assert sandbox.restock(tmp_path, "p5.48xlarge", "us-east-1")
    with Control(tmp_path) as control:
        (left,) = control.standing("stock-out")
        assert left.value["region"] == "us-west-2"
    assert sandbox.restock(tmp_path, "p5.48xlarge", None)
