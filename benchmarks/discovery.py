"""Asking 30 regions behind 150 ms of latency: one after another, by threads, by an event loop.

    python -m benchmarks.discovery [PYTHON WITH AIOBOTOCORE]

aiobotocore pins an older botocore, so it runs by an interpreter of its own; without one its row is
left out. The sandbox runs in a process of its own, too: its work is not counted.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec

from benchmarks.measuring import print_table, python, timed
from broker.domain.regions import RegionResult, RegionStatus
from broker.ports.capacity import Connection
from broker.storage.clock import SystemClock
from providers.aws.adapter import AwsProvider
from providers.calls.effort import Effort, Patience
from providers.calls.failures import Question

LATENCY_SECONDS = 0.15
THREADS = 32
DEADLINE_SECONDS = 20.0
HUNG = "sa-east-1"

SERVE = """
import sys
from providers.listprices.adapter import ListPrices
from providers.sandbox.aws.cloud import AwsSandbox
from providers.sandbox.faults import Fault, FaultKind

faults = [Fault(region=name, kind=FaultKind.HANG) for name in sys.argv[2:]]
listed = ListPrices()
cloud = AwsSandbox(faults, latency_seconds=float(sys.argv[1]))
offers = [o for r in listed.regions() if r.provider == "aws" for o in listed.discover(r).offers]
print(cloud.start(offers)["BROKER_AWS_ENDPOINT"], flush=True)
sys.stdin.read()
"""

EVENT_LOOP = """
import asyncio, sys, time
from aiobotocore.session import get_session

NOBODY = {"aws_access_key_id": "nobody", "aws_secret_access_key": "nothing"}


async def region(session, name, endpoint):
    async with session.create_client(
        "ec2", region_name=name, endpoint_url=endpoint, **NOBODY
    ) as ec2:
        await ec2.describe_availability_zones(AllAvailabilityZones=True)
        rows = await ec2.describe_instance_type_offerings(LocationType="availability-zone-id")
        names = sorted({row["InstanceType"] for row in rows["InstanceTypeOfferings"]})[:100]
        await ec2.describe_instance_types(InstanceTypes=names)
        await ec2.describe_spot_price_history(InstanceTypes=names)


async def main(endpoint, names):
    session = get_session()
    begun, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(region(session, name, endpoint) for name in names))
    print(time.perf_counter() - begun, time.process_time() - used)


asyncio.run(main(sys.argv[1], sys.argv[2:]))
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What asking all regions took."""

    wall_seconds: float
    cpu_seconds: float


def main(arguments: Sequence[str] = ()) -> None:
    """Measure in one run, so that the ways compare."""
    if find_spec("boto3") is None or find_spec("moto") is None:
        print("discovery: needs the extras aws and sandbox, which are not installed")
        return
    rows = []
    with sandbox() as endpoint:
        names = [region.region for region in _provider(endpoint).regions()]
        four = lambda pool: _four_calls(endpoint, names, pool)  # noqa: E731
        rows.append(_row("4 calls each, boto3, one after another", four(1)))
        rows.append(_row(f"4 calls each, boto3, {THREADS} threads", four(THREADS)))
        for interpreter in arguments:
            spent = _event_loop(interpreter, endpoint, names)
            rows.append(_row("4 calls each, aiobotocore, all at once", spent))
        rows.append(_row("the adapter, one after another", _adapter(endpoint, 1)))
        rows.append(_row(f"the adapter, {THREADS} threads", _adapter(endpoint, THREADS)))
    with sandbox(HUNG) as endpoint:
        spent = _adapter(endpoint, THREADS, hung=HUNG)
        title = f"the same, one region hung, {DEADLINE_SECONDS:.0f} s for a region"
        rows.append(_row(title, spent))
    print_table(
        f"{len(names)} regions behind {LATENCY_SECONDS * 1000:.0f} ms",
        ["how", "wall s", "CPU s"],
        rows,
    )


@contextmanager
def sandbox(*hung: str) -> Iterator[str]:
    """The address of a sandbox in a process of its own."""
    command = python("-c", SERVE, str(LATENCY_SECONDS), *hung)
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None  # noqa: S101  # it is a pipe
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _provider(endpoint: str) -> AwsProvider:
    connection = Connection(clock=SystemClock(), region_seconds=DEADLINE_SECONDS)
    return AwsProvider(connection, environment={"BROKER_AWS_ENDPOINT": endpoint})


def _adapter(endpoint: str, threads: int, hung: str = "") -> Spent:
    """All that is read of a region: prices, quotas, blocks and scores too."""
    provider = _provider(endpoint)
    regions = provider.regions()
    results: list[RegionResult] = []

    def ask() -> None:
        with ThreadPoolExecutor(threads) as crew:
            results.extend(crew.map(provider.discover, regions))

    spent = _spent(ask)
    expected = {RegionStatus.OK} | ({RegionStatus.TIMEOUT} if hung else set())
    assert {result.status for result in results} == expected  # noqa: S101
    return spent


def _four_calls(endpoint: str, names: Sequence[str], threads: int) -> Spent:
    """Zones, offerings, hardware and spot prices of each region, by plain boto3."""
    from providers.aws.clients import AwsClients  # noqa: PLC0415

    clients = AwsClients({"BROKER_AWS_ENDPOINT": endpoint}, DEADLINE_SECONDS)

    def ask(name: str) -> None:
        ec2 = clients.client("ec2", name, Effort(Patience(), Question(name, "", "")))
        ec2.describe_availability_zones(AllAvailabilityZones=True)
        rows = ec2.describe_instance_type_offerings(LocationType="availability-zone-id")
        types = sorted({row["InstanceType"] for row in rows["InstanceTypeOfferings"]})[:100]
        ec2.describe_instance_types(InstanceTypes=types)
        ec2.describe_spot_price_history(InstanceTypes=types)

    def all_of_them() -> None:
        with ThreadPoolExecutor(threads) as crew:
            list(crew.map(ask, names))

    ask(names[0])  # the SDK is loaded before the clock runs
    return _spent(all_of_them)


def _event_loop(interpreter: str, endpoint: str, names: Sequence[str]) -> Spent:
    done = subprocess.run(
        [interpreter, "-c", EVENT_LOOP, endpoint, *names],
        capture_output=True,
        text=True,
        check=True,
    )
    wall, cpu = done.stdout.split()
    return Spent(float(wall), float(cpu))


def _spent(work: Callable[[], None]) -> Spent:
    begun = time.perf_counter()
    _, cpu = timed(work)
    return Spent(time.perf_counter() - begun, cpu)


def _row(how: str, spent: Spent) -> list[str]:
    return [how, f"{spent.wall_seconds:.1f}", f"{spent.cpu_seconds:.1f}"]


if __name__ == "__main__":
    main(sys.argv[1:])
