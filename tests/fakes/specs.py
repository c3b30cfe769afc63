"""A valid fleet.yaml as text, changed here and there, and what lowering it comes to."""

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import SpecInvalid
from broker.domain.spec import FleetSpec
from broker.domain.workloads import Workload
from broker.spec.load import parse
from broker.spec.lower import Lowered, lower
from tests.fakes.worlds import ACCELERATORS, REGIONS

TINY = """\
apiVersion: broker/v1
fleet: tiny
owner: ml
providers: {gcp: {regions: [us-central1]}}
workloads:
  - name: chat
    kind: inference
    accelerators: {model: L4, count: 1}
    cpu: 4
    memory-gib: 16
"""
"""The smallest fleet there is: one node of one cloud."""

WIDE = """\
apiVersion: broker/v1
fleet: tiny
owner: ml
providers:
  aws: {regions: [us-east-1]}
  gcp: {regions: [us-central1]}
workloads:
  - name: chat
    kind: inference
    accelerators: {any-of: [{model: L4}, {model: T4}], count: 1}
    replicas: 2
    spread: {regions: 2}
    cpu: 4
    memory-gib: 16
"""
"""One service in two regions, each of another cloud."""

TWO = f"""{TINY}
  - name: tune
    kind: training
    accelerators: {{model: H100, count: 8}}
    cpu: 8
    memory-gib: 64
    runs: always
"""
"""The same with a second pool, of which nothing is shared with the first."""

HEAD = """\
apiVersion: broker/v1
fleet: demo
owner: ops
providers:
  aws: {regions: all}
  gcp: {}
"""

WORKLOADS = """\
workloads:
  - name: train
    kind: training
    accelerators: {model: H100, count: 8}
"""


def fleet_text(*, extra: str = "", workload: str = "", workloads: str = WORKLOADS) -> str:
    """The smallest fleet, with *extra* keys on top and *workload* keys in its only workload.

    *extra* takes the place of a key of the head that it names.
    """
    given = {line.partition(":")[0] for line in extra.splitlines() if not line.startswith(" ")}
    head = [block for block in _blocks(HEAD) if block.partition(":")[0] not in given]
    added = "".join(f"    {line}\n" for line in workload.splitlines())
    return "".join(head) + (extra and extra.rstrip("\n") + "\n") + workloads + added


def with_workload(keys: str) -> str:
    """The smallest fleet whose only workload has exactly *keys*, indented by nothing."""
    first, *rest = keys.strip().splitlines()
    lines = [f"  - {first}", *(f"    {line}" for line in rest)]
    return fleet_text(workloads="workloads:\n" + "\n".join(lines) + "\n")


def lowered(text: str) -> Lowered:
    """Parse and lower in the small world."""
    return lower(parse(text, "fleet.yaml"), REGIONS, ACCELERATORS)


def spec_of(text: str) -> FleetSpec:
    """The spec of a valid text."""
    return lowered(text).spec


def workload_of(workload: str) -> Workload:
    """The only workload, with more keys."""
    (only,) = spec_of(fleet_text(workload=workload)).workloads
    return only


def findings_of(text: str) -> tuple[Diagnostic, ...]:
    """All findings, of a valid or an invalid text."""
    try:
        return lowered(text).warnings
    except SpecInvalid as error:
        return error.diagnostics


def codes_of(text: str) -> list[tuple[str, str]]:
    """Code and subject of each finding."""
    return [(finding.code, finding.subject) for finding in findings_of(text)]


def _blocks(text: str) -> list[str]:
    """Top-level keys with what is below them."""
    blocks: list[str] = []
    for line in text.splitlines(keepends=True):
        if line.startswith(" "):
            blocks[-1] += line
        else:
            blocks.append(line)
    return blocks
