"""What every source of offers promises (broker.ports.capacity), kept by each of them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp

import pytest

from broker.domain.accelerators import Accelerator, AcceleratorKind
from broker.domain.geography import RegionKey
from broker.domain.ids import MachineType, ProviderName
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from broker.ports.capacity import CapacityProvider
from broker.ports.sandbox import SandboxCloud
from providers.aws.adapter import AwsProvider
from providers.aws.clients import NOT_CREDENTIALS
from providers.azure.adapter import Azure
from providers.calls.endpoint import MADE_UP_TOKEN
from providers.conformance.capacity import CapacityProviderPromises, Failing, Failure, Subject
from providers.gcp.adapter import Gcp
from providers.kubernetes.adapter import Kubernetes
from providers.listprices.adapter import ListPrices
from providers.sandbox.aws.cloud import AwsSandbox
from providers.sandbox.azure.cloud import AzureSandbox
from providers.sandbox.faults import Fault, FaultKind
from providers.sandbox.gcp.cloud import GcpSandbox
from tests.fakes.capacity import FakeCapacity
from tests.fakes.kube_api import TOKEN as KUBE_TOKEN
from tests.fakes.kube_api import KubeApi, node, pod
from tests.fakes.stand_ins import CONNECTION, HASTY, list_prices, of_region


def fake() -> FakeCapacity:
    def offer(region: str, machine_type: str, price: Money | None) -> Offer:
        return Offer(
            region=RegionKey(ProviderName("aws"), region),
            machine_type=MachineType(machine_type),
            family="P",
            accelerator=Accelerator("H100", "", 81920, AcceleratorKind.GPU),
            count=Fraction(8),
            vcpus=192,
            memory_mib=2097152,
            capacity_type=CapacityType.ON_DEMAND,
            price=price,
            fetched_at=datetime(2026, 11, 20, tzinfo=UTC),
            source="a test",
        )

    return FakeCapacity(
        [
            offer("eu-north-1", "p5.48xlarge", Money.parse("58.8928")),
            offer("eu-north-1", "p5e.48xlarge", None),
            offer("eu-west-2", "p5.48xlarge", Money.parse("71.552")),
        ]
    )


STEADY = replace(HASTY, seconds=20, silence_seconds=1)
"""Bounds that a busy computer does not reach before the cloud has failed as it should."""

FAILING_REGIONS = {
    "aws": ("ap-east-1", "ap-south-1", "ca-central-1", "eu-central-1", "eu-north-1", "eu-south-1",
            "eu-west-1", "eu-south-2", "eu-west-2"),
    "azure": ("eastus", "eastus2", "francecentral", "germanywestcentral", "italynorth",
              "japaneast", "koreacentral", "northeurope", "westeurope"),
    "gcp": ("asia-east1", "asia-northeast1", "europe-west1", "europe-west2", "europe-west3",
            "europe-west4", "us-east1", "us-east4", "us-central1"),
}  # fmt: skip
"""One region per failure, in their order, and at least one that is well."""

KNOW_NO_OPTING_IN = ("gcp", "kubernetes")
"""There, an account has all regions or none."""

Failures = dict[Failure, Callable[[], Failing]]
Made = Callable[[Mapping[str, str]], CapacityProvider]


def failures(cloud: str, sandbox: Callable[[list[Fault]], SandboxCloud], made: Made) -> Failures:
    """What *made* comes to in each region of a *sandbox* that has another fault in each of them."""
    named = dict(zip(_shown(cloud), FAILING_REGIONS[cloud], strict=False))

    @cache
    def environment() -> Mapping[str, str]:
        faults = [Fault(region=region, kind=FaultKind(kind)) for kind, region in named.items()]
        sold = [
            offer
            for region in FAILING_REGIONS[cloud]
            for offer in of_region(list_prices(cloud), f"{cloud}/{region}")
        ]
        return sandbox(faults).start(sold)

    def failing(region: str) -> Failing:
        return made(environment()), RegionKey.parse(f"{cloud}/{region}")

    return {kind: partial(failing, region) for kind, region in named.items()}


def _shown(cloud: str) -> list[Failure]:
    return [f for f in Failure if f is not Failure.NOT_OPTED_IN or cloud not in KNOW_NO_OPTING_IN]


@cache
def aws_environment() -> Mapping[str, str]:
    """A sandbox of two regions, kept until the tests end."""
    regions = ("aws/ap-southeast-2", "aws/eu-south-1")
    return AwsSandbox().start([o for r in regions for o in of_region(list_prices("aws"), r)])


@cache
def azure_environment() -> Mapping[str, str]:
    """A sandbox of two regions, one of whose sizes has no price, kept until the tests end."""
    regions = ("azure/eastus", "azure/westeurope")
    listed = [o for r in regions for o in of_region(list_prices("azure"), r)]
    return AzureSandbox().start([replace(listed[0], price=None), *listed[1:]])


@cache
def gcp_environment() -> Mapping[str, str]:
    """A sandbox of two regions, kept until the tests end."""
    regions = ("gcp/europe-west4", "gcp/us-central1")
    return GcpSandbox().start([o for r in regions for o in of_region(list_prices("gcp"), r)])


CLUSTER = ([node("a"), node("b"), node("c", "Tesla-T4")], [pod("p", "a", "3")])


@cache
def kubernetes_environment() -> Mapping[str, str]:
    """Two clusters, of which one has an accelerator without a price, kept until the tests end."""
    api = KubeApi({"hall-1": CLUSTER, "hall-2": CLUSTER})
    return api.environment(Path(mkdtemp()), clusters_file(["hall-1", "hall-2"]))


@cache
def failing_kubernetes_environment() -> Mapping[str, str]:
    """A cluster per failure, and one that is well."""
    names = [f"cluster-{kind}" for kind in _shown("kubernetes")]
    faults = [Fault(region=name, kind=FaultKind(name[8:])) for name in names]
    api = KubeApi(dict.fromkeys([*names, "well"], CLUSTER), faults)
    return api.environment(Path(mkdtemp()), clusters_file([*names, "well"]))


def clusters_file(names: list[str]) -> str:
    table = 'country = "DE"\nprice-per-accelerator-hour = {H100 = "1.90"}\n'
    return "\n".join(f"[clusters.{name}]\n{table}" for name in names)


def failing_cluster(kind: Failure) -> Failing:
    environment = failing_kubernetes_environment()
    provider = Kubernetes(CONNECTION, environment=environment, patience=STEADY)
    return provider, RegionKey.parse(f"kubernetes/cluster-{kind}")


SUBJECTS = {
    "aws": Subject(
        provider=lambda: AwsProvider(CONNECTION, environment=aws_environment()),
        damaged=lambda folder: AwsProvider(CONNECTION, tables=folder),
        failing=failures(
            "aws", AwsSandbox, lambda e: AwsProvider(CONNECTION, environment=e, patience=STEADY)
        ),
        secrets=tuple(NOT_CREDENTIALS.values()),
    ),
    "azure": Subject(
        provider=lambda: Azure(CONNECTION, environment=azure_environment()),
        damaged=lambda folder: Azure(CONNECTION, tables=folder),
        failing=failures(
            "azure", AzureSandbox, lambda e: Azure(CONNECTION, environment=e, patience=STEADY)
        ),
        secrets=(MADE_UP_TOKEN,),
    ),
    "gcp": Subject(
        provider=lambda: Gcp(CONNECTION, environment=gcp_environment()),
        damaged=lambda folder: Gcp(CONNECTION, tables=folder),
        failing=failures(
            "gcp", GcpSandbox, lambda e: Gcp(CONNECTION, environment=e, patience=STEADY)
        ),
        secrets=(MADE_UP_TOKEN,),
    ),
    "kubernetes": Subject(
        provider=lambda: Kubernetes(CONNECTION, environment=kubernetes_environment()),
        damaged=lambda folder: Kubernetes(CONNECTION, tables=folder),
        failing={kind: partial(failing_cluster, kind) for kind in _shown("kubernetes")},
        secrets=(KUBE_TOKEN,),
    ),
    "listprices": Subject(provider=ListPrices, damaged=ListPrices),
    "fake": Subject(provider=fake, damaged=lambda folder: FakeCapacity(damaged=True)),
}


class TestEveryProvider(CapacityProviderPromises):
    @pytest.fixture(params=SUBJECTS.values(), ids=SUBJECTS.keys())
    def subject(self, request: pytest.FixtureRequest) -> Subject:
        param = request.param
        assert isinstance(param, Subject)
        return param


@pytest.mark.parametrize("cloud", ["aws", "azure", "gcp", "kubernetes"])
def test_a_cloud_is_shown_with_every_failure_that_it_has(cloud: str) -> None:
    assert list(SUBJECTS[cloud].failing) == _shown(cloud)
