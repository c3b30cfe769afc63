"""Addresses as people type them: with their kind, without it, and wrong."""

import pytest

from broker.domain.errors import UsageInvalid
from broker.domain.ids import ClusterName, PoolName
from broker.planning.addresses import meant, spellings
from broker.planning.possible_addresses import check_possible
from tests.fakes.problems import EAST, WEST, offer

EASTERN, WESTERN = ClusterName("aws-us-east-1"), ClusterName("aws-us-west-2")
SPOT, LARGE = PoolName("p5-48xlarge-spot"), PoolName("g6-12xlarge-on-demand")
POOLS = {EASTERN: {SPOT, LARGE}, WESTERN: {SPOT}}
OFFERS = (offer("p5.48xlarge", "98", region=EAST), offer("p5.48xlarge", "99", region=WEST))


def hints(addresses: list[str]) -> list[str]:
    with pytest.raises(UsageInvalid) as refused:
        meant(addresses, spellings(POOLS))
    return [finding.hint for finding in refused.value.diagnostics]


@pytest.mark.parametrize(
    ("address", "pair"),
    [
        ("cluster.aws-us-east-1", (EASTERN, None)),
        ("aws-us-east-1", (EASTERN, None)),
        ("pool.aws-us-west-2.p5-48xlarge-spot", (WESTERN, SPOT)),
        ("aws-us-west-2/p5-48xlarge-spot", (WESTERN, SPOT)),
        ("g6-12xlarge-on-demand", (EASTERN, LARGE)),
    ],
)
def test_each_way_of_writing_means_the_same(
    address: str, pair: tuple[ClusterName, PoolName | None]
) -> None:
    assert meant([address], spellings(POOLS)) == [pair]


@pytest.mark.parametrize(
    ("address", "guess"),
    [
        ("cluster.aws-us-est-1", "Did you mean cluster.aws-us-east-1"),
        ("aws-us-est-1", "Did you mean cluster.aws-us-east-1"),
        ("aws-us-west-2/p5-48xlarge-spt", "Did you mean pool.aws-us-west-2.p5-48xlarge-spot"),
        (
            "p5-48xlarge-spot",
            "Did you mean pool.aws-us-east-1.p5-48xlarge-spot or pool.aws-us-west-2.",
        ),
        ("workload.chat", "Name the cluster or the pool that it is on."),
        ("mars", "`broker plan` shows the addresses"),
        ("pool.aws-us-west-2.nope", "`broker plan` shows the addresses"),
        ("aws-us-west-2/nope", "`broker plan` shows the addresses"),
        (
            "pool.aws-us-east-1.p5-48xlarge-spt",
            "Did you mean pool.aws-us-east-1.p5-48xlarge-spot? ",
        ),
        ("pool.aws-us-est-1.p5-48xlarge-spot", "Did you mean pool.aws-us-east-1.p5-48xlarge-spot"),
    ],
)
def test_what_means_nothing_is_refused_with_a_guess(address: str, guess: str) -> None:
    (hint,) = hints([address])

    assert hint.startswith(guess)


@pytest.mark.parametrize("address", ["pool.gcp-us-central1.nope", "gcp-us-central1/nope"])
def test_nothing_wider_than_a_pool_is_guessed_for_one(address: str) -> None:
    pools = {ClusterName("gcp-us-central1"): (), WESTERN: {SPOT}}

    with pytest.raises(UsageInvalid) as refused:
        meant([address], spellings(pools))

    assert "Did you mean" not in refused.value.diagnostics[0].hint


def test_all_that_mean_nothing_are_told() -> None:
    assert len(hints(["a", "aws-us-east-1", "b"])) == 2


@pytest.mark.parametrize(
    "address",
    [
        "aws-us-west-2",
        "cluster.aws-us-east-1",
        "pool.aws-us-east-1.p5-48xlarge-on-demand",
        "aws-us-west-2/pretrain-p5-48xlarge-spot-usw2-az1",
        "p5-48xlarge-spot",
        "g6-12xlarge-on-demand",
    ],
)
def test_what_a_fleet_may_have_is_let_through(address: str) -> None:
    check_possible([address], {EASTERN: {LARGE}}, OFFERS)


@pytest.mark.parametrize(
    "address", ["aws-us-est-1", "pool.aws-us-west-2.g6-12xlarge-spot", "aws-us-east-1/p6", "mars"]
)
def test_what_no_fleet_can_have_is_refused_without_an_answer(address: str) -> None:
    with pytest.raises(UsageInvalid) as refused:
        check_possible([address], {EASTERN: {LARGE}}, OFFERS)

    assert [d.code for d in refused.value.diagnostics] == ["address-unknown"]
