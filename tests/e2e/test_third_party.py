"""A cloud of somebody else: a package beside ours, and no file of ours knows its name."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Broker

ADAPTER = '''\
"""Nimbus Cloud, which sells one machine in two places."""

from collections.abc import Sequence
from datetime import UTC
from fractions import Fraction

from broker.domain.accelerators import Accelerator, AcceleratorKind
from broker.domain.diagnostics import Diagnostic
from broker.domain.geography import Region, RegionKey
from broker.domain.ids import MachineType, ProviderName
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from broker.domain.regions import RegionResult, RegionStatus
from broker.ports.capacity import CapacityProvider, Connect, Connection

NAME = ProviderName("nimbus")
PRICES = {"cloud-1": {"n8": "12.50", "n1": "1.75"}, "cloud-2": {"n8": "11.00", "n4": None}}


class Nimbus:
    """Nimbus Cloud's price list."""

    def __init__(self, connection: Connection) -> None:
        self._clock = connection.clock

    @property
    def name(self) -> str:
        return NAME

    def regions(self) -> Sequence[RegionKey]:
        return [RegionKey(NAME, region) for region in sorted(PRICES)]

    def discover(self, region: RegionKey) -> RegionResult:
        now = self._clock.now().astimezone(UTC)
        if region not in self.regions():
            unknown = Diagnostic(
                code="cloud-not-found", subject=str(region), summary="Nimbus has no such region",
                hint="Look at the list of regions.",
            )
            return RegionResult(
                region=region, status=RegionStatus.ERROR, offers=(), fetched_at=now, source=NAME,
                findings=(unknown,),
            )
        offers = [
            Offer(
                region=region,
                machine_type=MachineType(machine),
                family="n",
                accelerator=Accelerator("H100", "", 81920, AcceleratorKind.GPU),
                count=Fraction(int(machine[1:])),
                vcpus=24 * int(machine[1:]),
                memory_mib=262144 * int(machine[1:]),
                capacity_type=CapacityType.ON_DEMAND,
                price=None if price is None else Money.parse(price),
                fetched_at=now,
                source="Nimbus price list",
            )
            for machine, price in PRICES[region.region].items()
        ]
        return RegionResult(
            region=region,
            status=RegionStatus.OK,
            offers=tuple(sorted(offers, key=lambda offer: offer.name)),
            fetched_at=now,
            source=NAME,
            place=Region(key=region, name=region.region, country="IS", jurisdictions=frozenset({"EEA"})),
        )


_: type[CapacityProvider] = Nimbus
_connect: Connect = Nimbus
'''

PROMISES = """\
import pytest
from broker.ports.capacity import Connection
from broker.storage.clock import StoppedClock
from datetime import UTC, datetime
from nimbus.adapter import Nimbus
from providers.conformance.capacity import CapacityProviderPromises, Subject

NOW = datetime(2026, 11, 25, tzinfo=UTC)


class TestNimbus(CapacityProviderPromises):
    @pytest.fixture
    def subject(self) -> Subject:
        return Subject(provider=lambda: Nimbus(Connection(clock=StoppedClock(NOW))))
"""

FLEET = """\
apiVersion: broker/v1
fleet: away
owner: ml
providers: {nimbus: {regions: all, cluster-hourly: "0.10"}}
workloads:
  - {name: train, kind: training, accelerators: {model: H100, count: 8}, replicas: 2}
"""


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """The environment in which the package is installed, as pip would leave it on the path."""
    site = tmp_path / "site"
    described = site / "nimbus_broker-1.0.dist-info"
    (site / "nimbus").mkdir(parents=True)
    described.mkdir()
    (site / "nimbus" / "__init__.py").write_text('"""Nimbus for gpu-broker."""\n')
    (site / "nimbus" / "adapter.py").write_text(ADAPTER)
    (described / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: nimbus-broker\nVersion: 1.0\n"
    )
    (described / "entry_points.txt").write_text(
        "[gpu_broker.providers]\nnimbus = nimbus.adapter:Nimbus\n"
    )
    return {"PYTHONPATH": str(site)}


def test_it_is_found_refreshed_listed_and_planned_with(
    broker: Broker, installed: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "fleet.yaml").write_text(FLEET)

    refreshed = broker("refresh", "-cloud=nimbus", "-json", env=installed)
    listed = broker("offers", "-cloud=nimbus", "-json", env=installed)
    planned = broker("plan", "-json", env=installed)

    last = json.loads(refreshed.stdout.splitlines()[-1])
    assert (refreshed.returncode, last["type"]) == (0, "refresh_complete")
    assert [(c["provider"], c["region"], c["status"], c["offers"]) for c in last["coverage"]] == [
        ("nimbus", "cloud-1", "ok", 2),
        ("nimbus", "cloud-2", "ok", 2),
    ]
    assert len(json.loads(listed.stdout)["offers"]) == 4
    assert planned.returncode == 0, planned.stderr
    (placed,) = json.loads(planned.stdout)["placements"]
    assert (placed["provider"], placed["region"], placed["nodes"]) == ("nimbus", "cloud-2", 2)


def test_it_is_asked_like_any_other_where_none_is_named(
    broker: Broker, installed: dict[str, str]
) -> None:
    done = broker("refresh", "-cloud=nimbus,kubernetes", env=installed)

    assert done.returncode == 0, done.stderr
    assert "nimbus" in done.stdout


def test_it_runs_the_suite_of_promises_in_its_own_tests(
    installed: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "test_promises.py").write_text(PROMISES)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_promises.py"],
        cwd=tmp_path,
        env={**os.environ, **installed},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert int(done.stdout.split(" passed")[0].split()[-1]) > 15


def test_nothing_of_ours_names_it() -> None:
    ours = [*(ROOT / "broker").rglob("*.py"), *(ROOT / "providers").rglob("*.py")]

    assert [path for path in ours if "nimbus" in path.read_text()] == []


def test_what_can_not_be_loaded_is_told_by_name(
    broker: Broker, installed: dict[str, str], tmp_path: Path
) -> None:
    adapter = tmp_path / "site" / "nimbus" / "adapter.py"
    adapter.write_text("import a_module_that_nobody_has\n")

    done = broker("refresh", "-cloud=nimbus", env=installed)

    assert done.returncode == 1
    assert "nimbus" in done.stderr
    assert "Traceback" not in done.stderr
