"""Whoever writes something wrong is shown what is right."""

from collections.abc import Iterator

import pytest

from broker.domain.diagnostics import Where
from broker.spec.advice import written
from broker.spec.composites import ListOf, MapOf
from broker.spec.fields import Field, Fields
from broker.spec.findings import Findings
from broker.spec.fleet_schema import FLEET
from broker.spec.nodes import node_of
from broker.spec.shapes import ByKind, Shape
from broker.spec.yaml_reader import read_yaml
from tests.fakes.specs import findings_of, fleet_text

HERE = Where("f.yaml", 1, 1)


def fields_of(shape: Shape | None, path: str = "") -> Iterator[tuple[str, Field]]:
    """Every key at any depth, with its path."""
    match shape:
        case Fields():
            for field in shape.fields:
                yield f"{path}.{field.name}", field
                yield from fields_of(field.shape, f"{path}.{field.name}")
        case ListOf():
            yield from fields_of(shape.item, path)
        case MapOf():
            yield from fields_of(shape.value, path)
        case ByKind():
            for kind in (shape.scalar, shape.list_, shape.map_):
                yield from fields_of(kind, path)


FIELDS = dict(fields_of(FLEET))


@pytest.mark.parametrize("path", FIELDS)
def test_the_example_of_each_key_is_accepted_as_it_is_shown(path: str) -> None:
    field = FIELDS[path]
    assert field.example is not None
    root, _ = read_yaml(f"{field.name}: {written(field.example)}", "f.yaml")

    findings = Findings()
    field.shape.read(node_of(field.example, HERE), field.name, findings)
    Fields(expected="", fields=(field,)).read(root, "", findings)

    assert findings.found == []


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("accelerators: {model: H100, count: eight}", "For example `count: 8`."),
        ("memory-gib: 64GB", "For example `memory-gib: 900`."),
        ("gang: 0", "For example `gang: 16`."),
        ("runs: {hours: none}", "For example `hours: 96`."),
        ("residency: EU", "For example `residency: [EU]`."),
        ("capacity: [5]", "For example `spot`."),
        ("reads: [a b]", "For example `corpus`."),
        ("capacity: [spott]", "Did you mean `spot`?"),
        ("replicas: {min: 1}", "For example `max: 40`."),
        (
            "checkpoint: s3://b/f",
            "For example `checkpoint: {every: 10m, size-gib: 46, store: s3://acme-ckpt/pretrain}`.",
        ),
    ],
)
def test_a_finding_shows_what_may_be_written(wrong: str, hint: str) -> None:
    base = "workloads:\n  - name: train\n    kind: training\n"
    device = "" if wrong.startswith("accelerators") else "    accelerators: {model: H100}\n"

    found = findings_of(fleet_text(workloads=base + device, workload=wrong))

    assert [finding.hint for finding in found] == [hint]


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("providers: {aws: {regions: [u.nan us-west-2]}}", "For example `westeurope`."),
        ("providers: {aws: all}", "For example `providers: {aws: {regions: all}}`."),
        ("labels: {a: [1]}", "For example `labels: {cost-center: R42}`."),
        ("compliance: {packs: [{}]}", "For example `gdpr`."),
    ],
)
def test_what_is_wrong_in_a_list_or_mapping_is_shown_too(wrong: str, hint: str) -> None:
    assert [finding.hint for finding in findings_of(fleet_text(extra=wrong))] == [hint]


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("Germany", "Did you mean `DE`?"),
        ("germny", "Did you mean `DE`?"),
        ("USA", "Did you mean `US`?"),
        ("Europe", "Did you mean `EU`?"),
    ],
)
def test_the_name_of_a_country_leads_to_its_code(code: str, hint: str) -> None:
    (finding,) = findings_of(fleet_text(workload=f"residency: [{code}]"))

    assert (finding.code, finding.hint) == ("jurisdiction-unknown", hint)


def test_a_jurisdiction_like_none_is_answered_with_all_that_there_are() -> None:
    (finding,) = findings_of(fleet_text(workload="residency: [Atlantis]"))

    assert finding.hint.startswith("Known: ")
    assert "DE" in finding.hint


@pytest.mark.parametrize(
    ("providers", "hint"),
    [
        ("providers: {AWS: {}}", "Write `aws`."),
        ("providers: {A W S: {}}", "For example `aws`."),
    ],
)
def test_a_cloud_in_capitals_is_corrected(providers: str, hint: str) -> None:
    (finding,) = findings_of(fleet_text(extra=providers))

    assert (finding.code, finding.hint) == ("key-unknown", hint)


def test_a_list_in_place_of_a_fleet_leads_to_a_beginning() -> None:
    (finding,) = findings_of("[1, 2]")

    assert finding.hint == "`broker init` writes a file to start from."


@pytest.mark.parametrize("number", [".nan", "-.inf"])
def test_of_a_number_that_is_none_nothing_else_is_said(number: str) -> None:
    base = "workloads:\n  - name: train\n    kind: training\n"
    wanted = f"accelerators: {{model: H100, count: {number}}}"

    (finding,) = findings_of(fleet_text(workloads=base, workload=wanted))

    assert finding.code == "yaml-number"
