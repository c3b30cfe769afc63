"""What nobody would make any more can still be looked at, and taken away."""

from pathlib import Path

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import EngineMissing
from broker.usecases.drift import drift
from tests.fakes.changing import Desk, codes, recorded
from tests.fakes.specs import TINY

REFUSED = Diagnostic(code="sharing-not-possible", subject="pool", summary="not any more")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Where a cluster is there that a newer broker refuses to make."""
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(TINY)
    made = Desk(fleet)
    made.apply()
    (record,) = recorded(made).members
    made.provisioner.refused[record.name] = (REFUSED,)
    return made


def test_it_is_not_applied(desk: Desk) -> None:
    with pytest.raises(EngineMissing) as refused:
        desk.apply()

    assert codes(refused.value) == ["sharing-not-possible"]


def test_what_drifted_of_it_is_told(desk: Desk) -> None:
    desk.provisioner.lose("network")

    assert [one.step.name for one in drift(desk.means()).drifted.shown] == ["network"]


def test_it_is_destroyed(desk: Desk) -> None:
    desk.destroy()

    assert desk.provisioner.names() == []
