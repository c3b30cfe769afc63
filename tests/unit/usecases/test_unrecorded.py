"""What the engine has records of, where the state was lost: told, and recorded again."""

from pathlib import Path

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import EngineFailed, EngineMissing
from broker.domain.ids import ClusterName
from broker.usecases.destroy import DestroyRequest, foresee
from broker.usecases.import_ import ImportRequest, import_members
from tests.fakes.changing import Desk, assert_made_once, recorded
from tests.fakes.specs import TINY


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Where a fleet was applied, and its state was lost with all backups."""
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(TINY)
    made = Desk(fleet)
    made.apply()
    made.folder.states.clear()
    return made


def lost(findings: tuple[Diagnostic, ...] | list[Diagnostic]) -> list[str]:
    """What is told of it."""
    return [each.summary for each in findings if each.code == "stacks-unrecorded"]


def test_a_plan_and_an_apply_say_what_the_state_does_not_know(desk: Desk) -> None:
    planned = lost(desk.plan().warnings)

    assert len(planned) == 1
    assert "1 cluster" in planned[0]
    assert "gcp-us-central1" in planned[0]
    assert lost(desk.apply().proposal.warnings) == planned
    assert lost(desk.plan().warnings) == []


@pytest.mark.parametrize("kind", [EngineMissing, EngineFailed])
def test_a_plan_says_where_nobody_can_look_for_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: type[EngineMissing | EngineFailed]
) -> None:
    def far_away(_: str) -> list[ClusterName]:
        raise kind(
            Diagnostic(code="engine-failed", subject="BROKER_STACKS", summary="no way there")
        )

    monkeypatch.setattr(desk.provisioner, "known", far_away)

    (warning,) = [w for w in desk.plan().warnings if w.code == "stacks-unknown"]

    assert "no way there" in warning.detail
    with pytest.raises(kind):
        desk.apply()


def test_a_destroy_that_finds_nothing_recorded_says_what_is_there(desk: Desk) -> None:
    heard: list[Diagnostic] = []

    assert foresee(DestroyRequest(), desk.means(), lambda _: None, warned=heard.extend) is None
    assert len(lost(heard)) == 1
    destroyed = desk.destroy()

    assert destroyed.removal is None
    assert lost(destroyed.warnings) == lost(heard)
    assert "broker import" in destroyed.warnings[0].hint


def test_an_import_takes_what_it_names(desk: Desk) -> None:
    import_members(ImportRequest(fleet=desk.fleet), desk.surroundings(), desk.means())

    assert [record.is_tainted for record in recorded(desk).members] == [False]
    assert_made_once(desk)
    assert lost(desk.plan().warnings) == []
