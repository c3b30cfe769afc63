"""What every stand-in for the clouds of a provisioner promises."""

import socket
from pathlib import Path

import pytest

from broker import bootstrap
from broker.domain.errors import UsageInvalid
from broker.ports.sandbox import SandboxEngine
from stacks.sandbox.control import Control
from stacks.sandbox.ledger import Ledger, Made

ENGINES = bootstrap.sandbox_engines()


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> SandboxEngine:
    found: SandboxEngine = request.param
    return found


def ports(environment: dict[str, str]) -> list[int]:
    """Those of 127.0.0.1 that lead to it."""
    parts = environment["PULUMI_DEBUG_PROVIDERS"].split(",")
    return [int(part.partition(":")[2]) for part in parts]


def answers(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def test_it_is_ready_where_everything_is_installed(engine: SandboxEngine) -> None:
    assert engine.readiness() == []


def test_it_serves_until_it_is_stopped(engine: SandboxEngine, tmp_path: Path) -> None:
    environment = dict(engine.start([], folder=tmp_path, environment={}))
    served = [answers(port) for port in ports(environment)]
    engine.stop()
    engine.stop()

    assert served
    assert all(served)
    assert not any(answers(port) for port in ports(environment))


def test_what_was_made_is_there_again(engine: SandboxEngine, tmp_path: Path) -> None:
    role = "aws:iam/role:Role"
    assert engine.resources(tmp_path / "nowhere") == []
    with Ledger(tmp_path) as ledger:
        ledger.add(Made(type=role, id="r", urn=f"urn:pulumi:d::p::{role}::trainer", seed="1"))

    for _ in range(2):
        engine.start([], folder=tmp_path, environment={})
        engine.stop()

    [found] = engine.resources(tmp_path)
    assert (found.type, found.name, found.id, found.region) == (role, "trainer", "r", "")


def test_it_is_steered_from_outside(engine: SandboxEngine, tmp_path: Path) -> None:
    role = "aws:iam/role:Role"
    with Ledger(tmp_path) as ledger:
        ledger.add(Made(type=role, id="r", urn=f"urn:pulumi:d::p::{role}::trainer", seed="1"))

        engine.drift(tmp_path, "trainer", "tags.by", "hand")
        drifted = ledger.resources()
        engine.drift(tmp_path, "r", None, None)

        assert drifted[0].outputs == {"tags": {"by": "hand"}}
        assert ledger.resources() == []
    with pytest.raises(UsageInvalid, match="Nothing in the sandbox has"):
        engine.drift(tmp_path, "r", None, None)
    engine.stock_out(tmp_path, "p5.48xlarge", "us-east-1")
    with Control(tmp_path) as control:
        told = control.due("stock-out", machine_type="p5.48xlarge", region="us-east-1")
    assert told is not None
