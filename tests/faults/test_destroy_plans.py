"""A saved plan of a destroy over the real engine and a sandbox: what was shown goes, once."""

from collections.abc import Iterator

import pytest

from tests.faults.bad_yard import BadYard, bad_yard, code_of


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BadYard]:
    with bad_yard(tmp_path_factory.mktemp("destroy")) as made:
        yield made


def test_a_destroy_that_was_planned_is_shown_and_carried_out_once(place: BadYard) -> None:
    place.more()
    assert code_of(place.told("apply", "-auto-approve")) == 0
    calls = place.changes()

    planned = place.told("plan", "-destroy", "-resources", "-out=gone.plan")
    shown = place.told("show", "gone.plan")
    assert place.changes() == calls
    applied = place.told("apply", "-input=false", "gone.plan")
    again = place.told("apply", "-input=false", "gone.plan")

    assert code_of(planned) == 0, planned.stderr
    assert "NodeGroup pool-" in planned.stdout
    assert "gone.plan" in planned.stdout
    assert "will be destroyed" in shown.stdout
    assert code_of(applied) == 0, applied.stderr
    assert "Destroy complete!" in applied.stdout
    assert place.nodes() == []
    assert place.state()["members"] == []
    assert code_of(again) == 1
    assert "[plan-replayed]" in again.stderr
