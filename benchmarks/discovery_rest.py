"""Asking all regions of Azure and Google Cloud behind 150 ms of latency, by one thread and by many.

    python -m benchmarks.discovery_rest

The stand-ins run in a process of their own: their work is not counted.
"""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec

from benchmarks.measuring import print_table, python, timed
from broker.domain.regions import RegionResult, RegionStatus
from broker.ports.capacity import CapacityProvider, Connection
from broker.storage.clock import SystemClock

LATENCY_SECONDS = 0.15
THREADS = (1, 8, 32)

SERVE = """
import json, sys
from providers.listprices.adapter import ListPrices
from providers.sandbox.azure.cloud import AzureSandbox
from providers.sandbox.gcp.cloud import GcpSandbox

listed = ListPrices()
environment = {}
for cloud in (AzureSandbox, GcpSandbox):
    one = cloud(latency_seconds=float(sys.argv[1]))
    regions = [r for r in listed.regions() if r.provider == one.name]
    environment |= one.start([o for r in regions for o in listed.discover(r).offers])
print(json.dumps(environment), flush=True)
sys.stdin.read()
"""


def main() -> None:
    """Measure both in one run, so that they compare."""
    if find_spec("azure.mgmt") is None or find_spec("google.auth") is None:
        print("discovery_rest: needs the extras azure and gcp, which are not installed")
        return
    with sandbox() as environment:
        rows = [
            _row(provider, threads) for threads in THREADS for provider in _providers(environment)
        ]
    title = f"all regions behind {LATENCY_SECONDS * 1000:.0f} ms"
    print_table(title, ["cloud", "regions", "threads", "list s", "regions s", "CPU s"], rows)


@contextmanager
def sandbox() -> Iterator[Mapping[str, str]]:
    """The environment of both stand-ins, in a process of their own."""
    command = python("-c", SERVE, str(LATENCY_SECONDS))
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None  # noqa: S101  # it is a pipe
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def _providers(environment: Mapping[str, str]) -> list[CapacityProvider]:
    from providers.azure.adapter import Azure  # noqa: PLC0415  # after the check that it is there
    from providers.gcp.adapter import Gcp  # noqa: PLC0415

    connection = Connection(clock=SystemClock())
    return [cloud(connection, environment=environment) for cloud in (Azure, Gcp)]


def _row(provider: CapacityProvider, threads: int) -> list[str]:
    """How long its list of regions took, and then all of them."""
    begun = time.perf_counter()
    regions = provider.regions()
    listed = time.perf_counter()
    results: list[RegionResult] = []

    def ask() -> None:
        with ThreadPoolExecutor(threads) as crew:
            results.extend(crew.map(provider.discover, regions))

    _, cpu = timed(ask)
    asked = time.perf_counter()
    assert {result.status for result in results} == {RegionStatus.OK}  # noqa: S101
    return [
        provider.name,
        str(len(regions)),
        str(threads),
        f"{listed - begun:.1f}",
        f"{asked - listed:.1f}",
        f"{cpu:.1f}",
    ]


if __name__ == "__main__":
    main()
