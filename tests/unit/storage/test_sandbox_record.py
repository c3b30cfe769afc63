"""A sandbox that is stopped while it ends by itself."""

import os
from pathlib import Path

import pytest

from broker.ports.sandbox import SandboxRecord
from broker.storage import sandbox_record
from broker.storage.sandbox_record import SandboxFolder


def test_one_that_ends_meanwhile_is_stopped_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox_record, "STOP_SECONDS", 0.0)

    def gone(_pid: int, _signal: int) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(os, "kill", gone)
    folder = SandboxFolder(tmp_path)
    with folder.held():
        folder.write(SandboxRecord(pid=os.getpid(), clouds=(), environment={}, fault_seed=None))

        assert folder.stop()

    assert folder.record() is None
    assert not folder.stop()
