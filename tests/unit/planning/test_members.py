"""What stacks are made from follows from the plan, and from nothing else."""

import re
from dataclasses import replace
from fractions import Fraction

import pytest

from broker.domain.accelerators import Accelerator, AcceleratorKind, MigProfile
from broker.domain.errors import BrokerError, StateInvalid
from broker.domain.ids import ClusterName, ReservationName, TeamName, WorkloadName, ZoneId
from broker.domain.members import Member, Sharing, SharingKind
from broker.domain.offers import CapacityType
from broker.domain.spec import ClusterTerms
from broker.domain.workloads import (
    AcceleratorChoice,
    AcceleratorRequirement,
    Replicas,
    Workload,
)
from broker.planning.member_documents import member_document, member_of
from broker.planning.members import BLOCKS, commitments, members, namespace_of
from broker.planning.parts import NOTHING
from stacks.programs.refusals import refusals
from tests.fakes.fleets import (
    AWS,
    G6,
    cluster,
    fleet,
    offer,
    pool,
    research,
    shares,
    spec,
    workload,
)

A100 = Accelerator("A100", "80GB", 81920, AcceleratorKind.GPU)


def of(*workloads: Workload, bought: object = G6) -> Member:
    """The member on whose only pool these workloads are."""
    made = pool("aws-us-east-1", bought, 2, [w.name for w in workloads])  # type: ignore[arg-type]
    placed = shares(made, [(w.name, w.team, 1) for w in workloads])
    planned = fleet([cluster(AWS, made)], placed)
    wanted = replace(spec(), workloads=workloads)
    return members(planned, wanted, blocks={})[ClusterName("aws-us-east-1")]


def test_each_cluster_is_a_member_with_its_pools() -> None:
    made = members(research(), spec(), blocks={})

    assert sorted(made) == ["aws-us-east-1", "gcp-europe-west4"]
    assert [p.nodes for p in made[ClusterName("aws-us-east-1")].pools] == [3, 16]
    assert {m.fleet for m in made.values()} == {"research"}
    assert NOTHING.clusters == ()


def test_all_clusters_are_made_on_the_same_terms() -> None:
    terms = ClusterTerms(authorized_networks=("203.0.113.0/24",), has_sensor=True)

    for member in members(research(), replace(spec(), clusters=terms), blocks={}).values():
        assert member.authorized_networks == ("203.0.113.0/24",)
        assert member.security_extras


def test_blocks_of_addresses_differ_and_stay() -> None:
    first = members(research(), spec(), blocks={})
    blocks = {name: member.address_block for name, member in first.items()}

    again = members(research(training_nodes=3), spec(), blocks=blocks)

    assert len(set(blocks.values())) == len(blocks)
    assert {name: m.address_block for name, m in again.items()} == blocks


def test_a_block_that_is_taken_is_not_given_again() -> None:
    (wanted,) = {m.address_block for m in [of(workload("chat"))]}
    made = members(fleet([cluster(AWS)], []), spec(), blocks={ClusterName("gcp-elsewhere"): wanted})

    assert made[ClusterName("aws-us-east-1")].address_block != wanted


def test_more_clusters_than_there_are_blocks_are_refused() -> None:
    taken = {ClusterName(f"c{number}"): f"10.{number}.0.0/16" for number in range(BLOCKS)}

    with pytest.raises(BrokerError) as refused:
        members(research(), spec(), blocks=taken)

    assert refused.value.diagnostics[0].code == "addresses-exhausted"


def test_work_that_ends_gives_its_nodes_back_and_steady_work_keeps_them() -> None:
    pools = members(research(), spec(), blocks={})[ClusterName("aws-us-east-1")].pools

    assert {p.name: p.min_nodes for p in pools} == {
        "g6-12xlarge-on-demand": 3,
        "p5-48xlarge-spot": 0,
    }


def test_a_pool_may_grow_as_far_as_its_replicas_may() -> None:
    growing = replace(workload("chat"), replicas=Replicas(minimum=4, maximum=10))

    (found,) = of(growing).pools

    assert (found.nodes, found.max_nodes) == (2, 5)


def test_fractions_of_a_device_share_it_in_time() -> None:
    quarter = replace(
        workload("embed"),
        accelerators=AcceleratorRequirement(
            any_of=(AcceleratorChoice(model="L4"),), count=Fraction(1, 4)
        ),
    )

    (found,) = of(quarter, workload("chat")).pools

    assert found.sharing == Sharing(kind=SharingKind.TIME_SLICING, replicas=4)


def test_slices_share_it_by_hardware() -> None:
    slices = replace(
        workload("embed"),
        accelerators=AcceleratorRequirement(
            any_of=(
                AcceleratorChoice(model="A100", mig_profile=MigProfile.parse("2g.20gb")),
                AcceleratorChoice(model="H100", mig_profile=MigProfile.parse("1g.10gb")),
            ),
            count=Fraction(1),
        ),
    )
    bought = offer("p4de.24xlarge", AWS, "20", accelerator=A100)

    (found,) = of(slices, bought=bought).pools

    assert found.sharing == Sharing(kind=SharingKind.MIG, replicas=3, profile="2g.20gb")


