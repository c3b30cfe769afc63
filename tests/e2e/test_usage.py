"""The frame as a user meets it: help, typing errors, folders, streams."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from broker.cli.verbs import PLANNED
from tests.conftest import Broker


@pytest.mark.parametrize("word", ["-help", "--help", "-h"])
def test_help_lists_the_verbs(broker: Broker, word: str) -> None:
    done = broker(word)

    assert done.returncode == 0
    assert done.stderr == ""
    assert "  plan      Decide the cheapest lawful fleet" in done.stdout


def test_without_a_verb_help_goes_to_stderr_and_the_exit_code_is_1(broker: Broker) -> None:
    done = broker()

    assert (done.returncode, done.stdout) == (1, "")
    assert "Main commands:" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "suggestion"),
    [
        (["ofers"], "verb-unknown", "Did you mean offers?"),
        (["offers", "-gpus=H100"], "option-unknown", "Did you mean -gpu?"),
        (["offers", "--capcity", "spot"], "option-unknown", "Did you mean -capacity?"),
        (["-chdri=x", "offers"], "option-unknown", "Did you mean -chdir?"),
        (["graph"], "verb-unknown", "`broker plan -graph=FILE.svg`"),
        (["show", "-var-file=x"], "option-unknown", "`broker plan -var NAME=VALUE`"),
        (["-json", "offers"], "option-unknown", "Options of a verb come after it."),
        (["offers", "-sort=cheap"], "usage-invalid", "`broker offers -help`"),
        (["offers", "surplus"], "usage-invalid", "`broker offers -help`"),
        (["offers", "-count=eight"], "usage-invalid", "`broker offers -help`"),
        (["offers", "-gpu"], "usage-invalid", "`broker offers -help`"),
        (["offers", "-limit=-1"], "usage-invalid", "`broker offers -help`"),
        (["completion", "csh"], "usage-invalid", "`broker completion -help`"),
    ],
)
def test_a_typing_error_exits_with_1_and_a_suggestion(
    broker: Broker, words: list[str], code: str, suggestion: str
) -> None:
    done = broker(*words)

    output = done.stderr + done.stdout
    assert done.returncode == 1
    assert code in output
    assert suggestion in output
    assert "Traceback" not in output


def test_chdir_works_in_the_folder_and_a_missing_one_is_told(
    broker: Broker, tmp_path: Path
) -> None:
    there = broker(f"-chdir={tmp_path}", "version", cwd=Path("/"))
    nowhere = broker("--chdir", "missing", "version")

    assert there.returncode == 0
    assert nowhere.returncode == 1
    assert "[folder-missing]" in nowhere.stderr


@pytest.mark.parametrize("place", ["before", "after"])
def test_chdir_may_stand_before_the_verb_and_after_it(
    broker: Broker, tmp_path: Path, place: str
) -> None:
    (tmp_path / "fleet").mkdir()
    assert broker("init", "fleet").returncode == 0

    words = ["-chdir=fleet", "validate"] if place == "before" else ["validate", "-chdir", "fleet"]
    done = broker(*words)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("fleet starter: 2 workloads, valid")


@pytest.mark.parametrize("verb", list(PLANNED))
def test_a_verb_that_is_announced_is_told_from_a_typing_error(broker: Broker, verb: str) -> None:
    done = broker(verb, "-auto-approve")

    assert done.returncode == 1
    assert f"{verb} is planned, and does not exist in this version  [verb-not-yet]" in done.stderr
    assert "`broker -help` lists what there is." in done.stderr


def test_nothing_is_coloured_off_a_terminal(broker: Broker) -> None:
    assert "\x1b" not in broker("offers", "-limit=1").stdout
    assert "\x1b" not in broker("ofers").stderr


def test_a_reader_that_leaves_early_is_no_error_to_complain_of(tmp_path: Path) -> None:
    producer = subprocess.Popen(
        [sys.executable, "-m", "broker", "offers", "-limit=0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert producer.stdout is not None
    assert producer.stderr is not None
    producer.stdout.close()

    complaint = producer.stderr.read()
    producer.stderr.close()

    assert producer.wait() == 141
    assert complaint == b""


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "broker", "offers"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert "[output-unwritable]" in done.stderr
    assert "Exception ignored" not in done.stderr


def test_the_installed_program_is_the_same() -> None:
    program = Path(sys.executable).with_name("broker")

    done = subprocess.run([program, "version", "-json"], capture_output=True, check=True)

    assert json.loads(done.stdout)["broker"]
