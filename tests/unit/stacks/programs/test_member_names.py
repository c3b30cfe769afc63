"""Names: within each cloud's limits, the same for the same parts, and never the same for others."""

import re
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.programs import member_names
from stacks.programs.member_names import (
    AKS_POOL,
    EKS_NODE_GROUP,
    GKE_CLUSTER,
    Limits,
    name_of,
    stable_guid,
)
from stacks.programs.tags import label

EVERY = {name: value for name, value in vars(member_names).items() if isinstance(value, Limits)}
WORDS = st.one_of(
    st.text(min_size=1, max_size=80),
    st.from_regex(r"[a-z0-9-]{1,60}", fullmatch=True),
    st.sampled_from(["a", "a-b", "a--b", "b", "-b", "x-12345678", "1a", "x1a", "A", "é"]),
)
PARTS = st.lists(WORDS, min_size=1, max_size=4)


@pytest.mark.parametrize("limits", EVERY.values(), ids=EVERY)
@given(parts=PARTS)
def test_a_name_is_within_the_limits(limits: Limits, parts: list[str]) -> None:
    name = name_of(limits, *parts)

    assert len(name) <= limits.longest
    form = r"[a-z][a-z0-9-]*[a-z0-9]|[a-z]" if limits.has_hyphens else r"[a-z][a-z0-9]*"
    assert re.fullmatch(form, name)


@given(limits=st.sampled_from([*EVERY.values()]), some=PARTS, others=PARTS)
def test_different_parts_never_share_a_name(
    limits: Limits, some: list[str], others: list[str]
) -> None:
    same = name_of(limits, *some) == name_of(limits, *others)

    assert same == (some == others)


@pytest.mark.parametrize(
    ("some", "others"),
    [
        (("ml-eu", "west"), ("ml", "eu-west")),
        (("ml--eu", "west"), ("ml", "eu--west")),
        (("ml-", "west"), ("ml", "-west")),
        (("P5", "a"), ("p5", "a")),
        (("p5.48xlarge",), ("p5-48xlarge",)),
        (("a" * 100 + "x",), ("a" * 100 + "y",)),
    ],
)
def test_what_looks_alike_is_told_apart(some: tuple[str, ...], others: tuple[str, ...]) -> None:
    for limits in EVERY.values():
        assert name_of(limits, *some) != name_of(limits, *others)


def test_a_plain_name_stays_readable() -> None:
    assert name_of(GKE_CLUSTER, "research", "gcp-europe-west4") == "research--gcp-europe-west4"
    assert name_of(EKS_NODE_GROUP, "p5-48xlarge-spot-use1-az4") == "p5-48xlarge-spot-use1-az4"
    assert name_of(AKS_POOL, "gpu1") == "gpu1"


def test_a_hash_can_not_be_imitated() -> None:
    cut = name_of(AKS_POOL, "standard-nd96isr-h100-v5")

    assert name_of(AKS_POOL, cut) != cut


@given(parts=st.lists(st.text(), max_size=3))
def test_a_guid_is_one_and_stays(parts: list[str]) -> None:
    assert UUID(stable_guid(*parts)).version == 5
    assert stable_guid(*parts) == stable_guid(*parts)


@given(text=st.text(max_size=100))
def test_a_label_is_accepted_by_google(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9_-]{0,63}", label(text))


@given(pair=st.tuples(st.text(max_size=70), st.text(max_size=70)))
def test_two_labels_stay_two(pair: tuple[Any, Any]) -> None:
    first, second = (label(text) for text in pair)

    assert (first == second) == (pair[0] == pair[1])
