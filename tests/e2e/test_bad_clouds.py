"""Clouds that misbehave end in a status each, with what was known kept: no traceback, no lost row."""

import json
import subprocess
from collections.abc import Sequence

import pytest

from providers.sandbox.faults import Fault, FaultKind
from providers.sandbox.gcp.cloud import EVERYWHERE, GcpSandbox
from tests.conftest import Broker
from tests.fakes.stand_ins import list_prices, of_region, serving

NOBODY_TELLS = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_GCE_CHECK": "true",
    "AZURE_SUBSCRIPTION_ID": "",
    "GOOGLE_APPLICATION_CREDENTIALS": "",
}
"""So that no SDK looks for credentials beyond this computer."""

NOWHERE = "http://127.0.0.1:9"

OFFERS = of_region(list_prices("gcp"), "gcp/us-central1") + of_region(
    list_prices("gcp"), "gcp/europe-west4"
)

Done = subprocess.CompletedProcess[str]


def statuses(done: Done) -> dict[str, tuple[str, int]]:
    """Status and number of kept offers of each region, from the last line."""
    last = json.loads(done.stdout.splitlines()[-1])
    return {line["region"]: (line["status"], line["offers"]) for line in last["coverage"]}


def refreshed(broker: Broker, faults: Sequence[Fault] = ()) -> Done:
    with serving(GcpSandbox(faults, retry_after_seconds=0.01), OFFERS) as environment:
        return broker("refresh", "-cloud=gcp", "-json", env=dict(environment))


@pytest.mark.parametrize(("cloud", "regions"), [("aws", 25), ("azure", 40), ("gcp", 25)])
def test_without_credentials_every_region_is_denied(
    cloud: str, regions: int, broker: Broker
) -> None:
    done = broker("refresh", f"-cloud={cloud}", "-json", env=NOBODY_TELLS)

    found = statuses(done)
    assert done.returncode == 1
    assert {status for status, _ in found.values()} == {"denied"}
    assert len(found) >= regions
    assert "cloud-credentials-missing" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("cloud", ["aws", "azure", "gcp"])
def test_a_cloud_that_can_not_be_reached_is_an_error_in_every_region(
    cloud: str, broker: Broker
) -> None:
    environment = {
        f"BROKER_{cloud.upper()}_ENDPOINT": NOWHERE,
        "AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000000",
        "GOOGLE_CLOUD_PROJECT": "nobody",
    }
    done = broker("refresh", f"-cloud={cloud}", "-deadline=2s", "-json", env=environment)

    found = statuses(done)
    assert done.returncode == 1
    assert found
    assert {status for status, _ in found.values()} <= {"error", "timeout"}
    assert "Traceback" not in done.stdout + done.stderr


def test_credentials_that_expire_in_the_middle_deny_one_region_and_keep_what_is_known(
    broker: Broker,
) -> None:
    first = refreshed(broker)
    second = refreshed(broker, [Fault(region="us-central1", kind=FaultKind.EXPIRED, after=1)])

    before, after = statuses(first), statuses(second)
    assert (first.returncode, second.returncode) == (0, 4)
    assert before["us-central1"][0] == "ok"
    assert after["us-central1"] == ("denied", before["us-central1"][1])
    assert after["europe-west4"] == before["europe-west4"]
    assert "Traceback" not in second.stdout + second.stderr


def test_a_region_that_vanished_is_told_and_kept(broker: Broker) -> None:
    before = statuses(refreshed(broker))
    done = refreshed(broker, [Fault(region="us-central1", kind=FaultKind.VANISHED)])

    assert done.returncode == 4
    assert statuses(done)["us-central1"] == ("error", before["us-central1"][1])
    assert "region-vanished" in done.stdout


def test_without_a_catalog_the_prices_of_before_are_kept(broker: Broker) -> None:
    before = statuses(refreshed(broker))
    done = refreshed(broker, [Fault(region=EVERYWHERE, kind=FaultKind.DENIED, after=1)])

    assert done.returncode == 1
    after = statuses(done)
    for region in ("europe-west4", "us-central1"):
        assert after[region] == ("denied", before[region][1])


def test_a_clock_that_is_behind_is_said_and_no_price_is_lost(broker: Broker) -> None:
    tables = {"BROKER_PROVIDERS": "listprices", "BROKER_NOW": "2020-01-01T00:00:00Z"}
    done = broker("refresh", env=tables)

    assert done.returncode == 0
    assert "[clock-behind]" in done.stderr
    assert "110 regions: 110 ok." in done.stdout
