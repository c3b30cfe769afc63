"""What a valid fleet.yaml comes to in the words of the domain."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from broker.domain.accelerators import MigProfile
from broker.domain.geography import RegionKey
from broker.domain.money import Money
from broker.domain.offers import CapacityType
from broker.domain.spec import (
    Budget,
    ClusterTerms,
    Objective,
    OnBreach,
    Quota,
    QuotaUnit,
    Replication,
)
from broker.domain.workloads import (
    AcceleratorChoice,
    Checkpoint,
    LargestShares,
    LatencyBound,
    Priority,
    Replicas,
    Run,
    WorkloadKind,
)
from tests.fakes.specs import findings_of, fleet_text, lowered, spec_of, with_workload, workload_of


def test_a_workload_that_says_little_gets_the_defaults() -> None:
    workload = workload_of("")

    assert workload.kind is WorkloadKind.TRAINING
    assert workload.replicas == Replicas(minimum=1, maximum=1)
    assert not workload.is_gang
    assert (workload.milli_vcpus, workload.memory_mib) == (0, 0)
    assert workload.run == Run()
    assert workload.capacity_types == {CapacityType.ON_DEMAND}
    assert workload.priority is Priority.STANDARD
    assert workload.team == "ops"
    assert (workload.checkpoint, workload.latency, workload.image) == (None, None, None)
    assert (workload.reads, workload.residency, workload.spread_regions) == ((), frozenset(), 1)
    assert str(workload.where) == "fleet.yaml:8:5"


def test_a_fleet_that_says_little_gets_the_defaults() -> None:
    spec = spec_of(fleet_text())

    assert (spec.name, spec.owner, spec.source) == ("demo", "ops", "fleet.yaml")
    assert spec.objective == Objective()
    assert spec.objective.stability == Fraction(2, 100)
    assert spec.budget is None
    assert [(p.provider, p.regions, p.fixed_monthly) for p in spec.providers] == [
        ("aws", None, Money(0)),
        ("gcp", None, Money(0)),
    ]
    assert (spec.datasets, spec.clients, spec.quotas) == ((), (), ())
    assert spec.clusters == ClusterTerms()


@pytest.mark.parametrize(
    ("written", "share"),
    [
        ("90%", Fraction(9, 10)),
        ("0%", Fraction(0)),
        ("100%", Fraction(1)),
        ("2.5%", Fraction(1, 40)),
    ],
)
def test_a_share_may_be_a_percentage(written: str, share: Fraction) -> None:
    spec = spec_of(
        fleet_text(
            extra=f"objective: {{stability: {written}}}", workload=f"at-most: {{spot: {written}}}"
        )
    )

    assert spec.objective.stability == share
    assert spec.workloads[0].at_most == LargestShares(spot=share)


def test_everything_that_is_stated_arrives() -> None:
    text = fleet_text(
        extra="""\
labels: {version: 1.10, at: 12:30:45, country: NO, on: off}
providers:
  gcp: {regions: [us-central1, europe-west3], except: [us-central1], fixed-monthly: "1500.25"}
objective: {stability: 0.05}
budget: {monthly: 260000.5, on-breach: warn}
data:
  - {name: corpus, size: 12TB, at: aws/eu-central-1, tier: cold, replicate: forbidden}
clients:
  - {name: eu-users, at: [aws/eu-west-1, gcp/europe-west3], requests-per-second: 400}""",
        workload="""\
