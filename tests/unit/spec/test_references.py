"""Names that lead nowhere, and names that two things share."""

import pytest

from broker.domain.geography import RegionKey
from tests.fakes.specs import codes_of, findings_of, fleet_text, spec_of, with_workload

CYRILLIC_IE = "\u0435"


def only(text: str) -> tuple[str, str, str]:
    """Code, subject and hint of the only finding."""
    (finding,) = findings_of(text)
    return finding.code, finding.subject, finding.hint


@pytest.mark.parametrize(
    ("extra", "subject", "hint"),
    [
        (
            "providers: {aws: {regions: [us-eats-1]}}",
            "providers.aws.regions[0]",
            "Did you mean `us-east-1`?",
        ),
        (
            "providers: {aws: {except: [eu-central-2]}}",
            "providers.aws.except[0]",
            "Did you mean `eu-central-1`?",
        ),
        (
            "providers: {aws: {regions: [westeurope]}}",
            "providers.aws.regions[0]",
            "It is a region of azure.",
        ),
        (
            "data: [{name: d, size: 1TB, at: gcp/us-central}]",
            "data[d].at",
            "Did you mean `us-central1`?",
        ),
        (
            "clients: [{name: c, at: [aws/us-east-1, aws/mars-north-7]}]",
            "clients[c].at[1]",
            "`broker offers -cloud=aws` shows its regions, such as eu-central-1.",
        ),
        (
            "quotas: [{at: gcp/europe-west-3, limit: {nodes: 1}}]",
            "quotas[0].at",
            "Did you mean `europe-west3`?",
        ),
    ],
)
def test_a_region_that_does_not_exist_is_refused_with_the_nearest(
    extra: str, subject: str, hint: str
) -> None:
    assert only(fleet_text(extra=extra)) == ("region-unknown", subject, hint)


@pytest.mark.parametrize(
    ("extra", "subject", "hint"),
    [
        ("providers: {asw: {}}", "providers.asw", "Did you mean `aws`?"),
        (
            "data: [{name: d, size: 1TB, at: azur/westeurope}]",
            "data[d].at",
            "Did you mean `azure`?",
        ),
        ("quotas: [{at: gpc, limit: {nodes: 1}}]", "quotas[0].at", "Did you mean `gcp`?"),
    ],
)
def test_a_cloud_that_does_not_exist_is_refused_with_the_nearest(
    extra: str, subject: str, hint: str
) -> None:
    assert only(fleet_text(extra=extra)) == ("cloud-unknown", subject, hint)


def test_a_letter_that_only_looks_latin_is_pointed_out() -> None:
    region = f"us-{CYRILLIC_IE}ast-1"
    (finding,) = findings_of(fleet_text(extra=f"providers: {{aws: {{regions: [{region}]}}}}"))

    assert finding.code == "region-unknown"
    assert "U+0435" in finding.detail
    assert finding.hint == "Did you mean `us-east-1`?"


def test_all_that_are_equally_near_are_suggested() -> None:
    text = fleet_text(
        workload="reads: [logs-est]",
        extra="data: ["
        + ", ".join(
            f"{{name: logs-{name}, size: 1TB, at: aws/us-east-1}}"
            for name in ("east", "west", "north")
        )
        + "]",
    )

    assert only(text)[2] == "Did you mean `logs-east` or `logs-west`?"


@pytest.mark.parametrize(
    ("accelerators", "hint"),
    [
        ("{model: H1000, count: 1}", "Did you mean `H100`?"),
        ("{model: h10, count: 1}", "Did you mean `H100`?"),
        ("{model: A100-80, count: 1}", "Did you mean `A100-80GB`?"),
        (
            "{any-of: [{model: L4}, {model: Voodoo2}], count: 1}",
            "`broker offers -group-by=gpu` lists",
        ),
    ],
)
def test_an_accelerator_that_does_not_exist_is_refused(accelerators: str, hint: str) -> None:
    code, subject, found_hint = only(
        with_workload(f"name: w\nkind: batch\naccelerators: {accelerators}")
    )

    assert code == "accelerator-unknown"
    assert subject.startswith("workloads[w].accelerators")
    assert subject.endswith(".model")
    assert hint in found_hint


def test_the_accelerator_of_a_quota_must_exist_too() -> None:
    text = fleet_text(extra="quotas: [{at: aws, accelerator: A10, limit: {nodes: 1}}]")

    assert only(text) == ("accelerator-unknown", "quotas[0].accelerator", "Did you mean `A100`?")


