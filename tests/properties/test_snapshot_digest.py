"""Whatever changes in a snapshot changes its digest: a plan says exactly what it was made from."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from math import inf, nextafter
from typing import Any

import pytest

from broker.catalog.fingerprint import fingerprint
from broker.catalog.snapshot import Snapshot
from broker.domain.geography import RegionKey
from broker.domain.ids import MachineType, ProviderName, ZoneId
from broker.domain.money import Money
from broker.domain.offers import CapacityType
from broker.domain.regions import CapacityScore, Restriction
from tests.fakes import fleets, problems

ABROAD = fleets.snapshot(
    replace(fleets.P5_SPOT, term_months=12, zone=ZoneId("use1-az4")), fleets.G2, fleets.G6
)


def a_snapshot() -> Snapshot:
    """A small one with something in every table."""
    p5 = MachineType("p5.48xlarge")
    return replace(
        ABROAD,
        network=problems.network(),
        quotas=(problems.quota(8, machine_types=frozenset({p5}), stated_by="a cloud"),),
        restrictions=((problems.EAST, Restriction(machine_type=p5, reason="NotAvailable")),),
        scores=(
            (
                problems.EAST,
                CapacityScore(machine_type=p5, capacity_type=CapacityType.SPOT, nodes=2, score=7),
            ),
        ),
    )


def changed(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that differs from *value* in one thing, with the place of the difference."""
    match value:
        case tuple():
            yield from _changed_list(value, path)
        case dict():
            yield from _changed_table(value, path)
        case _ if is_dataclass(value) and not isinstance(value, type):
            for field in fields(value):
                for place, other in changed(getattr(value, field.name), f"{path}.{field.name}"):
                    yield place, replace(value, **{field.name: other})
        case _:
            yield path, _another(value)


def _another(value: Any) -> Any:
    match value:
        case StrEnum():
            other: Any = next(member for member in type(value) if member is not value)
        case str():
            other = f"{value}x"
        case int() | Fraction():
            other = value + 1
        case float():
            other = nextafter(value, inf)
        case datetime():
            other = value + timedelta(microseconds=1)
        case frozenset():
            other = value | {"x"}
        case _:
            assert value is None, f"say above how {value!r} may change"
            other = "x"
    return other


def _changed_list(items: tuple[Any, ...], path: str) -> Iterator[tuple[str, Any]]:
    yield f"{path}[more]", (*items, "x")
    if items:
        yield f"{path}[less]", items[1:]
    for index, item in enumerate(items):
        for place, other in changed(item, f"{path}[{index}]"):
            yield place, (*items[:index], other, *items[index + 1 :])


def _changed_table(table: dict[Any, Any], path: str) -> Iterator[tuple[str, Any]]:
    for key, item in table.items():
        rest = {other: kept for other, kept in table.items() if other != key}
        yield f"{path}[without {key}]", rest
        for place, other in changed(item, f"{path}[{key}]"):
            yield place, rest | {key: other}
        for place, other in changed(key, f"{path}[{key}] key"):
            if other not in table:
                yield place, rest | {other: item}


def test_any_change_of_any_field_changes_the_digest() -> None:
    before = a_snapshot()
    variants = list(changed(before))

    digests: dict[str, str] = {before.digest(): "nothing"}
    for place, after in variants:
        digest = after.digest()
        assert digest not in digests, f"{place} is as {digests[digest]}"
        digests[digest] = place


@pytest.mark.parametrize(
    "place",
    [
        ".offers[0].count",
        ".offers[0].vcpus",
        ".offers[0].memory_mib",
        ".offers[0].zone_kind",
        ".offers[0].capacity_type",
        ".offers[0].accelerator.memory_mib",
        ".offers[0].price.micros",
        ".offers[0].fetched_at",
        ".coverage[0].status",
        ".network.regions[aws/us-east-1].jurisdictions",
        ".network.storage_per_gb_month[aws].micros",
        ".network.overhead_hourly[aws].micros",
        ".quotas[0].limit",
        ".restrictions[0][1].machine_type",
    ],
)
def test_what_can_change_a_decision_is_among_what_is_changed(place: str) -> None:
    assert place in {where for where, _ in changed(a_snapshot())}


def test_equal_snapshots_have_one_digest_whatever_their_history() -> None:
    one, other = a_snapshot(), a_snapshot()
    backwards = {
        name: dict(reversed(table.items()))
        for name in ("regions", "round_trips_ms", "egress_per_gb", "overhead_hourly")
        for table in [getattr(other.network, name)]
    }
    apart = replace(other, network=replace(other.network, **backwards))
    apart = replace(apart, offers=tuple(replace(offer) for offer in apart.offers))

    assert apart.digest() == one.digest()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([None], ["None"]),
        ([1], ["1"]),
        ([["a"], []], [[], ["a"]]),
        (["a", "b"], ["a,b"]),
        ({"a": "b"}, {"b": "a"}),
        (Money(1), None),
        (0.1, 0.1 + 2**-56),
        (RegionKey(ProviderName("a"), "b/c"), RegionKey(ProviderName("a/b"), "c")),
    ],
)
def test_different_values_do_not_look_alike(one: Any, other: Any) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_what_has_no_text_of_its_own_is_refused() -> None:
    with pytest.raises(TypeError, match="no digest can cover a object"):
        fingerprint([object()])
