"""How verbs that change a fleet are asked for, before anything is done."""

import json
from pathlib import Path

import pytest

from tests.conftest import Broker


@pytest.mark.parametrize("name", ["tfplan", "missing.plan"])
def test_a_plan_that_is_not_there_is_told_with_how_to_save_one(broker: Broker, name: str) -> None:
    done = broker("apply", name)

    assert done.returncode == 1
    assert "[plan-file-unreadable]" in done.stderr
    assert f"`broker plan -out={name}`" in done.stderr


def test_programs_read_lines_about_a_plan_that_is_not_there_too(broker: Broker) -> None:
    done = broker("apply", "-json", "-auto-approve", "missing.plan")

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["type"] for line in lines] == ["version", "diagnostic", "ended"]
    assert lines[1]["diagnostic"]["code"] == "plan-file-unreadable"
    assert (done.returncode, lines[2]["exit_code"]) == (1, 1)


def test_a_spec_that_is_not_there_is_told_with_how_to_begin_one(broker: Broker) -> None:
    done = broker("apply", "other.yaml")

    assert done.returncode == 1
    assert "[file-missing]" in done.stderr
    assert "`broker init`" in done.stderr


@pytest.mark.parametrize("verb", ["apply", "destroy -fleet"])
def test_a_name_too_long_for_any_disk_is_told(broker: Broker, verb: str) -> None:
    done = broker(*verb.split(), "x" * 300, "-auto-approve")

    assert done.returncode == 1
    assert "[file-unreadable]" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("apply -destroy -replace=pool.a.b", "-destroy and -replace do not go together"),
        ("apply -refresh-only -target=a", "-refresh-only and -target do not go together"),
        ("apply -refresh-only -destroy", "-refresh-only and -destroy do not go together"),
        (
            "apply -refresh-only -remember-stock-outs=2h",
            "-refresh-only and -remember-stock-outs do not go together",
        ),
        (
            "apply -destroy -remember-stock-outs=1h",
            "-destroy and -remember-stock-outs do not go together",
        ),
        (
            "apply -refresh-only -refresh=false",
            "-refresh-only and -refresh=false do not go together",
        ),
        ("apply -destroy -price-tolerance=5%", "-destroy and -price-tolerance do not go together"),
        (
            "apply -destroy -accept-missing-regions",
            "-destroy and -accept-missing-regions do not go together",
        ),
        ("plan -destroy -price-tolerance=2%", "-destroy and -price-tolerance do not go together"),
        ("plan -refresh-only -destroy", "-destroy and -refresh-only do not go together"),
        ("plan -refresh-only -out=x", "`broker apply -refresh-only` shows it again"),
        ("plan -refresh-only -target=a", "-refresh-only and -target do not go together"),
        ("plan -destroy -graph=x.svg", "-destroy and -graph do not go together"),
        ("plan -drained", "-drained goes with -destroy"),
        ("plan -lock-timeout=soon", "no duration"),
    ],
)
def test_options_that_do_not_go_together_are_told(broker: Broker, words: str, told: str) -> None:
    done = broker(*words.split())

    assert done.returncode == 1
    assert "[usage-invalid]" in done.stderr
    assert told in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        "apply",
        "apply .",
        "apply -destroy",
        "destroy",
        "import",
        "plan -destroy",
        "plan -refresh-only",
    ],
)
def test_no_lines_are_written_over_what_is_read(broker: Broker, tmp_path: Path, words: str) -> None:
    broker("init", "-example=starter")
    before = (tmp_path / "fleet.yaml").read_text()

    done = broker(*words.split(), "-json-into=./fleet.yaml")

    assert done.returncode == 1
    assert "[output-is-input]" in done.stderr
    assert (tmp_path / "fleet.yaml").read_text() == before


def test_lines_go_into_a_file_beside_those_that_are_printed(broker: Broker, tmp_path: Path) -> None:
    done = broker("apply", "-destroy", "-json", "-auto-approve", "-json-into=lines.json")

    for text in (done.stdout, (tmp_path / "lines.json").read_text()):
        types = [json.loads(line)["type"] for line in text.splitlines()]
        assert (types[0], types[-1]) == ("version", "ended")


@pytest.mark.parametrize("words", ["plan -destroy", "plan -refresh-only", "apply -destroy"])
def test_where_nothing_was_made_there_is_nothing_to_take_away(broker: Broker, words: str) -> None:
    done = broker(*words.split(), "-json", *(["-auto-approve"] if "apply" in words else []))
    people = broker(*words.split(), *(["-detailed-exitcode"] if "plan" in words else []))

    assert (done.returncode, people.returncode) == (0, 0), done.stderr + people.stderr
    assert people.stdout.startswith(("Nothing to destroy", "No drift"))
    if "plan" in words:
        assert json.loads(done.stdout)["format_version"]


def test_a_plan_takes_what_terraforms_scripts_say(broker: Broker) -> None:
    broker("init", "-example=starter")

    done = broker(
        "plan", "-input=false", "-lock=false", "-lock-timeout=5m", "-refresh=false", "-no-color"
    )

    assert done.returncode == 0, done.stderr


def test_a_destroy_of_nothing_is_not_saved(broker: Broker, tmp_path: Path) -> None:
    done = broker("plan", "-destroy", f"-out={tmp_path / 'gone.plan'}")

    assert done.returncode == 0
    assert "No plan is saved" in done.stdout
    assert not (tmp_path / "gone.plan").exists()