def test_data_and_clients_must_be_defined() -> None:
    text = fleet_text(
        extra="data: [{name: corpus, size: 1TB, at: aws/us-east-1}]\n"
        "clients: [{name: eu-users, at: [aws/eu-west-1]}]",
        workload="reads: [corpsu]\nlatency: {to: us-users, round-trip-ms: 10}",
    )

    assert [(f.code, f.subject, f.hint) for f in findings_of(text)] == [
        ("reference-unknown", "workloads[train].reads[0]", "Did you mean `corpus`?"),
        ("reference-unknown", "workloads[train].latency.to", "Did you mean `eu-users`?"),
    ]


def test_norway_is_a_country() -> None:
    (workload,) = spec_of(fleet_text(workload="residency: [NO, EU]")).workloads

    assert workload.residency == {"NO", "EU"}


@pytest.mark.parametrize(
    ("code", "hint"), [("XX", "Known: DE, "), ("EWR", ""), ("Irland", "Did you mean `IE`?")]
)
def test_a_jurisdiction_in_which_no_region_lies_is_refused(code: str, hint: str) -> None:
    found = only(fleet_text(workload=f"residency: [{code}]"))

    assert found[:2] == ("jurisdiction-unknown", "workloads[train].residency[0]")
    assert found[2].startswith(hint)


@pytest.mark.parametrize(
    ("extra", "subject"),
    [
        (
            "data: [{name: d, size: 1TB, at: aws/us-east-1}, {name: d, size: 2TB, at: aws/us-east-1}]",
            "data[d].name",
        ),
        (
            "clients: [{name: c, at: [aws/us-east-1]}, {name: c, at: [aws/us-east-1]}]",
            "clients[c].name",
        ),
        (
            "quotas: [{name: q, at: aws, limit: {nodes: 1}}, {name: q, at: aws, limit: {nodes: 2}}]",
            "quotas[q].name",
        ),
    ],
)
def test_two_things_of_one_kind_never_share_a_name(extra: str, subject: str) -> None:
    assert codes_of(fleet_text(extra=extra)) == [("name-repeated", subject)]


@pytest.mark.parametrize(
    "first", ["{at: aws, accelerator: L4,", "{name: aws L4 nodes, at: gcp, accelerator: T4,"]
)
def test_a_quota_without_a_name_counts_what_no_other_does(first: str) -> None:
    second = "  - {at: aws, accelerator: L4, limit: {nodes: 2}}\n"
    text = fleet_text(extra=f"quotas:\n  - {first} limit: {{nodes: 1}}}}\n{second}")

    (finding,) = findings_of(text)

    assert (finding.code, finding.subject) == ("name-repeated", "quotas[1]")
    assert finding.summary == "aws L4 nodes is already limited on line 8"
    assert str(finding.where) == "fleet.yaml:9:5"


def test_quotas_that_differ_in_anything_have_names_of_their_own() -> None:
    quotas = """quotas:
  - {at: aws, accelerator: L4, limit: {nodes: 1}}
  - {at: aws, accelerator: L4, limit: {vcpus: 1}}
  - {at: aws, accelerator: L4, capacity: [spot], limit: {nodes: 1}}
  - {at: aws/us-east-1, accelerator: L4, limit: {nodes: 1}}
  - {at: aws, limit: {nodes: 1}}
"""
    assert findings_of(fleet_text(extra=quotas)) == ()


def test_two_workloads_never_share_a_name_and_the_first_line_is_told() -> None:
    one = "  - {name: w, kind: batch, accelerators: {model: L4, count: 1}}\n"
    (finding,) = findings_of(fleet_text(workloads=f"workloads:\n{one}{one}"))

    assert (finding.code, finding.subject) == ("name-repeated", "workloads[w].name")
    assert "line 8" in finding.summary
    assert str(finding.where) == "fleet.yaml:9:12"


def test_except_must_leave_a_region() -> None:
    assert codes_of(
        fleet_text(extra="providers: {aws: {regions: [us-east-1], except: [us-east-1]}, gcp: {}}")
    ) == [("provider-without-region", "providers.aws")]
    assert codes_of(
        fleet_text(extra="providers: {gcp: {except: [europe-west3, us-central1]}}")
    ) == [("provider-without-region", "providers.gcp")]
    open_to_all = "eu-central-1, eu-west-1, us-east-1"
    assert codes_of(fleet_text(extra=f"providers: {{aws: {{except: [{open_to_all}]}}}}")) == [
        ("provider-without-region", "providers.aws")
    ]


