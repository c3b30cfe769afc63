"""A cloud that can not be reached holds back what is in it, and nothing else."""

from pathlib import Path

import pytest

from broker.domain.errors import PartlyApplied, Unavailable
from broker.usecases.drift import accept_drift
from tests.fakes.changing import Desk, codes, prices, recorded
from tests.fakes.provisioner import Crash
from tests.fakes.specs import WIDE

AWS, GCP = "aws-us-east-1", "gcp-us-central1"
PLAN = Path("fleet.plan")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """One whose AWS cluster was left half made, and can not be reached now."""
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(WIDE)
    made = Desk(fleet)
    made.provisioner.crashes.add("network")
    with pytest.raises(Crash):
        made.apply(target=(f"cluster.{AWS}",))
    made.provisioner.crashes.clear()
    assert tainted(made) == {AWS}
    made.provisioner.unreachable.add(AWS)
    return made


def tainted(desk: Desk) -> set[str]:
    return {record.name for record in recorded(desk).members if record.is_tainted}


def there(desk: Desk) -> set[str]:
    return {record.name for record in recorded(desk).members if not record.is_tainted}


def test_the_others_are_made_and_the_same_command_goes_on(desk: Desk) -> None:
    with pytest.raises(PartlyApplied) as partly:
        desk.apply(command="broker apply -target=all")

    assert codes(partly.value) == ["cloud-unavailable", "partly-applied"]
    assert partly.value.diagnostics[-1].detail == f"{GCP}: made\n{AWS}: failed"
    assert partly.value.diagnostics[-1].hint == "Go on with: broker apply -target=all"
    assert (there(desk), tainted(desk)) == ({GCP}, {AWS})
    desk.provisioner.unreachable.clear()
    desk.apply()
    assert there(desk) == {AWS, GCP}
    assert sorted(desk.provisioner.names()).count("network") == 2
    assert not desk.plan().has_changes


def test_the_user_is_told_before_being_asked(desk: Desk) -> None:
    with pytest.raises(PartlyApplied):
        desk.apply()

    (shown,) = desk.shown[-1:]
    assert "member-set-aside" in [warning.code for warning in shown.warnings]
    assert [stack["cluster"] for stack in shown.document["stacks"]] == [GCP]


def test_what_only_the_part_in_it_needs_is_not_looked_at(desk: Desk) -> None:
    applied = desk.apply(target=(f"cluster.{GCP}",))

    assert applied.outcome.made == (GCP,)
    assert tainted(desk) == {AWS}


def test_a_saved_plan_that_was_cut_short_goes_on_with_the_others(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text(WIDE)
    desk = Desk(tmp_path / "fleet.yaml")
    desk.plan(out=PLAN)
    desk.provisioner.crashes.add("network")
    with pytest.raises(Crash):
        desk.apply(plan=PLAN)
    desk.provisioner.crashes.clear()
    desk.provisioner.unreachable.add(AWS)

    with pytest.raises(PartlyApplied):
        desk.apply(plan=PLAN)

    assert there(desk) == {GCP}
    desk.provisioner.unreachable.clear()
    desk.apply(plan=PLAN)
    assert there(desk) == {AWS, GCP}
    assert recorded(desk).under_way is None


def test_where_nothing_else_is_to_be_done_it_is_told_all_the_same(desk: Desk) -> None:
    desk.provisioner.unreachable.clear()
    desk.apply()
    desk.provisioner.unreachable.add(AWS)
    shown = len(desk.shown)

    with pytest.raises(PartlyApplied) as partly:
        desk.apply()

    assert codes(partly.value) == ["cloud-unavailable", "partly-applied"]
    assert not desk.shown[shown].has_changes
    assert there(desk) == {AWS, GCP}


def test_the_others_are_destroyed(desk: Desk) -> None:
    with pytest.raises(PartlyApplied):
        desk.apply()

    with pytest.raises(PartlyApplied) as partly:
        desk.destroy()

    assert codes(partly.value) == ["cloud-unavailable", "partly-applied"]
    assert [record.name for record in recorded(desk).members] == [AWS]
    with pytest.raises(Unavailable):
        desk.destroy()
    desk.provisioner.unreachable.clear()
    desk.destroy()
    assert desk.provisioner.names() == []


def test_drift_is_accepted_of_all_or_of_nothing(desk: Desk) -> None:
    serial = recorded(desk).serial

    with pytest.raises(Unavailable):
        accept_drift(desk.means(), lambda _: True)

    assert recorded(desk).serial == serial


def test_what_a_plan_has_done_already_is_neither_done_nor_bought_again(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text(WIDE)
    desk = Desk(tmp_path / "fleet.yaml")
    desk.plan(out=PLAN)
    clusters = {c["name"]: c for c in desk.plans.saved[PLAN].document["desired"]["clusters"]}
    desk.provisioner.crashes.add(clusters[GCP]["pools"][0]["name"])
    with pytest.raises(Crash):
        desk.apply(plan=PLAN)
    desk.provisioner.crashes.clear()
    assert there(desk) == {AWS}
    desk.offers = tuple(o for o in prices().offers if o.region.provider != "aws")
    calls = len(desk.provisioner.calls)

    desk.apply(plan=PLAN)

    assert there(desk) == {AWS, GCP}
    assert ("up", AWS) not in desk.provisioner.calls[calls:]
    assert {warning.code for warning in desk.warned} == {"prices-not-confirmed"}


def test_what_is_made_anew_is_made_anew_once(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text(WIDE)
    desk = Desk(tmp_path / "fleet.yaml")
    desk.apply()
    pools = {
        cluster["name"]: cluster["pools"][0]["name"]
        for cluster in (recorded(desk).desired or {})["clusters"]
    }
    addresses = tuple(f"pool.{cluster}.{pool}" for cluster, pool in pools.items())
    desk.plan(out=PLAN, replace=addresses)
    ids = {cluster: made(desk, cluster, pool) for cluster, pool in pools.items()}
    desk.provisioner.crashes.add(pools[GCP])
    with pytest.raises(Crash):
        desk.apply(plan=PLAN)
    desk.provisioner.crashes.clear()
    anew = made(desk, AWS, pools[AWS])
    assert anew != ids[AWS]

    desk.apply(plan=PLAN)

    assert made(desk, AWS, pools[AWS]) == anew
    assert made(desk, GCP, pools[GCP]) != ids[GCP]


def made(desk: Desk, cluster: str, pool: str) -> str:
    """The cloud's own id of a pool that is recorded."""
    (record,) = [record for record in recorded(desk).members if record.name == cluster]
    return next(resource["id"] for resource in record.resources if resource["name"] == pool)
