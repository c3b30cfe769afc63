"""A reservation that the spec states is not told as idle; another of its name still is."""

from pathlib import Path

import pytest

from broker import bootstrap
from broker.domain.diagnostics import Diagnostic, Severity
from broker.ports.progress import Silence
from broker.usecases.question import IDLE, Surroundings, ask

FLEET = """\
apiVersion: broker/v1
fleet: train
owner: ml
providers: {{aws: {{regions: [us-east-1, us-east-2]}}}}
reservations: [{{name: block, at: aws/us-east-1, machine-type: p5.48xlarge, nodes: 2{zone}}}]
workloads:
  - {{name: train, kind: training, accelerators: {{model: H100, count: 8}}, runs: {{hours: 96}}}}
"""


def told(folder: Path, zone: str, *subjects: str) -> list[str]:
    """The subjects of the notices that are left of those about *subjects*."""
    path = folder / "fleet.yaml"
    path.write_text(FLEET.format(zone=zone))
    notices = [
        Diagnostic(severity=Severity.WARNING, code=IDLE, subject=subject, summary="2 nodes idle")
        for subject in subjects
    ]
    around = Surroundings(
        snapshot=bootstrap.bundled_snapshot,
        accelerators=bootstrap.accelerators,
        progress=Silence(),
        notices=notices,
    )
    return [each.subject for each in ask(path, around).warnings if each.code == IDLE]


@pytest.mark.parametrize(
    ("zone", "subject", "is_told"),
    [
        ("", "aws/us-east-1/p5.48xlarge:block", False),
        ("", "aws/us-east-1/use1-az4/p5.48xlarge:block", False),
        (", zone: use1-az4", "aws/us-east-1/use1-az4/p5.48xlarge:block", False),
        (", zone: use1-az4", "aws/us-east-1/use1-az6/p5.48xlarge:block", True),
        ("", "aws/us-east-1/use1-az4/p5en.48xlarge:block", True),
        ("", "aws/us-east-2/use2-az1/p5.48xlarge:block", True),
        ("", "aws/us-east-1/use1-az4/p5.48xlarge:other", True),
    ],
)
def test_only_what_the_spec_states_is_not_told(
    tmp_path: Path,
    zone: str,
    subject: str,
    is_told: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert told(tmp_path, zone, subject) == ([subject] if is_told else [])
