"""Values of variables: who gives them, what they are taken for, and where they are put."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from broker.cli.variables import typed_values
from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import SpecInvalid
from broker.spec.load import Given, load, parse, planned_digest, public_names
from broker.spec.lower import lower
from broker.spec.nodes import ScalarKind, plain
from broker.spec.variables import Assigned
from tests.fakes.specs import TINY
from tests.fakes.worlds import ACCELERATORS, REGIONS


def typed(*words: str) -> Given:
    pairs = (word.partition("=") for word in words)
    return Given(typed=tuple(Assigned(name=name, text=text) for name, _, text in pairs))


def document(uses: str, declares: str = "{x: {}}", given: Given = Given()) -> Any:  # noqa: B008  # frozen
    return parse(f"variables: {declares}\nvalue: {uses}\n", "fleet.yaml", given)


def value(uses: str, declares: str = "{x: {}}", *words: str) -> Any:
    return plain(document(uses, declares, typed(*words)).root)["value"]


def findings(text: str, given: Given = Given()) -> tuple[Diagnostic, ...]:  # noqa: B008  # frozen
    with pytest.raises(SpecInvalid) as caught:
        lower(parse(text, "fleet.yaml", given), REGIONS, ACCELERATORS)
    return caught.value.diagnostics


def refusals(declares: str, *words: str) -> list[tuple[str, str]]:
    with pytest.raises(SpecInvalid) as caught:
        document("1", declares, typed(*words))
    return [(finding.code, finding.subject) for finding in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("type_", "text", "kind", "written"),
    [
        ("string", "NO", ScalarKind.TEXT, "NO"),
        ("string", "010", ScalarKind.TEXT, "010"),
        ("string", "true", ScalarKind.TEXT, "true"),
        ("string", "[a, b]", ScalarKind.TEXT, "[a, b]"),
        ("string", "", ScalarKind.TEXT, ""),
        ("number", "1.10", ScalarKind.NUMBER, "1.10"),
        ("bool", "false", ScalarKind.TRUTH, "false"),
        (None, "NO", ScalarKind.TEXT, "NO"),
        (None, "12:30:45", ScalarKind.TEXT, "12:30:45"),
        (None, "a: b # c", ScalarKind.TEXT, "a: b # c"),
        (None, "8", ScalarKind.NUMBER, "8"),
        (None, '"8"', ScalarKind.TEXT, "8"),
        (None, "true", ScalarKind.TRUTH, "true"),
        (None, "", ScalarKind.TEXT, ""),
    ],
)
def test_what_is_typed_is_read_as_declared_else_as_yaml(
    type_: str | None, text: str, kind: ScalarKind, written: str
) -> None:
    declares = "{x: {}}" if type_ is None else f"{{x: {{type: {type_}}}}}"

    node = document("${var.x}", declares, typed(f"x={text}")).root.find("value")

    assert (node.kind, node.text) == (kind, written)
    assert (node.where.line, node.where.column) == (2, 8)


@pytest.mark.parametrize("declares", ["{x: {}}", "{x: {type: list}}"])
def test_a_list_stands_where_its_reference_stood(declares: str) -> None:
    assert value('["${var.x}", c]', declares, "x=[NO, 010]") == [["NO", "010"], "c"]


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        ("number", "eight"),
        ("number", ""),
        ("number", ".inf"),
        ("bool", "yes"),
        ("list", "a,b"),
        ("list", "[a"),
        ("list", "[[a]]"),
        ("list", "[~]"),
        ("string", "a\nb"),
        ("string", "a\u200bb"),
        ("string", "x" * 257),
    ],
)
def test_what_is_not_of_the_declared_type_is_refused(type_: str, text: str) -> None:
    assert refusals(f"{{x: {{type: {type_}}}}}", f"x={text}") == [("variable-value", "var.x")]


@pytest.mark.parametrize("text", ["~", "null", "{a: 1}", "[a: 1]", "[*a]", "[!!str a]"])
def test_what_is_no_value_at_all_is_refused(text: str) -> None:
    assert refusals("{x: {}}", f"x={text}") == [("variable-value", "var.x")]


def test_a_text_around_a_reference_holds_what_is_written() -> None:
    declares = "{x: {default: 1.10}, y: {default: a}}"

    assert value("pre-${var.x}-${var.y}", declares) == "pre-1.10-a"
    assert value("$${var.x} is ${var.x}", declares) == "${var.x} is 1.10"


def test_references_without_a_place_or_a_name_are_refused() -> None:
    text = (
        'variables: {l: {default: [a]}}\na: x-${var.l}\nb: ${l}\nc: ${var.m}\n"${var.l}": 1\nd: ${'
    )

    found = [(f.code, f.where and f.where.line) for f in findings(text)]

    assert found == [
        ("variable-reference", 2),
        ("variable-reference", 3),
        ("variable-undeclared", 4),
        ("variable-reference", 5),
        ("variable-reference", 6),
    ]


def test_a_fleet_without_variables_keeps_its_text() -> None:
    text = "labels: {a: \"${HOME}\", b: '$${x}'}"

    assert plain(parse(text, "x").root) == {"labels": {"a": "${HOME}", "b": "$${x}"}}
    assert parse(text, "x").written is None


def test_a_fleet_without_variables_admits_no_value() -> None:
    with pytest.raises(SpecInvalid) as caught:
        parse(TINY, "fleet.yaml", typed("region=x"))

    assert [f.code for f in caught.value.diagnostics] == ["variable-undeclared"]


def test_all_missing_and_all_undeclared_are_told_at_once() -> None:
    declares = "{region: {}, team: {description: who pays}, size: {default: 1}}"

    assert refusals(declares, "regio=x") == [
        ("variable-undeclared", "-var regio"),
        ("variable-missing", "var.region"),
        ("variable-missing", "var.team"),
    ]


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(SpecInvalid) as caught:
        document("1", "{region: {default: a}}", typed("regio=x"))

    assert caught.value.diagnostics[0].hint == "Did you mean `region`?"


def test_the_strongest_source_wins(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text("variables: {x: {default: default}}\nvalue: ${var.x}\n")
    beside, other = tmp_path / "broker.vars.yaml", tmp_path / "other.yaml"
    environment = {"BROKER_VAR_x": "environment", "BROKER_VAR_unknown": "ignored"}
    words = Assigned(name="x", text="typed")

    def won(given: Given) -> str:
        return str(plain(load(fleet, given).root)["value"])

    assert won(Given()) == "default"
    assert won(Given(environment=environment)) == "environment"
    beside.write_text("x: beside\n")
    assert won(Given(environment=environment)) == "beside"
    other.write_text("x: other\n")
    assert won(Given(environment=environment, typed=(other,))) == "other"
    assert won(Given(typed=(other, words))) == "typed"
    assert won(Given(typed=(words, other))) == "other"
    planned = load(fleet, Given(typed=(Assigned(name="x", text="planned"),))).values
    assert won(Given(typed=(words, other), planned=planned)) == "planned"


def test_a_name_with_dashes_can_be_a_variable_of_the_environment() -> None:
    given = Given(environment={"BROKER_VAR_max_nodes": "8"})

    assert plain(document("${var.max-nodes}", "{max-nodes: {}}", given).root) == {"value": "8"}


def test_a_file_may_know_more_than_the_fleet(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text("variables: {x: {}}\nvalue: ${var.x}\n")
    (tmp_path / "broker.vars.yaml").write_text("x: 1\ny: 2\n")

    (finding,) = load(tmp_path).findings

    assert (finding.code, finding.severity) == ("variable-undeclared", Severity.WARNING)
    assert str(finding.where) == f"{tmp_path / 'broker.vars.yaml'}:2:1"


@pytest.mark.parametrize(
    ("text", "code"), [("[a]", "value-wrong"), ("x: 1\nx: 2", "key-repeated"), ("", "file-empty")]
)
def test_a_file_of_values_is_read_strictly(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "fleet.yaml").write_text("variables: {x: {}}\n")
    (tmp_path / "values.yaml").write_text(text)

    with pytest.raises(SpecInvalid) as caught:
        load(tmp_path, Given(typed=(tmp_path / "values.yaml",)))

    assert [finding.code for finding in caught.value.diagnostics] == [code]


def test_a_file_of_values_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text("variables: {x: {}}\n")

    with pytest.raises(SpecInvalid) as caught:
        load(tmp_path, Given(typed=(tmp_path / "no.yaml",)))

    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.subject) == ("file-missing", str(tmp_path / "no.yaml"))
    assert "-var-file" in finding.hint


FLEET = (
    TINY.replace("cpu: 4", "cpu: ${var.cpu}").replace("[us-central1]", '"${var.regions}"')
    + "variables:\n  cpu: {type: number, default: 4}\n  regions: {default: [us-central1]}\n"
)


def test_a_fleet_of_defaults_is_the_same_fleet() -> None:
    plainly = lower(parse(TINY, "fleet.yaml"), REGIONS, ACCELERATORS).spec
    filled = lower(parse(FLEET, "fleet.yaml"), REGIONS, ACCELERATORS).spec

    assert (filled.workloads, filled.name) == (plainly.workloads, plainly.name)
    assert filled.providers == plainly.providers


def test_a_finding_about_a_value_says_who_gave_it() -> None:
    first, second = findings(FLEET, typed("cpu=-1", "regions=[us-centrl1]"))

    assert (first.code, str(first.where)) == ("region-unknown", "fleet.yaml:4:28")
    assert first.detail == "var.regions comes from -var regions"
    assert (second.code, second.detail) == ("value-wrong", "var.cpu comes from -var cpu")


@pytest.mark.parametrize("words", [(), ("law=[]",)])
def test_an_empty_list_of_places_is_no_leave_to_run_anywhere(words: tuple[str, ...]) -> None:
    text = TINY + '    residency: "${var.law}"\nvariables: {law: {type: list, default: []}}\n'

    (finding,) = findings(text, typed(*words))

    assert (finding.code, finding.subject) == ("value-wrong", "workloads[chat].residency")
    assert "found an empty list" in finding.summary


def test_a_sensitive_value_is_in_no_finding() -> None:
    text = FLEET.replace("{type: number,", "{sensitive: true,")

    (finding,) = findings(text, typed("cpu=hunter2"))

    assert finding.summary == 'Expected a number of vCPUs, found "(sensitive)"'
    assert "hunter2" not in str(finding)
    assert "hunter2" not in str(
        findings(text.replace("default: 4", "type: bool"), typed("cpu=hunter2"))
    )


def test_another_value_is_another_spec() -> None:
    one, same, other = (
        parse(FLEET, "fleet.yaml", typed(*words)).digest for words in ((), ("cpu=4",), ("cpu=5",))
    )

    assert one == same
    assert one != other


@pytest.mark.parametrize("declared", ["{type: number,", "{sensitive: true,"])
def test_a_plan_keeps_enough_of_the_values_to_know_the_spec_again(
    tmp_path: Path, declared: str
) -> None:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(FLEET.replace("{type: number,", declared))
    planned = load(fleet, typed("cpu=8", 'regions=["us-central1"]'))

    assert planned_digest(fleet, planned.values) == planned.digest
    assert planned_digest(fleet, load(fleet).values) != planned.digest

    fleet.write_text(fleet.read_text().replace("memory-gib: 16", "memory-gib: 17"))

    assert planned_digest(fleet, planned.values) != planned.digest


@pytest.mark.parametrize(
    "line", ["# ${var.x}", "labels: {a: b} # ${var.x}", 'labels: {a: "$${var.x}"}']
)
def test_a_plan_is_of_the_spec_that_only_seems_to_have_variables(tmp_path: Path, line: str) -> None:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(f"fleet: research\n{line}\n")

    planned = load(fleet)

    assert planned_digest(fleet, planned.values) == planned.digest


def test_a_comment_makes_no_other_spec() -> None:
    assert parse("a: 1 # ${var.x}\n", "f").digest == parse("a: 1\n", "f").digest


def test_a_plan_keeps_no_sensitive_value(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text("variables: {x: {sensitive: true}, y: {}}\nvalue: ${var.x}\n")

    values = load(fleet, typed("x=hunter2", "y=1.10")).values

    assert values["y"] == {"type": "number", "value": "1.10"}
    assert values["x"].keys() == {"sensitive", "digest"}
    assert "hunter2" not in str(values)
    assert public_names(fleet) == {"y"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("variables: {x: {}, y: {sensitive: true}}\n", ["-var=x=1", "-var=y=...", "-var-file=f"]),
        ("variables: {x: {}, y: {sensitive: yes}}\n", ["-var=x=...", "-var=y=...", "-var-file=f"]),
        ("variables: [\n", ["-var=x=...", "-var=y=...", "-var-file=f"]),
        (None, ["-var=x=...", "-var=y=...", "-var-file=f"]),
    ],
    ids=["declared", "misdeclared", "broken", "gone"],
)
def test_what_may_be_sensitive_is_in_no_command_that_is_told(
    tmp_path: Path, text: str | None, told: list[str]
) -> None:
    fleet = tmp_path / "fleet.yaml"
    if text is not None:
        fleet.write_text(text)

    assert typed_values((("x", "1"), ("y", "2"), ("", "f")), fleet) == told


def test_a_sensitive_value_that_the_plan_was_not_made_with_is_refused() -> None:
    text = "variables: {x: {sensitive: true}}\nvalue: ${var.x}\n"
    values = parse(text, "fleet.yaml", typed("x=hunter2")).values

    def again(word: str) -> Given:
        return replace(typed(f"x={word}"), planned=values)

    assert plain(parse(text, "fleet.yaml", again("hunter2")).root) == {"value": "hunter2"}
    (finding,) = findings(text, again("hunter3"))
    assert (finding.code, finding.subject) == ("variable-value", "var.x")
    assert "hunter3" not in str(finding)


def test_values_make_no_fleet_larger_than_a_file_may_be() -> None:
    many = "[" + ", ".join(["a"] * 2000) + "]"
    uses = "[" + ", ".join(['"${var.x}"'] * 100) + "]"

    with pytest.raises(SpecInvalid) as caught:
        document(uses, f"{{x: {{default: {many}}}}}")

    assert caught.value.diagnostics[-1].code == "yaml-size"


@pytest.mark.parametrize(
    "declares",
    ["[x]", "{x: }", "{x: {typo: 1}}", "{1x: {}}", "{x: {type: int}}", "{x: {default: {a: 1}}}"],
)
def test_declarations_are_checked(declares: str) -> None:
    with pytest.raises(SpecInvalid) as caught:
        document("1", declares)

    assert "variable-missing" not in {finding.code for finding in caught.value.diagnostics}


def test_a_reference_in_brackets_needs_quotes() -> None:
    with pytest.raises(SpecInvalid) as caught:
        document("[${var.x}]")

    assert caught.value.diagnostics[0].code == "yaml-syntax"
    assert '"${var.NAME}"' in caught.value.diagnostics[0].hint
