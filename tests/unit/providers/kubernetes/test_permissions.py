"""The role that docs/permissions.md shows is what the adapter needs: no more and no less."""

from pathlib import Path

from broker.domain.regions import RegionStatus
from providers.kubernetes.adapter import Kubernetes
from tests.fakes.kube_api import KubeApi, node, pod
from tests.fakes.permissions import documented
from tests.fakes.stand_ins import CONNECTION

FILE = '[clusters.hall-1]\ncountry = "DE"\n'


def test_the_documented_role_allows_exactly_the_calls_that_are_made(tmp_path: Path) -> None:
    api = KubeApi({"hall-1": ([node("n")], [pod("p", "n", "1")])})
    provider = Kubernetes(CONNECTION, environment=api.environment(tmp_path, FILE))
    (region,) = provider.regions()

    result = provider.discover(region)

    api.stop()
    assert result.status is RegionStatus.OK
    assert api.asked == documented_lists()


def documented_lists() -> set[str]:
    (rule,) = documented("Kubernetes")["rules"]
    assert rule["apiGroups"] == [""]
    assert rule["verbs"] == ["list"]
    return {f"/api/v1/{resource}" for resource in rule["resources"]}
