"""Each trap of YAML, and what the reader says about it."""

from typing import Any

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import SpecInvalid
from broker.spec.nodes import MapNode, plain
from broker.spec.yaml_builder import MAX_ALIASES, MAX_DEPTH, MAX_NODES
from broker.spec.yaml_reader import read_yaml


def data(text: str) -> Any:
    node, findings = read_yaml(text, "f.yaml")

    assert not findings
    return plain(node)


def findings(text: str) -> list[tuple[str, str]]:
    """Code and line:column of each finding."""
    try:
        _, found = read_yaml(text, "f.yaml")
    except SpecInvalid as error:
        found = error.diagnostics
    return [(f.code, f"{f.where.line}:{f.where.column}" if f.where else "") for f in found]


def only_finding(text: str) -> Diagnostic:
    with pytest.raises(SpecInvalid) as caught:
        read_yaml(text, "f.yaml")
    (finding,) = caught.value.diagnostics
    return finding


@pytest.mark.parametrize("word", ["NO", "no", "on", "off", "yes", "y", "12:30:45", "2026-12-01"])
def test_words_that_old_yaml_took_for_something_else_stay_text(word: str) -> None:
    assert data(f"a: {word}") == {"a": word}


def test_keys_are_text_too() -> None:
    assert data("on: 1\nNO: 2\n1.10: 3") == {"on": "1", "NO": "2", "1.10": "3"}


def test_numbers_keep_their_digits() -> None:
    assert data("[1.10, 010, 1e3, 0x1F, 0o17, +1, .5]") == [
        "1.10", "010", "1e3", "0x1F", "0o17", "+1", ".5",
    ]  # fmt: skip


def test_truth_and_nothing_follow_the_core_schema() -> None:
    assert data("[true, False, TRUE, null, ~, 'true', \"null\"]") == [
        True, False, True, None, None, "true", "null",
    ]  # fmt: skip


def test_a_key_given_twice_is_refused_with_both_lines() -> None:
    _, (finding,) = read_yaml("budget: 10\nother: 1\nbudget: 99999999\n", "f.yaml")

    assert finding.code == "key-repeated"
    assert "line 1" in finding.summary
    assert "line 3" in finding.summary
    assert str(finding.where) == "f.yaml:3:1"


def test_the_first_of_two_equal_keys_is_kept_and_the_rest_is_read() -> None:
    node, _ = read_yaml("a: 1\na: 2\nb: 3\n", "f.yaml")

    assert plain(node) == {"a": "1", "b": "3"}


def test_all_findings_that_do_not_stop_the_reading_come_at_once() -> None:
    assert findings("a: 1\na: 2\nb: !!str 3\nc: .nan\n[x]: 4\n") == [
        ("key-repeated", "2:1"),
        ("yaml-tag", "3:4"),
        ("yaml-number", "4:4"),
        ("yaml-key", "5:1"),
    ]


def test_findings_up_to_a_syntax_error_are_told_with_it() -> None:
    assert findings("a: 1\na: 2\nb: [1\n") == [("key-repeated", "2:1"), ("yaml-syntax", "4:1")]


@pytest.mark.parametrize(
    "tagged", ["!!python/object/apply:os.system ['true']", "!local {}", "! x", "!!int '3'"]
)
def test_tags_are_refused(tagged: str) -> None:
    assert findings(f"a: {tagged}") == [("yaml-tag", "1:4")]


@pytest.mark.parametrize(
    "number", [".nan", ".inf", "-.INF", "1e999999999", "1e-19", "9" * 41, "0x" + "f" * 60]
)
def test_numbers_that_can_not_be_counted_with_are_refused(number: str) -> None:
    assert findings(f"a: {number}") == [("yaml-number", "1:4")]


def test_aliases_stand_for_their_anchor() -> None:
    assert data("a: &x {p: 1}\nb: *x\n") == {"a": {"p": "1"}, "b": {"p": "1"}}


def test_an_alias_without_anchor_is_refused() -> None:
    finding = only_finding("a: *x")

    assert (finding.code, str(finding.where)) == ("yaml-alias", "f.yaml:1:4")


def test_an_alias_of_what_it_is_in_is_refused() -> None:
    assert only_finding("a: &x [1, *x]").code == "yaml-alias"


