"""A quota that a cloud counts over all of its regions binds a plan over all of them."""

import json
from pathlib import Path

import pytest

from providers.sandbox.gcp.cloud import GcpSandbox
from providers.sandbox.http_server import HttpServer, Reply, Request
from tests.conftest import Broker
from tests.fakes.stand_ins import list_prices, of_region

REGIONS = ("gcp/us-central1", "gcp/europe-west4")
OFFERS = tuple(offer for region in REGIONS for offer in of_region(list_prices("gcp"), region))

FLEET = """\
apiVersion: broker/v1
fleet: two-places
owner: ml
providers: {gcp: {regions: [us-central1, europe-west4]}}
workloads:
  - name: chat
    kind: inference
    accelerators: {model: L4, count: 8}
    replicas: 2
    capacity: [on-demand]
    spread: {regions: 2}
"""


@pytest.mark.parametrize(("limit", "used", "code"), [(24, 8, 0), (16, 1, 6)])
def test_what_all_regions_may_have_together_is_what_the_plan_may_use(
    limit: int, used: int, code: int, broker: Broker, tmp_path: Path
) -> None:
    cloud = GcpSandbox()
    environment = dict(cloud.start(OFFERS))

    def answer(request: Request) -> Reply:
        reply = cloud.answer(request)
        if not request.path.endswith("/projects/sandbox-project"):
            return reply
        quota = {"metric": "GPUS_ALL_REGIONS", "limit": limit, "usage": used}
        return Reply(body={**reply.body, "quotas": [quota]})

    server = HttpServer(answer)
    environment["BROKER_GCP_ENDPOINT"] = server.url
    (tmp_path / "fleet.yaml").write_text(FLEET)
    try:
        refreshed = broker(
            "refresh", "-cloud=gcp", "-region=us-central1,europe-west4", env=environment
        )
    finally:
        server.stop()
        cloud.stop()
    planned = broker("plan", "-json")

    assert refreshed.returncode in {0, 4}, refreshed.stderr
    assert planned.returncode == code, planned.stderr
    if code:
        assert "GPUS-ALL-REGIONS-per-project" in planned.stdout
    else:
        regions = {placed["region"] for placed in json.loads(planned.stdout)["placements"]}
        assert regions == {"us-central1", "europe-west4"}
