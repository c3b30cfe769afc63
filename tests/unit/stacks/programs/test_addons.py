"""The table of add-ons: each of one version, with its source."""

import re

import pytest

from stacks.programs.addons import CHARTS


@pytest.mark.parametrize("name", CHARTS)
def test_an_add_on_is_of_one_version_that_somebody_can_look_up(name: str) -> None:
    chart = CHARTS[name]

    assert re.fullmatch(r"v?\d+\.\d+\.\d+", chart.version)
    assert chart.source
    assert chart.name.startswith("oci://") == (chart.repository is None)
