"""Values of variables: whatever is given, there is a spec or findings, and a plan knows the spec again."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from broker.domain.errors import SpecInvalid
from broker.spec.load import Document, Given, parse
from broker.spec.nodes import plain
from broker.spec.variables import Assigned

NAMES = st.sampled_from(["x", "max-nodes", "_y"])
TEXTS = st.sampled_from(
    ["", "NO", "010", "1.10", "true", "~", "[a, 'b', 3]", "[]", "[", "{a: 1}", '"8"', "'", "a: b # c",
     "${var.x}", "$${", "1e9", ".inf", "é", "\u202e", "a\nb", "&a b", "*a", "!x y", "- a", "x" * 300]
) | st.text(max_size=8)  # fmt: skip
TYPES = st.sampled_from(["string", "number", "bool", "list", "map"])
DEFAULTS = (
    TEXTS | st.integers() | st.booleans() | st.none() | st.lists(TEXTS | st.integers(), max_size=3)
)
DECLARATIONS = st.fixed_dictionaries(
    {}, optional={"type": TYPES, "default": DEFAULTS, "sensitive": st.sampled_from([True])}
)
USES = st.sampled_from(
    ["${var.x}", "a-${var.x}", "${var.max-nodes}${var._y}", "$${var.x}", "${x}", "a"]
)


def read(fleet: Any, values: Given) -> Document | None:
    try:
        return parse(json.dumps(fleet), "fleet.yaml", values)
    except SpecInvalid:
        return None


@given(
    st.dictionaries(NAMES, DECLARATIONS, min_size=1),
    st.lists(st.tuples(NAMES, TEXTS), max_size=3),
    st.lists(USES, max_size=3),
)
def test_there_is_a_spec_or_there_are_findings(
    declared: Any, typed: list[tuple[str, str]], uses: list[str]
) -> None:
    fleet = {"variables": declared, "uses": uses, "plain": "$x"}
    assigned = tuple(Assigned(name=name, text=text) for name, text in typed)

    document = read(fleet, Given(typed=assigned))

    if document is not None:
        again = read(fleet, Given(typed=assigned, planned=document.values))
        assert again is not None
        assert again.digest == document.digest
        assert plain(again.root) == plain(document.root)
        assert plain(again.root)["plain"] == "$x"
        assert "variables" not in plain(again.root)


@given(st.dictionaries(NAMES, TEXTS, max_size=3), st.text(max_size=30))
def test_without_variables_a_fleet_is_what_it_says(values: dict[str, str], text: str) -> None:
    fleet = {"a": text.replace("${var.", "")}
    environment = {f"BROKER_VAR_{name}": value for name, value in values.items()}

    document = read(fleet, Given(environment=environment))
    before = read(fleet, Given())

    assert document == before
    if document is not None:
        assert document.written is None
