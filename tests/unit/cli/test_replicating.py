"""`broker state replicate` and `promote` where the folder has a sandbox."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from broker.cli.replicating import promote, replicate
from broker.domain.errors import UsageInvalid
from broker.ports.sandbox import SandboxRecord
from broker.storage.sandbox_record import SandboxFolder


@pytest.mark.parametrize("verb", [replicate, promote])
def test_the_state_of_a_sandbox_has_no_replica_whatever_is_named(
    verb: click.Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BROKER_STATE_REPLICA", str(tmp_path / "elsewhere"))
    (tmp_path / ".broker").mkdir()
    there = SandboxRecord(pid=1, clouds=("aws",), environment={}, fault_seed=None)
    SandboxFolder(tmp_path / ".broker").write(there)

    done = CliRunner().invoke(verb, [])

    assert isinstance(done.exception, UsageInvalid)
    (finding,) = done.exception.diagnostics
    assert finding.code == "replica-missing"
    assert "broker sandbox stop" in finding.hint
