"""Whatever a plan is bound to is read again as it was bound."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from broker.domain.canonical import digest
from broker.domain.ids import ClusterName
from broker.domain.money import Money
from broker.planning.statement import parsed, statement
from broker.ports.stores import Bindings, StackBinding

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
DIGESTS = st.integers(0, 99).map(digest)
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
STACKS = st.builds(
    StackBinding, member=TEXT.map(ClusterName), checkpoint=st.none() | TEXT, steps=DIGESTS
)
BINDINGS = st.builds(
    Bindings,
    lineage=st.none() | TEXT,
    serial=st.integers(0, 2**53),
    spec=DIGESTS,
    snapshot=DIGESTS,
    policy=DIGESTS,
    desired=DIGESTS,
    tool=TEXT,
    issued_at=INSTANTS,
    expires_at=INSTANTS,
    price_tolerance=st.integers(0, 10**9).map(lambda millionths: Decimal(millionths) / 10**6),
    cost_cap=st.none() | st.builds(Money, st.integers(0, 10**15), st.sampled_from(["USD", "EUR"])),
    stacks=st.lists(STACKS, max_size=3, unique_by=lambda stack: stack.member).map(
        lambda stacks: tuple(sorted(stacks, key=lambda stack: stack.member))
    ),
    replace=st.lists(TEXT, max_size=3).map(tuple),
)
DOCUMENTS = st.dictionaries(TEXT, st.none() | st.integers(-(2**53), 2**53) | TEXT, max_size=5)


@given(DOCUMENTS, BINDINGS)
def test_bindings_are_read_as_they_were_stated(document: dict[str, Any], bound: Bindings) -> None:
    assert parsed(statement(document, bound)) == (document, bound)


@given(DOCUMENTS, BINDINGS, BINDINGS)
def test_other_bindings_are_another_statement(
    document: dict[str, Any], one: Bindings, other: Bindings
) -> None:
    assert (statement(document, one) == statement(document, other)) == (one == other)
