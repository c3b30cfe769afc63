"""No changed byte of a saved plan gets past the signature, whichever it is and however it changed.

The file is a real one, as `broker plan -out` writes it, of the smallest fleet.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from broker.domain.errors import PlanFileInvalid, SignatureInvalid
from broker.storage.plan_file import PlanFiles
from tests.conftest import Broker
from tests.fakes.keys import plan_files_of
from tests.fakes.specs import TINY


@pytest.fixture
def plan(broker: Broker, tmp_path: Path) -> Path:
    (tmp_path / "fleet.yaml").write_text(TINY)
    done = broker("plan", "-out=tiny.plan", env={"BROKER_NOW": "2026-11-25T03:30:00Z"})
    assert done.returncode == 0, done.stderr
    return tmp_path / "tiny.plan"


@pytest.fixture
def plans() -> PlanFiles:
    """The store of the user who made the plan."""
    return plan_files_of(Path(os.environ["HOME"]))


def accepted(plans: PlanFiles, path: Path, mutations: Iterator[bytes]) -> tuple[int, list[bytes]]:
    """How many there were, and those that were believed: none is to be."""
    believed = []
    counted = 0
    with path.open("r+b", buffering=0) as stream:
        for content in mutations:
            counted += 1
            os.pwrite(stream.fileno(), content, 0)  # closing it each time would flush it each time
            os.ftruncate(stream.fileno(), len(content))
            try:
                plans.load(path)
            except (PlanFileInvalid, SignatureInvalid):
                continue
            believed.append(content)
    return counted, believed


def bits_flipped(content: bytes) -> Iterator[bytes]:
    """Every bit of every byte."""
    changed = bytearray(content)
    for position, byte in enumerate(content):
        for bit in range(8):
            changed[position] = byte ^ (1 << bit)
            yield bytes(changed)
        changed[position] = byte


def bytes_replaced(content: bytes, positions: Sequence[int]) -> Iterator[bytes]:
    """Every other value of each byte at *positions*."""
    changed = bytearray(content)
    for position in positions:
        byte = content[position]
        for value in range(256):
            if value != byte:
                changed[position] = value
                yield bytes(changed)
        changed[position] = byte


def lengths_changed(content: bytes) -> Iterator[bytes]:
    """At every position: a byte gone, a byte twice, a space put in, all that follows gone."""
    halves = [(content[:at], content[at:]) for at in range(len(content))]
    yield from (before + after[1:] for before, after in halves)
    yield from (before + after[:1] + after for before, after in halves)
    yield from (before + b" " + after for before, after in halves)
    yield from (before for before, _ in halves)
    yield content + b"\n"
    yield content + content


def test_no_change_of_a_byte_is_accepted(plan: Path, plans: PlanFiles) -> None:
    content = plan.read_bytes()
    end_of_payload = content.index(b'","payloadType"')
    envelope = [*range(len(b'{"payload":"')), *range(end_of_payload, len(content))]
    assert plans.load(plan).document["fleet"] == "tiny"

    flips, one = accepted(plans, plan, bits_flipped(content))
    values, two = accepted(plans, plan, bytes_replaced(content, envelope))
    lengths, three = accepted(plans, plan, lengths_changed(content))
    plan.write_bytes(content)

    sys.stdout.write(
        f"{flips + values + lengths} mutations of {len(content)} bytes: {flips} bits, "
        f"{values} bytes of the envelope, {lengths} lengths\n"
    )
    assert (one, two, three) == ([], [], [])
    assert flips == 8 * len(content)
    assert values == 255 * len(envelope)
    assert lengths == 4 * len(content) + 2
    assert plans.load(plan).document["fleet"] == "tiny"
