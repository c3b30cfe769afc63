"""The check of a spec and its published JSON Schema accept and refuse the same files."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from broker.spec.findings import Findings
from broker.spec.fleet_schema import FLEET, json_schema
from broker.spec.load import parse
from tests.fakes.example_fleets import EXAMPLES, example_data, json_data, node_of_data

SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)

PRINTABLE = st.characters(categories=("L", "N", "P", "S"), exclude_characters="\u2028")

WORDS = st.sampled_from(
    [
        "", " ", "x", "X", "all", "always", "spot", "reserved", "training", "H100", "EU", "12TB", "10m",
        "1g.10gb", "aws/us-east-1", "aws", "deny", "hot", "allowed", "production", "2.50", "-1",
        "2026-12-01T00:00:00Z", "s3://bucket", "a-b", "a-", "registry.example/x:1", "broker/v1",
    ]
)  # fmt: skip

SCALARS = (
    WORDS
    | st.text(PRINTABLE, max_size=12)
    | st.integers(-2, 2000)
    | st.sampled_from([0.25, 0.5, 1.5, -0.5, 8.0, 10**9, 10**12 + 1, 1e-7])
    | st.booleans()
    | st.none()
)

KEYS = st.sampled_from(
    [
        "name", "gang", "replicas", "min", "max", "hours", "from", "until", "model", "any-of", "mig",
        "count", "memory-gib", "regions", "except", "limit", "nodes", "vcpus", "accelerator",
        "family", "machine-type", "capacity", "at", "bogus", "accelerators", "runs", "to",
    ]
)  # fmt: skip

VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)


def places(data: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in *data*."""
    found = []
    waiting = [data]
    while waiting:
        container = waiting.pop()
        pairs = container.items() if isinstance(container, dict) else enumerate(container)
        for key, value in pairs:
            found.append((container, key))
            if isinstance(value, (dict, list)):
                waiting.append(value)
    return found


@st.composite
def mutated_fleets(draw: st.DrawFn) -> Any:
    """An example with a few values replaced, removed or added."""
    data = example_data(draw(st.sampled_from(sorted(EXAMPLES))))
    for _ in range(draw(st.integers(1, 3))):
        container, key = draw(st.sampled_from(places(data)))
        match draw(st.sampled_from(["replace", "remove", "add", "repeat"])):
            case "replace":
                container[key] = draw(VALUES)
            case "remove" if len(places(data)) > 1:
                del container[key]
            case "add" if isinstance(container, dict):
                container[draw(KEYS)] = draw(VALUES)
            case "repeat" if isinstance(container, list):
                container.append(container[key])
            case _:
                pass
    return data


def accepts(data: Any) -> bool:
    """Whether the broker's own check has no finding."""
    findings = Findings()
    FLEET.read(node_of_data(data), "", findings)
    return not findings.found


@given(mutated_fleets())
def test_both_accept_and_refuse_alike(data: Any) -> None:
    assert accepts(data) == VALIDATOR.is_valid(data)


@pytest.mark.parametrize(
    "keys",
    [
        {"gang": 2, "replicas": 2},
        {"runs": {}},
        {"runs": {"from": "2026-12-01T00:00:00Z"}},
        {"runs": {"until": "2026-12-01T00:00:00Z"}},
        {"accelerators": {"count": 1}},
        {"accelerators": {"model": "L4", "any-of": [{"model": "T4"}], "count": 1}},
        {"accelerators": {"model": "L4", "count": 1.5}},
        {"capacity": []},
        {"capacity": ["spot", "spot"]},
        {"replicas": {"min": 1}},
        {"spread": {}},
        {"bogus": 1},
    ],
)
def test_each_rule_about_keys_is_in_both(keys: dict[str, Any]) -> None:
    data = example_data("starter")
    data["workloads"][0] = {
        "name": "w",
        "kind": "batch",
        "accelerators": {"model": "L4", "count": 1},
    }
    assert accepts(data)
    assert VALIDATOR.is_valid(data)

    data["workloads"][0] |= keys

    assert not accepts(data)
    assert not VALIDATOR.is_valid(data)


