"""BROKER_LOG through the command line: beside what is printed, and nothing of it without."""

import json
from pathlib import Path

import pytest

from tests.conftest import Broker
from tests.fakes.specs import TINY

PARTS = {"BROKER_PROVIDERS": "listprices"}


@pytest.fixture(autouse=True)
def fleet(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text(TINY)


def test_a_log_changes_nothing_that_is_printed(broker: Broker, tmp_path: Path) -> None:
    plain = broker("plan", "-json", env=PARTS)
    logged = broker("plan", "-json", env=PARTS | {"BROKER_LOG": "trace"})
    filed = broker("plan", "-json", env=PARTS | {"BROKER_LOG": "trace", "BROKER_LOG_PATH": "log"})

    assert plain.stdout == logged.stdout == filed.stdout
    assert plain.stderr == filed.stderr
    for text in (logged.stderr, (tmp_path / "log").read_text()):
        assert "[INFO]  broker: begins: version=" in text
        assert "[DEBUG] broker.files: opens to read: file=fleet.yaml" in text
        assert "[DEBUG] broker.progress: solving" in text
        assert "[TRACE] broker.progress: solving: gap" in text
        assert "[INFO]  broker: ends: exit_code=0" in text


def test_programs_read_the_log_line_by_line(broker: Broker) -> None:
    done = broker("version", env={"BROKER_LOG": "debug", "BROKER_LOG_FORMAT": "json"})

    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert lines[0]["command"] == "version"
    assert all({"@level", "@message", "@module", "@timestamp"} <= line.keys() for line in lines)


@pytest.mark.parametrize(
    "words",
    [["plan"], ["plan", "-json"], ["validate", "-json"], ["apply", "-json", "-auto-approve"]],
)
def test_why_a_command_failed_is_logged_once(
    broker: Broker, tmp_path: Path, words: list[str]
) -> None:
    settings = {"BROKER_LOG": "error", "BROKER_LOG_PATH": "log"}
    done = broker(*words, "missing.yaml", env=settings)

    (line,) = (tmp_path / "log").read_text().splitlines()
    assert done.returncode == 1
    assert "[ERROR] broker: There is no file missing.yaml: code=file-missing" in line


def test_a_level_that_does_not_exist_is_a_warning(broker: Broker) -> None:
    done = broker("version", env={"BROKER_LOG": "loud"})

    assert done.returncode == 0
    assert "Warning: 'loud' is none of trace, debug, info, warn, error" in done.stderr
