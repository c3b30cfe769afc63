"""`broker version`."""

import json
import platform

import pytest

from broker import __broker__
from tests.conftest import Broker


@pytest.mark.parametrize("words", [["version"], ["-version"], ["--version"]])
def test_it_is_told_for_humans(broker: Broker, words: list[str]) -> None:
    done = broker(*words)

    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == f"broker {__broker__}"


def test_json_is_one_object(broker: Broker) -> None:
    document = json.loads(broker("version", "-json").stdout)

    assert document["broker"] == __broker__
    assert document["python"] == platform.python_version()
    assert document["catalog_digest"].startswith("sha256:")
    assert document["catalog_offers"] > 4000


def test_it_works_without_a_catalog(broker: Broker) -> None:
    done = broker("version", "-json", env={"BROKER_PROVIDERS": "nowhere"})

    assert done.returncode == 0
    assert json.loads(done.stdout)["catalog_digest"] is None
    assert "[provider-not-installed]" in done.stderr
