"""What a destroy would take away is shown before it is refused, and by a plan without doing it."""

from dataclasses import replace
from pathlib import Path

import pytest

from broker.domain.errors import Denied, PartlyApplied
from broker.usecases.destroy import DestroyRequest, Removal, destroy, foresee
from broker.usecases.drift import drift
from broker.usecases.mend import reread
from broker.usecases.operation import operation
from broker.usecases.plan import PlanMade, PlanNow, PlanRequest, plan
from tests.fakes.changing import Desk, a_pool, codes, recorded, startup_desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """With a fleet that is made."""
    desk = startup_desk(tmp_path)
    desk.apply()
    return desk


def test_a_plan_tells_what_would_go_and_changes_nothing(desk: Desk) -> None:
    state, made, shown = recorded(desk), desk.provisioner.names(), []

    removal = foresee(DestroyRequest(), desk.means(), shown.append)

    assert removal is not None
    assert shown == [removal]
    assert set(removal.previews) == {record.name for record in state.members}
    assert (recorded(desk), desk.provisioner.names()) == (state, made)


def test_nothing_would_go_where_nothing_is(tmp_path: Path) -> None:
    assert foresee(DestroyRequest(), startup_desk(tmp_path).means(), lambda _: None) is None


def test_each_cluster_that_is_read_is_told_of(desk: Desk) -> None:
    told: list[tuple[str, str]] = []
    means = replace(desk.means(), reading=lambda name, moment: told.append((name, moment)))

    with operation("apply", means) as op:
        reread(op, but={})

    names = [record.name for record in recorded(desk).members]
    assert told == [(name, moment) for name in names for moment in ("started", "done")]


def test_what_is_refused_is_shown_first(desk: Desk) -> None:
    _, pool = a_pool(desk)
    shown: list[Removal] = []

    for attempt in (
        lambda: foresee(DestroyRequest(), desk.means(), shown.append, work=lambda *_: {pool: 1}),
        lambda: destroy(
            DestroyRequest(),
            desk.means(),
            lambda _: True,
            told=shown.append,
            work=lambda *_: {pool: 1},
        ),
    ):
        with pytest.raises(Denied) as refused:
            attempt()
        assert codes(refused.value) == ["pool-in-use"]

    assert len(shown) == 2
    assert desk.provisioner.names()


def test_what_was_never_made_of_a_half_made_cluster_is_not_gone(tmp_path: Path) -> None:
    desk = startup_desk(tmp_path)
    _, pool = a_pool(desk)
    desk.provisioner.refuse(pool, "the cloud is on fire")
    with pytest.raises(PartlyApplied):
        desk.apply()
    made = desk.provisioner.names()[0]

    found = drift(desk.means())

    assert (found.drifted.shown, len(found.tainted)) == ((), 1)
    desk.provisioner.lose(made)
    assert [one.step.name for one in drift(desk.means()).drifted.shown] == [made]


def test_a_plan_that_reads_the_clouds_shows_what_drifted_as_a_change(desk: Desk) -> None:
    _, pool = a_pool(desk)
    desk.provisioner.lose(pool)
    before = recorded(desk)

    def planned(*, asks: bool) -> tuple[bool, list[str]]:
        now = PlanNow(
            place=desk.place,
            state=desk.states.read(),
            drift=(lambda: drift(desk.means())) if asks else None,
        )
        request = PlanRequest(fleet=desk.fleet, issued_at=desk.folder.clock.now())
        made = plan(request, desk.surroundings(), desk.plans, now)
        return made.has_changes, [d["name"] for d in made.document.get("resource_drift", [])]

    assert planned(asks=False) == (False, [])
    assert planned(asks=True) == (True, [pool])
    assert recorded(desk) == before


def test_a_plan_that_takes_away_what_work_forbids_is_shown_and_denied_and_not_saved(
    desk: Desk,
) -> None:
    text = desk.fleet.read_text().replace(
        "  - name: finetune\n", "  - name: finetune\n    destroy: forbidden\n"
    )
    desk.fleet.write_text(text.replace("A100", "H100"))
    before = len(desk.shown)
    made: list[PlanMade] = []

    def planned() -> None:
        request = PlanRequest(
            fleet=desk.fleet, issued_at=desk.folder.clock.now(), out=Path("fleet.plan")
        )
        now = PlanNow(place=desk.place, state=desk.states.read())
        plan(request, desk.surroundings(), desk.plans, now, told=made.append)

    for attempt in (planned, desk.apply):
        with pytest.raises(Denied) as refused:
            attempt()
        assert set(codes(refused.value)) == {"cluster-protected"}

    assert made[0].has_changes
    assert desk.shown[before:][0].document["resource_changes"]
    assert desk.plans.saved == {}


def test_a_plan_of_a_part_is_not_complete(desk: Desk) -> None:
    cluster, pool = a_pool(desk)

    assert desk.plan().document["complete"] is True
    for part in ({"target": (f"cluster.{cluster}",)}, {"exclude": (f"pool.{cluster}.{pool}",)}):
        assert desk.plan(**part).document["complete"] is False
