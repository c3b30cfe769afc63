"""What the shape of a fleet.yaml refuses, and how it says so."""

import pytest

from tests.fakes.specs import codes_of, findings_of, fleet_text, with_workload


def test_the_smallest_fleet_has_no_finding() -> None:
    assert findings_of(fleet_text()) == ()


def test_every_finding_comes_at_once_in_the_order_of_the_file() -> None:
    text = """\
apiVersion: broker/v2
flet: demo
owner: ops
providers:
  aws: {region: all}
workloads:
  - name: Train
    kind: trainin
    accelerators: {model: H100, count: eight}
    gang: 2
    replicas: 3
  - name: serve
    accelerators: {count: 1}
    colour: red
"""

    found = [(f.code, f.subject, f.where.line if f.where else 0) for f in findings_of(text)]

    assert found == [
        ("key-missing", "", 1),
        ("value-wrong", "apiVersion", 1),
        ("key-unknown", "flet", 2),
        ("key-unknown", "providers.aws.region", 5),
        ("key-conflict", "workloads[Train]", 7),
        ("value-wrong", "workloads[Train].name", 7),
        ("value-wrong", "workloads[Train].kind", 8),
        ("value-wrong", "workloads[Train].accelerators.count", 9),
        ("key-missing", "workloads[serve]", 12),
        ("key-missing", "workloads[serve].accelerators", 13),
        ("key-unknown", "workloads[serve].colour", 14),
    ]


@pytest.mark.parametrize(
    ("extra", "hint"),
    [
        ("buget: {monthly: 1}", "Did you mean `budget`?"),
        ("Workloads: []", "Did you mean `workloads`?"),
        ("objective: {stabilty: 0}", "Did you mean `stability`?"),
        ("budget: {monthly: 1, on-breach: warm}", "Did you mean `warn`?"),
        ("zzzzzz: 1", "Remove it, or use one of those."),
    ],
)
def test_a_near_word_is_suggested(extra: str, hint: str) -> None:
    (finding,) = findings_of(fleet_text(extra=extra))

    assert finding.hint == hint


@pytest.mark.parametrize(
    ("extra", "summary"),
    [
        ("owner: [a]", "Expected one line of text, found a list"),
        ("owner: 42", "Expected one line of text, found 42"),
        ("owner: true", "Expected one line of text, found true"),
        ("owner:", "Expected one line of text, found nothing"),
        ("owner: ' x'", 'Expected one line of text, found " x"'),
        ("fleet: Not_A_Name", 'found "Not_A_Name"'),
        ("budget: 100", "Expected a mapping with `monthly`, found 100"),
        ("budget: {monthly: -1}", "found -1"),
        ("budget: {monthly: '1,000'}", 'found "1,000"'),
        ("budget: {monthly: .5e3x}", 'found ".5e3x"'),
        (
            "objective: {stability: 90}",
            "Expected a share from 0 to 1, or from 0% to 100%, found 90",
        ),
        ("objective: {stability: 101%}", 'found "101%"'),
        ("objective: {stability: -5%}", 'found "-5%"'),
        ("objective: {stability: 100.1%}", 'found "100.1%"'),
        ("data: {}", "found an empty mapping"),
        ("labels: {a: [1]}", "Expected one line of text, found a list"),
        ("labels: {a: null}", "found nothing"),
        ("data: [{name: d, size: 12 parsecs, at: aws/us-east-1}]", "a size such as 12TB"),
        ("data: [{name: d, size: 12TB, at: us-east-1}]", "Expected cloud/region"),
        ("clients: [{name: c, at: []}]", "a list with at least 1"),
        ("providers: {}", "found an empty mapping"),
        ("providers: {aws: {regions: none}}", "Expected all or a list"),
        ("providers: {aws: {regions: []}}", "found an empty list"),
        ("compliance: {packs: []}", "found an empty list"),
    ],
)
def test_a_wrong_value_says_what_was_expected_and_what_was_found(extra: str, summary: str) -> None:
    (finding,) = findings_of(fleet_text(extra=extra))

    assert finding.code == "value-wrong"
    assert summary in finding.summary