def test_aliases_have_a_budget() -> None:
    allowed = "a: &x 1\nb: [" + "*x, " * MAX_ALIASES + "]"
    beyond = "a: &x 1\nb: [" + "*x, " * (MAX_ALIASES + 1) + "]"

    assert len(data(allowed)["b"]) == MAX_ALIASES
    assert findings(beyond)[0][0] == "yaml-alias"


def test_a_billion_laughs_end_at_the_cap_of_values() -> None:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 11)
    ]

    assert findings("\n".join(lines))[0][0] == "yaml-size"


def test_values_have_a_cap() -> None:
    assert findings("[" + "1," * MAX_NODES + "]")[0][0] == "yaml-size"
    assert len(data("[" + "1," * (MAX_NODES - 1) + "]")) == MAX_NODES - 1


def test_depth_has_a_cap() -> None:
    assert data("[" * MAX_DEPTH + "]" * MAX_DEPTH) is not None
    assert findings("[" * (MAX_DEPTH + 1)) == [("yaml-depth", f"1:{MAX_DEPTH + 1}")]


def test_a_hundred_thousand_brackets_do_not_recurse() -> None:
    assert findings("[" * 100_000)[0][0] == "yaml-depth"


def test_depth_counts_through_aliases() -> None:
    half = MAX_DEPTH // 2
    deep = "[" * half + "1" + "]" * half

    assert data(f"a: &x {deep}\nb: " + "[" * (half - 1) + "*x" + "]" * (half - 1)) is not None
    assert findings(f"a: &x {deep}\nb: " + "[" * half + "*x" + "]" * half) == [
        ("yaml-depth", f"2:{4 + half}")
    ]


def test_a_second_document_is_refused_where_it_begins() -> None:
    assert findings("a: 1\n---\nb: 2\n") == [("yaml-documents", "2:1")]


def test_another_version_of_yaml_is_refused() -> None:
    assert findings("%YAML 1.1\n---\na: 1\n") == [("yaml-version", "1:1")]
    assert data("%YAML 1.2\n---\na: 1\n") == {"a": "1"}


def test_a_tab_is_named_as_the_cause() -> None:
    finding = only_finding("a:\n\tb: 1\n")

    assert (finding.code, str(finding.where)) == ("yaml-syntax", "f.yaml:2:1")
    assert "tab" in finding.hint


@pytest.mark.parametrize(
    ("text", "place"),
    [("a: [1, 2\nb: 3\n", "2:2"), ("a: 1\n b: 2\n", "2:3"), ("a: 'x\n", "2:1"), ("a: b: c", "1:5")],
)
def test_a_syntax_error_has_its_place(text: str, place: str) -> None:
    assert findings(text) == [("yaml-syntax", place)]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "~", "--- # x\n..."])
def test_an_empty_file_says_so(text: str) -> None:
    assert findings(text) == [("file-empty", "1:1")]


@pytest.mark.parametrize("character", ["\0", "\x1b", "\ud800", "\ufeff", "\x7f", "\x85", "\u2028"])
def test_characters_that_no_yaml_may_hold_are_found_where_they_are(character: str) -> None:
    assert findings(f"a: 1\nbc: x{character}y\n") == [("yaml-character", "2:6")]


@pytest.mark.parametrize("escape", [r"\e[31m", r"\u202e", r"\u200b", r"\0"])
def test_invisible_characters_by_escape_are_refused(escape: str) -> None:
    assert findings(f'a: "x{escape}"') == [("yaml-character", "1:4")]


def test_bidirectional_controls_written_as_they_are_are_refused() -> None:
    assert findings("a: x\u202ey") == [("yaml-character", "1:4")]


def test_a_merge_key_is_a_key_like_any_other() -> None:
    node, _ = read_yaml("a: &x {p: 1}\nb: {<<: *x}\n", "f.yaml")

    assert plain(node)["b"] == {"<<": {"p": "1"}}


def test_places_count_from_one_and_in_characters() -> None:
    node, _ = read_yaml("ä: 1\nbb:\n  - ü: 2\n", "f.yaml")

    assert isinstance(node, MapNode)
    (item,) = node.entries[1].value.items
    assert str(item.entries[0].value.where) == "f.yaml:3:8"


def test_json_is_yaml() -> None:
    assert data('{"a": [1, 2.5, "x", true, null]}') == {"a": ["1", "2.5", "x", True, None]}
