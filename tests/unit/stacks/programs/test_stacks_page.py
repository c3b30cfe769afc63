"""docs/stacks.md says what the programs do."""

import re

from stacks.programs.addons import CHARTS
from stacks.programs.pools import DEVICES, NVIDIA
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "stacks.md").read_text()


def test_the_page_has_every_add_on_at_its_version() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| `(\S+)` \| (\S+) \|", PAGE, re.MULTILINE)

    assert rows == [(name, chart.name, chart.version) for name, chart in CHARTS.items()]


def test_the_page_has_every_output() -> None:
    from dataclasses import fields

    from stacks.programs.outputs import ClusterFacts

    section = PAGE.split("## Outputs")[1].split("##")[0]

    assert all(f"`{field.name}`" in section for field in fields(ClusterFacts))


def test_the_page_has_the_taints() -> None:
    common = {NVIDIA, *DEVICES.values()} - {"habana.ai/gaudi", "qualcomm.com/qaic"}

    assert all(f"`{device}`" in PAGE for device in common)