@pytest.mark.parametrize(
    "keys",
    [
        "gang: 0", "gang: 1.5", "replicas: -1", "replicas: {min: 1}", "cpu: -1", "cpu: '4'",
        "memory-gib: 1e12", "runs: never", "runs: {hours: 0}", "runs: {from: 2026-12-01T00:00:00Z}",
        "runs: {}", "runs: {from: 2026-12-01, until: 2026-12-02}",
        "runs: {from: 2026-12-01T00:00:00, until: 2026-12-02T00:00:00}",
        "runs: {from: 2026-13-01T00:00:00Z, until: 2026-13-02T00:00:00Z}",
        "capacity: []", "capacity: [spots]", "capacity: spot", "capacity: [spot, spot]",
        "checkpoint: {every: 10 minutes, size-gib: 1, store: 's3://b'}",
        "checkpoint: {every: 0m, size-gib: 1, store: 's3://b'}",
        "checkpoint: {every: 10m, size-gib: 1, store: 'https://user:secret@host/x'}",
        "checkpoint: {every: 10m}", "residency: EU", "residency: [true]", "residency: []", "reads: [1]",
        "latency: {to: eu}", "latency: {to: eu, round-trip-ms: 0}", "spread: {regions: 0}",
        "spread: 2", "priority: urgent", "image: 'a b'", "image: x@sha256:abc", "team: [x]",
    ],
)  # fmt: skip
def test_a_wrong_workload_is_refused_below_its_key(keys: str) -> None:
    key = keys.partition(":")[0]
    found = codes_of(fleet_text(workload=keys))

    assert found
    assert {
        subject.partition(".")[2].partition(".")[0].partition("[")[0] for _, subject in found
    } == {key}


@pytest.mark.parametrize(
    "accelerators",
    [
        "{}", "{count: 1}", "{model: H100, count: 0}", "{model: H100, count: 1.5}",
        "{model: H100, count: -1}", "{model: H100, count: '8'}", "{any-of: [], count: 1}",
        "{any-of: [H100], count: 1}", "{model: H100, any-of: [{model: H100}], count: 1}",
        "{model: H100, count: 1, mig: 9g.10gb}", "{model: H100, count: 1, memory-gib: 80GB}", "H100",
    ],
)  # fmt: skip
def test_wrong_accelerators_are_refused(accelerators: str) -> None:
    text = with_workload(f"name: w\nkind: batch\naccelerators: {accelerators}")

    (finding,) = findings_of(text)
    assert finding.subject.startswith("workloads[w].accelerators")


def test_a_fleet_without_workloads_is_refused() -> None:
    assert codes_of(fleet_text(workloads="workloads: []\n")) == [("value-wrong", "workloads")]


def test_a_workload_without_a_name_is_called_by_its_position() -> None:
    text = with_workload("kind: batch\naccelerators: {model: H100, count: 1}")

    assert codes_of(text) == [("key-missing", "workloads[0]")]


@pytest.mark.parametrize("root", ["[]", "just text", "3"])
def test_a_file_that_is_no_mapping_is_refused(root: str) -> None:
    assert codes_of(root) == [("value-wrong", "")]


def test_yaml_findings_are_told_together_with_those_of_the_shape() -> None:
    text = fleet_text(extra="labels: {a: 1, a: 2}\nbogus: 1")

    assert [code for code, _ in codes_of(text)] == ["key-repeated", "key-unknown"]


def test_findings_in_an_alias_are_told_for_each_use() -> None:
    text = fleet_text(
        workloads="""\
workloads:
  - {name: a, kind: batch, accelerators: &x {model: H100, count: 0}}
  - {name: b, kind: batch, accelerators: *x}
"""
    )

    assert codes_of(text) == [
        ("value-wrong", "workloads[a].accelerators.count"),
        ("value-wrong", "workloads[b].accelerators.count"),
    ]


def test_a_thousand_wrong_words_are_told_without_looking_for_a_near_one_each_time() -> None:
    extra = "\n".join(f"workload{number}: 1" for number in range(1000))
    found = findings_of(fleet_text(extra=extra))

    assert len(found) == 1000
    assert sum("Did you mean" in finding.hint for finding in found) == 100