def slicing(name: str, profile: str) -> Workload:
    choice = AcceleratorChoice(model="A100", mig_profile=MigProfile.parse(profile))
    needs = AcceleratorRequirement(any_of=(choice,), count=Fraction(1))
    return replace(workload(name), accelerators=needs)


def test_slices_of_several_profiles_cut_every_device_alike() -> None:
    small = slicing("embed", "1g.10gb")
    bought = offer("a2-ultragpu-1g", AWS, "5", accelerator=A100, count=1)

    (found,) = of(small, slicing("chat", "3g.40gb"), bought=bought).pools
    assert found.sharing == Sharing(
        kind=SharingKind.MIG, replicas=2, layout=(("1g.10gb", 1), ("3g.40gb", 1))
    )
    member = of(small, slicing("chat", "3g.40gb"), bought=bought)
    assert member_of(member_document(member)) == member


def test_slices_that_no_one_cut_of_a_device_would_hold_have_no_layout() -> None:
    bought = offer("a2-ultragpu-1g", AWS, "5", accelerator=A100, count=1)
    work = [slicing(name, "4g.40gb") for name in ("a", "b")] + [slicing("c", "3g.40gb")]

    (found,) = of(*work, slicing("d", "2g.20gb"), bought=bought).pools

    assert found.sharing is not None
    assert (found.sharing.kind, found.sharing.profile, found.sharing.layout) == (
        SharingKind.MIG, None, (),
    )  # fmt: skip


def test_a_gang_is_placed_close_together() -> None:
    gang = replace(workload("train"), is_gang=True, replicas=Replicas(minimum=16, maximum=16))

    assert of(gang).pools[0].is_compact
    assert not of(workload("chat")).pools[0].is_compact


def test_each_workload_has_an_identity_of_its_own() -> None:
    made = of(workload("chat"), workload("search"))

    assert [i.workload for i in made.identities] == [WorkloadName("chat"), WorkloadName("search")]


@pytest.mark.parametrize("team", ["foundation", "team-7", "9", "a" * 63])
def test_a_team_that_may_be_a_namespace_is_one(team: str) -> None:
    assert namespace_of(team) == team


@pytest.mark.parametrize(
    "team",
    ["bad team name!! /x", "ML", "ml@example.com", "-ml-", "équipe", "!!", "a" * 64, "ml-0123abcd"],
)
def test_any_other_becomes_one_that_no_other_has(team: str) -> None:
    made = namespace_of(team)

    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", made)
    assert made != team
    assert namespace_of(made) != made


def test_pods_have_their_identity_in_the_namespace_of_their_team() -> None:
    made = of(replace(workload("chat"), team=TeamName("bad team name!! /x")))

    assert [i.namespace for i in made.identities] == ["bad-team-name-x-9b5b3fc2"]


def test_the_alarm_follows_the_cost_in_steps_and_is_not_set_where_a_price_is_unknown() -> None:
    made = members(research(overhead_in_gcp=None), spec(), blocks={})

    alarm = made[ClusterName("aws-us-east-1")].budget_monthly
    assert alarm is not None
    assert alarm.micros % (100 * 10**6) == 0
    assert made[ClusterName("gcp-europe-west4")].budget_monthly is None


def test_a_member_is_kept_without_loss() -> None:
    for member in members(research(), spec(), blocks={}).values():
        assert member_of(member_document(member)) == member


def test_a_document_that_describes_no_member_is_refused() -> None:
    with pytest.raises(StateInvalid) as refused:
        member_of({"name": "x"})

    assert refused.value.diagnostics[0].code == "state-damaged"


def test_a_commitment_buys_ordinary_nodes_and_has_to_be_signed_by_somebody() -> None:
    fleet_with_one = research()

    made = members(fleet_with_one, spec(), blocks={})

    (reserved,) = made[ClusterName("gcp-europe-west4")].pools
    assert reserved.capacity_type is CapacityType.ON_DEMAND
    assert [d.subject for d in commitments(fleet_with_one)] == [
        "pool.gcp-europe-west4.a3-highgpu-8g-reserved"
    ]


def test_a_capacity_block_that_is_paid_is_started_as_one() -> None:
    block = replace(
        offer("p5.48xlarge", AWS, "0"),
        capacity_type=CapacityType.CAPACITY_BLOCK,
        zone=ZoneId("use1-az4"),
        reservation=ReservationName("cr-0a1b2c"),
    )

    member = of(workload("train"), bought=block)

    (made,) = member.pools
    assert made.capacity_type is CapacityType.CAPACITY_BLOCK
    assert (made.reservation, made.zone) == ("cr-0a1b2c", "use1-az4")
    assert refusals(member) == ()


def test_what_is_attached_to_a_machine_is_not_part_of_its_type() -> None:
    bought = offer("n1-standard-8+1xnvidia-tesla-t4", AWS, "1", count=1)

    assert of(workload("chat"), bought=bought).pools[0].machine_type == "n1-standard-8"
