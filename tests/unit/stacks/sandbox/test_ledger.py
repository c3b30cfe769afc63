"""What exists, and what was asked, seen by several at once and after a death."""

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stacks.sandbox.database import FILE
from stacks.sandbox.ledger import AlreadyThere, Ledger, Made

POOL = "aws:eks/nodeGroup:NodeGroup"
URN = f"urn:pulumi:dev::life::{POOL}::nodes"


def pool(id_: str = "c:nodes", region: str = "eu-north-1", urn: str = URN) -> Made:
    return Made(
        type=POOL,
        id=id_,
        region=region,
        urn=urn,
        inputs={"size": 2},
        outputs={"size": 2, "arn": "a"},
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path) as opened:
        yield opened


def test_what_was_made_is_there_for_another_reader(ledger: Ledger, tmp_path: Path) -> None:
    ledger.add(pool())

    with Ledger(tmp_path) as other:
        assert other.resources() == [pool()]
        assert other.resources("aws:ec2/vpc:Vpc") == []
        assert other.find(POOL, "c:nodes", "eu-north-1") == pool()
        assert other.find(POOL, "c:nodes", "us-east-1") is None
        assert other.find(POOL, "c:nodes") == pool()
        assert [call.outcome for call in other.calls()] == ["made"]
    assert pool().name == "nodes"
    assert pool().package == "aws"


def test_nothing_is_made_twice(ledger: Ledger) -> None:
    ledger.add(pool())

    with pytest.raises(AlreadyThere):
        ledger.add(pool())
    ledger.add(pool(region="us-east-1"))
    assert len(ledger.resources()) == 2
    assert len(ledger.calls("create")) == 2, "what was refused was not made, and is told elsewhere"


def test_changes_are_counted_and_told(ledger: Ledger) -> None:
    ledger.add(pool())
    ledger.change(replace(pool(), inputs={"size": 4}, changes=1))
    ledger.remove(pool())

    assert ledger.resources() == []
    assert [(call.method, call.outcome) for call in ledger.calls()] == [
        ("create", "made"),
        ("update", "changed"),
        ("delete", "gone"),
    ]


def test_what_happens_by_hand_is_told_to_nobody(ledger: Ledger) -> None:
    ledger.add(pool())
    ledger.drift(replace(pool(), inputs={"size": 7}))
    drifted = ledger.resources()
    ledger.vanish(pool())

    assert drifted[0].inputs == {"size": 7}
    assert ledger.resources() == []
    assert len(ledger.calls()) == 1


def test_a_urn_finds_the_newest_or_the_one_with_those_inputs(ledger: Ledger) -> None:
    ledger.add(pool("c:old"))
    ledger.add(replace(pool("c:new"), inputs={"size": 3}))

    assert ledger.by_urn(URN) == ledger.find(POOL, "c:new")
    assert ledger.by_urn(URN, {"size": 2}) == ledger.find(POOL, "c:old")
    assert ledger.by_urn(URN, {"size": 9}) is None
    assert ledger.by_urn("urn:pulumi:other") is None


def test_numbers_never_come_twice(ledger: Ledger, tmp_path: Path) -> None:
    with Ledger(tmp_path) as other:
        numbers = [ledger.next_number(), other.next_number(), ledger.next_number()]

    assert numbers == [1, 2, 3]


def test_nobody_else_may_read_it(ledger: Ledger, tmp_path: Path) -> None:
    mode = os.stat(tmp_path / FILE).st_mode  # noqa: PTH116  # plain facts

    assert stat.S_IMODE(mode) == 0o600
