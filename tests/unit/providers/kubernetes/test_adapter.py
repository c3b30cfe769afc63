"""Clusters asked over HTTP, with credentials from kubeconfig."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kubernetes import client

from broker.catalog.merge import merge
from broker.domain.geography import RegionKey
from broker.domain.ids import ZoneId
from broker.domain.regions import RegionResult, RegionStatus, Zone
from providers.kubernetes.adapter import ZONE_LABEL, Kubernetes
from providers.listprices.atlas import ListPricesAtlas
from tests.fakes.kube_api import KubeApi, node, pod
from tests.fakes.stand_ins import CONNECTION, HASTY

HALL, AWAY = RegionKey.parse("kubernetes/hall-1"), RegionKey.parse("kubernetes/nobody-home")
FILE = """
[clusters.hall-1]
country = "DE"
jurisdictions = ["EU"]
price-per-accelerator-hour = {H100 = "1.90"}
[clusters.nobody-home]
country = "US"
[clusters.not-in-kubeconfig]
country = "US"
"""
NODES = [node(f"n{n}", labels={ZONE_LABEL: f"row-{n % 2}"}) for n in range(5)]


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Kubernetes]:
    api = KubeApi({"hall-1": (NODES, [pod("p", "n0", "8")])})
    environment = api.environment(tmp_path, FILE)
    yield Kubernetes(CONNECTION, environment=environment, patience=HASTY)
    api.stop()


def test_only_what_the_owner_has_priced_is_asked(provider: Kubernetes) -> None:
    assert [region.region for region in provider.regions()] == [
        "hall-1", "nobody-home", "not-in-kubeconfig",
    ]  # fmt: skip


def test_without_the_file_there_is_nothing_to_ask(tmp_path: Path) -> None:
    nothing = {"BROKER_KUBERNETES_CLUSTERS": str(tmp_path / "none.toml")}

    assert Kubernetes(CONNECTION, environment=nothing).regions() == []


def test_a_cluster_is_a_region_with_a_law_zones_and_quotas(provider: Kubernetes) -> None:
    result = provider.discover(HALL)

    assert result.status is RegionStatus.OK
    assert [str(offer.price) for offer in result.offers] == ["15.20"]
    assert result.zones == (Zone(ZoneId("row-0")), Zone(ZoneId("row-1")))
    assert {(quota.unit.value, quota.limit, quota.used) for quota in result.quotas} == {
        ("nodes", 5, None),
        ("accelerators", 40, 8),
    }
    assert result.place is not None
    assert result.place.jurisdictions == {"DE", "EU"}


def test_its_law_comes_with_the_snapshot(provider: Kubernetes) -> None:
    snapshot = merge([provider.discover(HALL)], ListPricesAtlas())

    assert snapshot.network.regions[HALL].country == "DE"
    assert len(snapshot.network.regions) == len(list(ListPricesAtlas().regions())) + 1


@pytest.mark.parametrize(
    ("context", "status", "code"),
    [
        ("nobody-home", RegionStatus.ERROR, "cloud-unavailable"),
        ("not-in-kubeconfig", RegionStatus.DENIED, "cloud-credentials-missing"),
        ("not-in-the-file", RegionStatus.ERROR, "cloud-not-found"),
    ],
)
def test_a_cluster_that_does_not_answer_is_told(
    context: str, status: RegionStatus, code: str, provider: Kubernetes
) -> None:
    result: RegionResult = provider.discover(RegionKey.parse(f"kubernetes/{context}"))

    assert (result.status, [finding.code for finding in result.findings]) == (status, [code])


def test_an_unknown_accelerator_is_told(tmp_path: Path) -> None:
    api = KubeApi({"hall-1": ([node("n", "NVIDIA-Z900")], [])})

    result = Kubernetes(CONNECTION, environment=api.environment(tmp_path, FILE)).discover(HALL)

    api.stop()
    assert [finding.code for finding in result.findings] == ["accelerator-unknown"]
    assert [offer.price for offer in result.offers] == [None]


def test_the_stand_in_speaks_as_the_official_client_reads() -> None:
    read = client.V1Node.from_dict(NODES[0])
    asking = client.V1Pod.from_dict(pod("p", "n0", "8"))

    assert read is not None
    assert asking is not None
    assert read.status.capacity["nvidia.com/gpu"] == "8"
    assert read.status.conditions[0].type == "Ready"
    assert asking.spec.node_name == "n0"
    assert asking.spec.containers[0].resources.requests["nvidia.com/gpu"] == "8"
