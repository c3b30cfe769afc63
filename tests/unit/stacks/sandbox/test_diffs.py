"""What differs, and what of it makes a new resource."""

from typing import Any

import pytest

from stacks.sandbox.diffs import differences
from stacks.steps import value_at

POOL = "aws:eks/nodeGroup:NodeGroup"
AGENTS = "azure-native:containerservice:AgentPool"
NODES = "gcp:container/nodePool:NodePool"


def found(type_: str, before: dict[str, Any], after: dict[str, Any], *ignored: str) -> list[str]:
    return [
        f"{one.kind} {one.path}{'!' if one.forces else ''}"
        for one in differences(type_, before, after, ignored)
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["update a"]),
        ({}, {"a": 1}, ["add a"]),
        ({"a": 1}, {}, ["delete a"]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, ["update a.c"]),
        ({"a": [1, 2]}, {"a": [1, 3, 4]}, ["update a[1]", "add a[2]"]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, ["update a[0].b"]),
        ({"a": [1]}, {"a": {"b": 1}}, ["update a"]),
        ({"a": {"x.dev/y": 1}}, {"a": {"x.dev/z": 1}}, ['delete a["x.dev/y"]', 'add a["x.dev/z"]']),
        ({"a": {"b[0]": {"c": 1}}}, {"a": {"b[0]": {"c": 2}}}, ['update a["b[0]"].c']),
        ({"a": {'say "b"': [1]}}, {"a": {'say "b"': [2]}}, [r'update a["say \"b\""][0]']),
        ({"a": {"": 1}}, {"a": {"": 2}}, ['update a[""]']),
    ],
)
def test_differences_are_told_by_path(
    before: dict[str, Any], after: dict[str, Any], expected: list[str]
) -> None:
    assert found(POOL, before, after) == expected


@pytest.mark.parametrize(
    ("type_", "path", "forces"),
    [
        (POOL, "capacityType", True),
        (POOL, "nodeGroupName", True),
        (POOL, "region", True),
        (POOL, "labels", False),
        (AGENTS, "vmSize", True),
        (AGENTS, "count", False),
        ("azure-native:containerservice/v20250101:AgentPool", "vmSize", True),
        (NODES, "location", True),
        (NODES, "name", True),
        (NODES, "nodeCount", False),
        ("gcp:made/up:Up", "location", True),
    ],
)
def test_some_inputs_can_not_be_changed_in_place(type_: str, path: str, *, forces: bool) -> None:
    assert found(type_, {path: "a"}, {path: "b"}) == [f"update {path}{'!' if forces else ''}"]


def test_a_part_of_what_can_not_be_changed_can_not_be_either() -> None:
    before = {"nodeConfig": {"machineType": "a", "serviceAccount": "x"}}
    after = {"nodeConfig": {"machineType": "b", "serviceAccount": "y"}}

    assert found(NODES, before, after) == [
        "update nodeConfig.machineType",
        "update nodeConfig.serviceAccount!",
    ]


def test_a_place_in_a_list_has_the_rule_of_the_list() -> None:
    assert found(POOL, {"instanceTypes": ["a"]}, {"instanceTypes": ["b"]}) == [
        "update instanceTypes[0]!"
    ]


def test_a_key_with_dots_has_the_rule_of_what_it_is_in() -> None:
    before, after = (
        {"nodeConfig": {"serviceAccount": {"a.b": 1}}},
        {"nodeConfig": {"serviceAccount": {"a.b": 2}}},
    )

    assert found(NODES, before, after) == ['update nodeConfig.serviceAccount["a.b"]!']
    assert found(NODES, before, after, "nodeConfig.serviceAccount") == []


@pytest.mark.parametrize(
    "key",
    ["plain", "workload.broker.dev/api", "a[0]", "a]b", 'say "x"', 'a"].b["c', "a\\b", "a\\", ""],
)
def test_the_values_are_found_again_by_the_path_of_any_key(key: str) -> None:
    before, after = {"labels": {key: {"b": 1}}}, {"labels": {key: {"b": 2}}}

    (one,) = differences(NODES, before, after)

    assert list(value_at(before, one.path)) == [1]
    assert list(value_at(after, one.path)) == [2]


def test_what_is_ignored_does_not_differ() -> None:
    before, after = {"a": {"b": 1}, "c": 1, "d": [1]}, {"a": {"b": 2}, "c": 2, "d": [2]}

    assert found(POOL, before, after, "a.b", "d") == ["update c"]
