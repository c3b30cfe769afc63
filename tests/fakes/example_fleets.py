"""The example fleets as data that JSON tools understand."""

import json
from typing import Any

from broker.domain.diagnostics import Where
from broker.spec.load import parse
from broker.spec.nodes import (
    Entry,
    ListNode,
    MapNode,
    Node,
    Scalar,
    ScalarKind,
    exact_number,
    plain_kind,
)
from broker.storage.examples import example_fleets

EXAMPLES = example_fleets()


def json_data(node: Node) -> Any:
    """What any YAML 1.2 tool hands to a JSON Schema validator."""
    match node:
        case MapNode():
            return {entry.key.text: json_data(entry.value) for entry in node.entries}
        case ListNode():
            return [json_data(item) for item in node.items]
        case Scalar():
            return READINGS[node.kind](node.text)


def _number(text: str) -> int | float:
    number = exact_number(text)
    return int(number) if number.denominator == 1 else float(number)


READINGS = {
    ScalarKind.NUMBER: _number,
    ScalarKind.TRUTH: lambda text: text.lower() == "true",
    ScalarKind.NOTHING: lambda _: None,
    ScalarKind.TEXT: str,
}


def example_data(name: str) -> Any:
    """One example, mutable."""
    return json_data(parse(EXAMPLES[name], name).root)


HERE = Where("data", 1, 1)


def node_of_data(data: Any) -> Node:
    """The reverse of `json_data`."""
    if isinstance(data, dict):
        entries = (
            Entry(key=_scalar(key), value=node_of_data(value)) for key, value in data.items()
        )
        return MapNode(entries=tuple(entries), where=HERE)
    if isinstance(data, list):
        return ListNode(items=tuple(node_of_data(item) for item in data), where=HERE)
    return _scalar(data)


def _scalar(data: Any) -> Scalar:
    if isinstance(data, str):
        return Scalar(text=data, kind=ScalarKind.TEXT, where=HERE)
    return Scalar(text=json.dumps(data), kind=plain_kind(json.dumps(data)), where=HERE)
