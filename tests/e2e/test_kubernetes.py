"""A cluster that is there already, refreshed and planned into through the command line."""

import json
from pathlib import Path

from tests.conftest import Broker
from tests.fakes.kube_api import KubeApi, node, pod

CLUSTERS = """
[clusters.hall-1]
country = "DE"
jurisdictions = ["EU"]
price-per-accelerator-hour = {H100 = "1.90"}
"""
FLEET = """
apiVersion: broker/v1
fleet: ours
owner: us
providers:
  kubernetes: {{regions: all, cluster-hourly: 0.10}}
workloads:
  - name: train
    kind: training
    accelerators: {{model: H100, count: 8}}
    replicas: {replicas}
    runs: always
    residency: [EU]
    team: us
"""
NODES = [node("a"), node("b"), node("c", unschedulable=True)]


def test_a_plan_takes_the_nodes_that_are_free_and_no_more(broker: Broker, tmp_path: Path) -> None:
    api = KubeApi({"hall-1": (NODES, [pod("p", "a", "8")])})
    environment = {"BROKER_PROVIDERS": "kubernetes", **api.environment(tmp_path, CLUSTERS)}
    refreshed = broker("refresh", env=environment)
    api.stop()
    (tmp_path / "fleet.yaml").write_text(FLEET.format(replicas=1))
    one = broker("plan", "-json", env=environment)
    (tmp_path / "fleet.yaml").write_text(FLEET.format(replicas=2))
    two = broker("plan", env=environment)

    assert refreshed.returncode == 0, refreshed.stderr
    plan = json.loads(one.stdout)
    (placed,) = plan["placements"]
    assert (placed["provider"], placed["region"], placed["nodes"]) == ("kubernetes", "hall-1", 1)
    assert plan["cost"]["monthly"] == "11169.00", "8 x 1.90 x 730, and 0.10 x 730"
    assert two.returncode == 6
    assert "accelerators" in two.stderr
