"""What the keys of a spec demand of each other."""

import pytest

from broker.domain.diagnostics import Severity
from tests.fakes.specs import codes_of, findings_of, fleet_text, with_workload

CHECKPOINT = "checkpoint: {every: 10m, size-gib: 46, store: 's3://bucket/x'}"


def of_train(workload: str) -> list[tuple[str, str]]:
    """Findings of the only workload, a training on H100, with more keys."""
    return codes_of(fleet_text(workload=workload))


def of_devices(accelerators: str) -> list[str]:
    text = with_workload(f"name: w\nkind: batch\naccelerators: {accelerators}")
    return [code for code, _ in codes_of(text)]


@pytest.mark.parametrize(
    ("workload", "code", "subject"),
    [
        ("replicas: {min: 5, max: 4}", "replicas-reversed", "replicas"),
        ("replicas: 2\nspread: {regions: 3}", "spread-too-wide", "spread"),
        ("replicas: {min: 2, max: 9}\nspread: {regions: 3}", "spread-too-wide", "spread"),
        ("spread: {regions: 2}", "spread-too-wide", "spread"),
        ("gang: 4\nspread: {regions: 2}", "gang-spread", "spread"),
        (
            "replicas: {min: 2, max: 4, growth: within-quotas}\nruns: {hours: 5}",
            "growth-of-burst",
            "replicas",
        ),
        ("gang: 4\nat-most: {spot: 0.5}", "gang-divided", "at-most"),
        ("replicas: 3\nat-most: {zone: 0.3}", "share-too-small", "at-most.zone"),
        (
            "runs: {from: 2026-12-02T00:00:00Z, until: 2026-12-01T00:00:00Z}",
            "window-reversed",
            "runs",
        ),
        (
            "runs: {from: 2026-12-01T01:00:00+01:00, until: 2026-12-01T00:00:00Z}",
            "window-reversed",
            "runs",
        ),
        (
            "runs: {hours: 24.5, from: 2026-12-01T00:00:00Z, until: 2026-12-02T00:00:00Z}",
            "window-too-short",
            "runs",
        ),
        ("gang: 4\ncapacity: [on-demand, spot]", "spot-without-checkpoint", "capacity[1]"),
        ("runs: {hours: 5}\ncapacity: [reserved]", "reserved-for-burst", "capacity[0]"),
        (
            "capacity: [on-demand, reserved]\nruns: {from: 2026-12-01T00:00Z, until: 2026-12-02T00:00Z}",
            "reserved-for-burst",
            "capacity[1]",
        ),
        ("image: registry.example/train:v1", "image-not-pinned", "image"),
    ],
)
def test_each_contradiction_has_its_code(workload: str, code: str, subject: str) -> None:
    assert of_train(workload) == [(code, f"workloads[train].{subject}")]


@pytest.mark.parametrize(
    "workload",
    [
        "replicas: {min: 4, max: 4}",
        "replicas: 3\nspread: {regions: 3}",
        "gang: 4\nspread: {regions: 1}",
        "runs: {hours: 24, from: 2026-12-01T00:00:00Z, until: 2026-12-02T00:00:00Z}",
        f"gang: 4\ncapacity: [spot]\n{CHECKPOINT}",
        "replicas: 4\ncapacity: [spot]",
        "capacity: [reserved, on-demand]",
        f"image: registry.example:5000/team/train:v1@sha256:{'0a' * 32}",
    ],
)
def test_what_agrees_has_no_finding(workload: str) -> None:
    assert of_train(workload) == []


@pytest.mark.parametrize(
    ("kind", "is_refused"),
    [("training", True), ("hpc", True), ("batch", False), ("render", False), ("inference", False)],
)
def test_spot_is_refused_for_the_kinds_of_gang_that_lose_all_with_one_node(
    kind: str, *, is_refused: bool
) -> None:
    text = with_workload(
        f"name: w\nkind: {kind}\naccelerators: {{model: L4, count: 1}}\ngang: 2\ncapacity: [spot]"
    )

    assert bool(findings_of(text)) is is_refused


def test_an_unpinned_image_is_only_a_warning() -> None:
    (finding,) = findings_of(fleet_text(workload="image: registry.example/train"))

    assert finding.severity is Severity.WARNING


def test_findings_of_all_rules_come_together() -> None:
    found = of_train("gang: 4\nspread: {regions: 9}\ncapacity: [spot]\nimage: x")

    assert [code for code, _ in found] == [
        "spread-too-wide",
        "gang-spread",
        "spot-without-checkpoint",
        "image-not-pinned",
    ]


@pytest.mark.parametrize(
    "accelerators",
    [
        "{model: H100, count: 1, mig: 1g.10gb}",
        "{model: A100, count: 2, mig: 1g.5gb}",
        "{model: A100, memory-gib: 80, count: 1, mig: 1g.10gb}",
        "{any-of: [{model: A100}, {model: H100}], mig: 1g.10gb, count: 1}",
        "{any-of: [{model: A100, mig: 1g.5gb}, {model: H100, mig: 1g.10gb}], count: 3}",
        "{model: A100-80GB, memory-gib: 80, count: 8}",
        "{model: L4, count: 0.25}",
    ],
)
def test_devices_that_exist_have_no_finding(accelerators: str) -> None:
    assert of_devices(accelerators) == []


@pytest.mark.parametrize(
    ("accelerators", "code"),
    [
        ("{model: L4, count: 1, mig: 1g.5gb}", "mig-profile-unknown"),
        ("{model: H100, count: 1, mig: 1g.5gb}", "mig-profile-unknown"),
        ("{model: A100, memory-gib: 80, count: 1, mig: 1g.5gb}", "mig-profile-unknown"),
        ("{any-of: [{model: A100}, {model: L4}], mig: 1g.10gb, count: 1}", "mig-profile-unknown"),
        ("{model: H100, count: 0.5, mig: 1g.10gb}", "mig-slice-divided"),
        ("{model: A100, memory-gib: 81, count: 1}", "accelerator-too-small"),
        ("{any-of: [{model: H200}, {model: H100}], memory-gib: 100, count: 1}", "accelerator-too-small"),
    ],
)  # fmt: skip
def test_devices_that_can_not_be_are_refused(accelerators: str, code: str) -> None:
    assert of_devices(accelerators) == [code]


def test_the_largest_memory_is_told() -> None:
    text = with_workload(
        "name: w\nkind: batch\naccelerators: {model: A100, memory-gib: 100, count: 1}"
    )
    (finding,) = findings_of(text)

    assert finding.summary == "No A100 has 100 GiB of memory"
    assert "80 GiB" in finding.hint


@pytest.mark.parametrize(
    ("extra", "code", "subject"),
    [
        (
            "objective: {carbon-price-per-tonne: 50}",
            "carbon-price-unsupported",
            "objective.carbon-price-per-tonne",
        ),
        ("objective: {currency: EUR}", "currency-unsupported", "objective.currency"),
        ("compliance: {packs: [gdpr]}", "pack-not-installed", "compliance.packs[0]"),
        ("compliance: {waivers: [{clause: x}]}", "waiver-without-pack", "compliance.waivers"),
    ],
)
def test_what_this_version_does_not_do_is_refused_and_never_ignored(
    extra: str, code: str, subject: str
) -> None:
    assert codes_of(fleet_text(extra=extra)) == [(code, subject)]


def test_empty_compliance_and_a_carbon_price_of_nothing_are_fine() -> None:
    text = fleet_text(
        extra="compliance: {waivers: []}\nobjective: {currency: USD, carbon-price-per-tonne: 0}"
    )

    assert findings_of(text) == ()