def test_all_leaves_out_closed_regions_and_naming_one_takes_it() -> None:
    gov = RegionKey.parse("aws/us-gov-west-1")
    everything, *_ = spec_of(fleet_text()).providers
    named, *_ = spec_of(fleet_text(extra="providers: {aws: {regions: [us-gov-west-1]}}")).providers

    assert not everything.includes(gov)
    assert everything.includes(RegionKey.parse("aws/us-east-1"))
    assert named.includes(gov)


def test_a_team_with_a_budget_has_a_workload() -> None:
    text = fleet_text(extra="budget: {monthly: 9, teams: {ops: 5, mll: 7}}", workload="team: ml")

    assert [(code, subject) for code, subject in codes_of(text)] == [
        ("reference-unknown", "budget.teams.ops"),
        ("reference-unknown", "budget.teams.mll"),
    ]
    assert codes_of(fleet_text(extra="budget: {monthly: 9, teams: {ops: 5}}")) == []


def test_what_a_replica_answers_goes_with_what_is_asked() -> None:
    def codes(rate: str, replicas: int) -> list[tuple[str, str]]:
        users = f"clients: [{{name: users, at: [aws/us-east-1]{rate}}}]"
        latency = "latency: {to: users, round-trip-ms: 50, requests-per-replica: 30}"
        return codes_of(fleet_text(extra=users, workload=f"replicas: {replicas}\n{latency}"))

    at = "workloads[train].latency.requests-per-replica"
    assert codes("", 9) == [("request-rate-unknown", at)]
    assert codes(", requests-per-second: 100", 3) == [("replicas-too-few", at)]
    assert codes(", requests-per-second: 100", 4) == []


def test_the_size_of_answers_needs_their_number() -> None:
    users = "clients: [{name: users, at: [aws/us-east-1], requests-per-second: 9}]"
    latency = "latency: {to: users, round-trip-ms: 50, response-kib: 2}"

    assert codes_of(fleet_text(extra=users, workload=latency)) == [
        ("answers-uncounted", "workloads[train].latency.response-kib")
    ]


PAIR = """apiVersion: broker/v1
fleet: pair
owner: ml
providers: {{aws: {{}}}}
workloads:
  - {{name: a, kind: inference, accelerators: {{model: L4, count: 1}}{a}}}
  - {{name: b, kind: inference, accelerators: {{model: L4, count: 1}}{b}}}
"""


@pytest.mark.parametrize(
    ("a", "b", "subject"),
    [
        (", near: [{workload: b}], apart: [b]", "", "workloads[a].apart[0]"),
        (", near: [{workload: b}]", ", apart: [a]", "workloads[b].apart[0]"),
        (", apart: [b]", ", near: [{workload: a}]", "workloads[a].apart[0]"),
    ],
)
def test_two_can_not_be_in_one_region_and_in_none_together(a: str, b: str, subject: str) -> None:
    code, where, hint = only(PAIR.format(a=a, b=b))

    assert (code, where) == ("affinity-contradiction", subject)
    assert "round-trip-ms" in hint


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (", near: [{workload: a}]", [("affinity-to-itself", "workloads[a].near[0].workload")]),
        (", apart: [b, a]", [("affinity-to-itself", "workloads[a].apart[1]")]),
        (
            ", near: [{workload: a}], apart: [a]",
            [
                ("affinity-to-itself", "workloads[a].near[0].workload"),
                ("affinity-to-itself", "workloads[a].apart[0]"),
            ],
        ),
    ],
)
def test_no_workload_is_near_itself_or_apart_from_itself(
    keys: str, found: list[tuple[str, str]]
) -> None:
    findings = findings_of(PAIR.format(a=keys, b=""))

    assert [(finding.code, finding.subject) for finding in findings] == found
    assert findings[0].summary.startswith("a can not be ")
    assert findings[0].hint == "Name another workload: b."


@pytest.mark.parametrize("b", ["", ", apart: [a]"])
def test_two_can_be_near_each_other_in_two_regions(b: str) -> None:
    a = ", near: [{workload: b, round-trip-ms: 20}], apart: [b]"

    first, second = spec_of(PAIR.format(a=a, b=b)).workloads

    assert (first.apart, second.name) == ({"b"}, "b")