@pytest.mark.parametrize(
    "quota",
    [
        {"at": "aws"},
        {"at": "aws", "limit": {}},
        {"at": "aws", "limit": {"nodes": 1, "vcpus": 1}},
        {"at": "aws", "limit": {"nodes": 1}, "accelerator": "L4", "family": "G"},
        {"at": "aws", "limit": {"nodes": 1}, "accelerator": "L4", "machine-type": "g6.xlarge"},
        {"at": "aws", "limit": {"nodes": 1}, "machine-type": "g6.xlarge", "family": "G"},
    ],
)
def test_each_rule_about_the_keys_of_a_quota_is_in_both(quota: dict[str, Any]) -> None:
    data = example_data("starter") | {"quotas": [quota]}

    assert not accepts(data)
    assert not VALIDATOR.is_valid(data)


@given(mutated_fleets(), st.data())
def test_a_reference_may_stand_for_whatever_is_no_mapping(data: Any, drawn: st.DataObject) -> None:
    is_valid = VALIDATOR.is_valid(data)
    found = [
        (container, key) for container, key in places(data) if not isinstance(container[key], dict)
    ]
    container, key = drawn.draw(st.sampled_from(found))
    container[key] = drawn.draw(st.sampled_from(["${var.x}", "a-${var.max-nodes}-b"]))

    assert VALIDATOR.is_valid(data) or not is_valid


def test_no_reference_stands_for_a_mapping_a_key_or_a_declaration() -> None:
    data = example_data("starter")

    assert not VALIDATOR.is_valid(data | {"objective": "${var.x}"})
    assert not VALIDATOR.is_valid(data | {"${var.x}": 1})
    assert not VALIDATOR.is_valid(data | {"variables": {"x": {"type": "${var.y}"}}})
    assert not VALIDATOR.is_valid(data | {"fleet": "${var.1}"})


def test_with_values_in_place_there_are_no_references() -> None:
    data = example_data("starter") | {"fleet": "${var.x}"}

    assert VALIDATOR.is_valid(data)
    assert not Draft202012Validator(json_schema(admits_variables=False)).is_valid(data)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_example_is_valid_by_the_published_schema(name: str) -> None:
    assert list(VALIDATOR.iter_errors(example_data(name))) == []


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    assert SCHEMA["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


def nodes_of_schema(schema: Any) -> list[dict[str, Any]]:
    """Every object of the schema that describes a key."""
    found = []
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            found.extend(part.get("properties", {}).values())
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return found


def test_every_key_is_described() -> None:
    keys = nodes_of_schema(SCHEMA)

    assert len(keys) > 70
    assert [key for key in keys if not key.get("description", "").endswith(".")] == []


def test_every_example_and_default_in_the_schema_is_valid_itself() -> None:
    for key in nodes_of_schema(SCHEMA):
        stated = [*key.get("examples", ()), *([key["default"]] if "default" in key else [])]
        for value in stated:
            plain = json.loads(json.dumps(value))
            assert Draft202012Validator(key).is_valid(plain), (key, value)


@given(st.sampled_from(sorted(EXAMPLES)), st.randoms(use_true_random=False))
def test_the_digest_is_that_of_the_data_in_whatever_order_and_layout(name: str, rnd: Any) -> None:
    shuffled = _shuffled(example_data(name), rnd)
    written = json.dumps(shuffled, indent=rnd.choice([None, 1, 4]), ensure_ascii=False)

    again = parse(written, "again.json")

    assert json_data(again.root) == example_data(name)
    assert again.digest == parse(EXAMPLES[name], name).digest


def _shuffled(data: Any, rnd: Any) -> Any:
    if isinstance(data, list):
        return [_shuffled(item, rnd) for item in data]
    if isinstance(data, dict):
        keys = list(data)
        rnd.shuffle(keys)
        return {key: _shuffled(data[key], rnd) for key in keys}
    return data
