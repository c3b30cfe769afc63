"""What the account pays and does not use: told by a refresh, by a plan, and used once it is stated."""

import json
import re
from pathlib import Path

from broker.domain.geography import RegionKey
from providers.sandbox.aws.cloud import AwsSandbox
from providers.sandbox.stock import Reserved
from tests.conftest import Broker
from tests.fakes.stand_ins import list_prices, of_region, serving

OREGON = RegionKey.parse("aws/us-west-2")
HELD = Reserved(
    name="cr-0a1b2c", region=OREGON, zone="usw2-az1", machine_type="p5.48xlarge", nodes=2
)
FLEET = """\
apiVersion: broker/v1
fleet: train
owner: ml
providers: {aws: {regions: [us-west-2]}}
workloads:
  - {name: train, kind: training, accelerators: {model: H100, count: 8}, replicas: 2, runs: {hours: 96}}
"""


def test_it_is_told_until_the_spec_states_it_and_then_it_is_used(
    broker: Broker, tmp_path: Path
) -> None:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(FLEET)
    with serving(AwsSandbox(reserved=[HELD]), of_region(list_prices("aws"), str(OREGON))) as found:
        refreshed = broker("refresh", "-cloud=aws", env=dict(found))
    bought = broker("plan", "-preview=false")

    assert "2 nodes of p5.48xlarge paid by reservation cr-0a1b2c" in refreshed.stderr
    assert "[reservation-idle]" in bought.stderr
    line = re.search(r"reservations: \[.*\]", bought.stderr)
    assert line is not None
    fleet.write_text(f"{FLEET}{line[0]}\n")
    used = broker("plan", "-json", "-preview=false")

    assert used.returncode == 0, used.stdout
    assert "[reservation-idle]" not in used.stderr
    (cluster,) = json.loads(used.stdout)["desired"]["clusters"]
    (pool,) = cluster["pools"]
    assert (pool["offer"]["reservation"], pool["nodes"]) == ("cr-0a1b2c", 2)