gang: 16
cpu: 95.5
memory-gib: 900
runs: {hours: 96}
capacity: [spot, on-demand, capacity-block]
checkpoint: {every: 1h30m, size-gib: 46, store: s3://acme-ckpt/pretrain}
reads: [corpus]
residency: [EU]
latency: {to: eu-users, round-trip-ms: 35}
priority: production
team: foundation""",
    )

    spec = spec_of(text)

    assert spec.labels == {"version": "1.10", "at": "12:30:45", "country": "NO", "on": "off"}
    (gcp,) = spec.providers
    assert gcp.regions == {"us-central1", "europe-west3"}
    assert gcp.excluded == {"us-central1"}
    assert gcp.fixed_monthly == Money.parse("1500.25")
    assert spec.objective == Objective(stability=Fraction(5, 100))
    assert spec.budget == Budget(
        monthly=Money.parse("260000.50"),
        on_breach=OnBreach.WARN,
        where=spec.budget and spec.budget.where,
    )
    (corpus,) = spec.datasets
    assert (corpus.name, corpus.size_bytes, corpus.tier) == ("corpus", 12 * 10**12, "cold")
    assert corpus.home == RegionKey.parse("aws/eu-central-1")
    assert corpus.replication is Replication.FORBIDDEN
    (users,) = spec.clients
    assert users.places == (RegionKey.parse("aws/eu-west-1"), RegionKey.parse("gcp/europe-west3"))
    assert users.requests_per_second == 400.0
    (workload,) = spec.workloads
    assert workload.is_gang
    assert workload.replicas == Replicas(minimum=16, maximum=16)
    assert (workload.milli_vcpus, workload.memory_mib) == (95_500, 900 * 1024)
    assert workload.run == Run(hours=Fraction(96))
    assert workload.capacity_types == {
        CapacityType.SPOT,
        CapacityType.ON_DEMAND,
        CapacityType.CAPACITY_BLOCK,
    }
    assert workload.checkpoint == Checkpoint(
        every_seconds=5400, size_bytes=46 * 2**30, store="s3://acme-ckpt/pretrain"
    )
    assert workload.reads == ("corpus",)
    assert workload.latency == LatencyBound(clients=users.name, round_trip_ms=35.0)
    assert (workload.priority, workload.team) == (Priority.PRODUCTION, "foundation")


@pytest.mark.parametrize(("replicas", "least", "most"), [("7", 7, 7), ("{min: 4, max: 40}", 4, 40)])
def test_replicas_are_a_number_or_a_range(replicas: str, least: int, most: int) -> None:
    assert workload_of(f"replicas: {replicas}").replicas == Replicas(minimum=least, maximum=most)


@pytest.mark.parametrize(
    ("runs", "run"),
    [
        ("always", Run()),
        ("{hours: 0.1}", Run(hours=Fraction(1, 10))),
        (
            "{from: 2026-12-01T08:00:00Z, until: 2026-12-01T18:20:00+01:00}",
            Run(
                hours=Fraction(28, 3),
                starts=datetime(2026, 12, 1, 8, tzinfo=UTC),
                ends=datetime(2026, 12, 1, 17, 20, tzinfo=UTC),
            ),
        ),
        (
            "{hours: 3, from: 2026-12-01T08:00Z, until: 2026-12-02T08:00Z}",
            Run(
                hours=Fraction(3),
                starts=datetime(2026, 12, 1, 8, tzinfo=UTC),
                ends=datetime(2026, 12, 2, 8, tzinfo=UTC),
            ),
        ),
    ],
)
def test_a_run_is_for_ever_or_has_hours(runs: str, run: Run) -> None:
    assert workload_of(f"runs: {runs}").run == run


@pytest.mark.parametrize(
    ("count", "exact"), [("8", Fraction(8)), ("0.25", Fraction(1, 4)), ("0.1", Fraction(1, 10)),
                         ("1.0", Fraction(1)), ("010", Fraction(10))],
)  # fmt: skip
def test_counts_are_exact(count: str, exact: Fraction) -> None:
    text = with_workload(f"name: w\nkind: batch\naccelerators: {{model: L4, count: {count}}}")
    (workload,) = spec_of(text).workloads

    assert workload.accelerators.count == exact


def test_memory_and_profile_beside_any_of_hold_where_a_choice_states_none() -> None:
    text = with_workload(
        "name: w\nkind: batch\naccelerators:\n  memory-gib: 80\n  mig: 1g.10gb\n  count: 2\n"
        "  any-of: [{model: H100}, {model: A100-80GB, memory-gib: 40, mig: 2g.20gb}]"
    )
    (workload,) = spec_of(text).workloads

    assert workload.accelerators.any_of == (
        AcceleratorChoice(
            model="H100", minimum_memory_mib=81920, mig_profile=MigProfile.parse("1g.10gb")
        ),
        AcceleratorChoice(
            model="A100-80GB", minimum_memory_mib=40960, mig_profile=MigProfile.parse("2g.20gb")
        ),
    )


def test_measures_are_rounded_up_never_down() -> None:
    workload = workload_of("cpu: 0.0001\nmemory-gib: 0.0001")

    assert (workload.milli_vcpus, workload.memory_mib) == (1, 1)


@pytest.mark.parametrize(
    ("monthly", "amount"),
    [("260000", "260000"), ("'2.50'", "2.50"), ("2.50", "2.50"), ("0.1", "0.1"), ("1e3", "1000")],
)
def test_amounts_are_exact(monthly: str, amount: str) -> None:
    budget = spec_of(fleet_text(extra=f"budget: {{monthly: {monthly}}}")).budget

    assert budget is not None
    assert budget.monthly == Money.parse(amount)
    assert budget.on_breach is OnBreach.DENY


def test_quotas_are_lowered_and_named_for_what_they_count() -> None:
    text = fleet_text(
        extra="""\
quotas:
  - {at: aws, limit: {vcpus: 192}}
  - {at: gcp/us-central1, capacity: [spot], accelerator: L4, limit: {accelerators: 0}}
  - {name: mine, at: aws, machine-type: p5.48xlarge, limit: {nodes: 2}}
  - {at: aws, capacity: [spot, on-demand], family: P, limit: {nodes: 3}}
  - {at: gcp, limit: {accelerators: 8}, over: all-regions}"""
    )

    quotas = spec_of(text).quotas

    assert [quota.name for quota in quotas] == [
        "aws vcpus",
        "gcp/us-central1 spot L4 accelerators",
        "mine",
        "aws on-demand+spot P nodes",
        "gcp accelerators over all regions",
    ]
    assert [quota.spans for quota in quotas] == [False, False, False, False, True]
    assert quotas[1] == Quota(
        name="gcp/us-central1 spot L4 accelerators",
        provider=quotas[1].provider,
        region="us-central1",
        capacity_types=frozenset({CapacityType.SPOT}),
        accelerator="L4",
        unit=QuotaUnit.ACCELERATORS,
        limit=0,
        where=quotas[1].where,
    )
    assert (quotas[0].region, quotas[0].capacity_types, quotas[0].limit) == (None, None, 192)
    assert (quotas[2].machine_type, quotas[3].family) == ("p5.48xlarge", "P")


def test_warnings_come_with_the_spec() -> None:
    result = lowered(fleet_text(workload="image: registry.example/train:v2"))

    assert [warning.code for warning in result.warnings] == ["image-not-pinned"]
    assert result.spec.workloads[0].image == "registry.example/train:v2"


def test_the_digest_ignores_comments_layout_and_the_order_of_keys() -> None:
    one = spec_of(fleet_text(extra="labels: {a: x, b: 1}"))
    same = spec_of(fleet_text(extra="# why\nlabels:\n  b: 1   # that\n  'a': \"x\""))

    assert one.digest == same.digest
    assert one.digest.startswith("sha256:")


@pytest.mark.parametrize(
    "extra", ["labels: {a: x, b: 2}", "labels: {a: y, b: 1}", "labels: {a: x}", ""]
)
def test_the_digest_tells_every_other_change(extra: str) -> None:
    one = spec_of(fleet_text(extra="labels: {a: x, b: 1}"))

    assert spec_of(fleet_text(extra=extra)).digest != one.digest


def test_what_a_cloud_costs_is_lowered_and_unknown_unless_stated() -> None:
    providers = "providers: {aws: {cluster-hourly: '0.145', fixed-monthly: 20}, gcp: {}}"
    stated, silent = spec_of(fleet_text(extra=providers)).providers

    assert (stated.cluster_hourly, stated.fixed_monthly) == (
        Money.parse("0.145"),
        Money(20 * 10**6),
    )
    assert (silent.cluster_hourly, silent.fixed_monthly) == (None, Money(0))
    assert str(stated.where) == "fleet.yaml:4:18"


def test_networks_are_told_in_order() -> None:
    stated = "{authorized-networks: [203.0.113.0/24, 198.51.100.7/32], sensor: falco}"
    spec = spec_of(fleet_text(extra=f"clusters: {stated}\n"))

    assert spec.clusters == ClusterTerms(
        authorized_networks=("198.51.100.7/32", "203.0.113.0/24"), has_sensor=True
    )


@pytest.mark.parametrize("network", ["203.0.113.7/24", "203.0.113.0", "300.0.0.0/8", "0.0.0.0/0"])
def test_what_is_no_network_or_all_of_them_is_refused(network: str) -> None:
    (finding,) = findings_of(
        fleet_text(extra=f'clusters: {{authorized-networks: ["{network}"]}}\n')
    )

    assert "203.0.113.0/24" in f"{finding.summary} {finding.detail}"
