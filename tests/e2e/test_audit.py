"""`broker audit` and `broker key`, from the command line."""

import json
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker.ports.state import Entry
from broker.storage.clock import StoppedClock
from broker.storage.journal_store import JournalFile
from broker.storage.keys import KeyFiles
from tests.conftest import Broker

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ENTRY = Entry(
    at=NOW,
    who="ann@host",
    act="stack-up",
    phase="intent",
    subject="aws-eu-west-1",
    token="3",  # noqa: S106
)


def journal(folder: Path) -> JournalFile:
    keys = KeyFiles(Path(os.environ["HOME"]) / ".config" / "broker" / "keys")
    return JournalFile(folder / ".broker", keys, StoppedClock(NOW))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which five things were noted."""
    noted = journal(tmp_path)
    for number in range(5):
        noted.append(replace(ENTRY, detail={"number": number}))
    noted.checkpoint()
    return tmp_path


def tamper(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / ".broker" / "journal.db", isolation_level=None)) as base:
        base.execute("DROP TRIGGER entries_stay")
        base.execute("DROP TRIGGER entries_hold")
        base.execute(statement)


def codes(text: str) -> list[str]:
    return [diagnostic["code"] for diagnostic in json.loads(text)["diagnostics"]]


@pytest.mark.parametrize("action", ["list", "verify"])
def test_nothing_was_noted_at_first(broker: Broker, tmp_path: Path, action: str) -> None:
    done = broker("audit", action)

    assert (done.returncode, done.stdout) == (0, "Nothing was noted here yet.\n")
    assert broker("audit", "export").stdout == ""
    assert [*tmp_path.iterdir()] == []


def test_what_was_noted_is_listed(broker: Broker, folder: Path) -> None:
    head, *lines = broker("audit", "list", "-limit=2", cwd=folder).stdout.splitlines()

    assert head.split() == ["INDEX", "AT", "WHO", "ACT", "PHASE", "RESULT", "SUBJECT", "TOKEN"]
    assert (
        lines[1]
        == "    4  2026-11-29 12:00:00Z  ann@host  stack-up  intent  -       aws-eu-west-1  3"
    )
    assert lines[2] == "3 earlier entries not shown; -limit=0 shows all."


def test_what_became_of_each_act_is_listed(broker: Broker, folder: Path) -> None:
    noted = journal(folder)
    failed = {"failed": ["capacity-insufficient"], "what": "none left"}
    noted.append(replace(ENTRY, phase="outcome", subject=f"sha256:{'ab' * 32}"))
    noted.append(replace(ENTRY, phase="outcome", detail=failed))

    _, well, badly, *_ = broker("audit", "list", "-limit=2", cwd=folder).stdout.splitlines()

    assert well.split()[-4:] == ["outcome", "done", "sha256:abababababab..", "3"]
    assert badly.split()[-4:-2] == ["outcome", "capacity-insufficient"]


def test_programs_get_all_of_it(broker: Broker, folder: Path) -> None:
    listed = json.loads(broker("audit", "list", "-json", "-limit=1", cwd=folder).stdout)["entries"]
    exported = broker("audit", "export", cwd=folder).stdout.splitlines()

    assert [json.loads(line) for line in exported] == listed
    assert [entry["index"] for entry in listed] == [0, 1, 2, 3, 4]
    assert [entry["detail"]["number"] for entry in listed] == [0, 1, 2, 3, 4]


def test_a_journal_is_verified(broker: Broker, folder: Path) -> None:
    done = broker("audit", "verify", cwd=folder)
    verdict = json.loads(broker("audit", "verify", "-json", cwd=folder).stdout)

    assert done.returncode == 0
    assert done.stdout.startswith("The journal is what was written: 5 entries.\n")
    assert "1 checkpoint agrees, over all entries" in done.stdout
    assert (verdict["valid"], verdict["entries"], verdict["signed_entries"]) == (True, 5, 5)


def test_a_changed_entry_is_named(broker: Broker, folder: Path) -> None:
    tamper(folder, "UPDATE entries SET body = replace(body, 'ann', 'eve') WHERE position = 2")

    for action in (["verify"], ["list"], ["export"], ["prove", "0"]):
        done = broker("audit", *action, cwd=folder)

        assert done.returncode == 1
        assert done.stdout == ""
        assert "Entry 2 of the journal is not what was written" in done.stderr
        assert "[journal-changed]" in done.stderr


def test_a_checkpoint_that_was_kept_outside_finds_a_cut_off_end(
    broker: Broker, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "checkpoint"
    outside.write_text(broker("audit", "checkpoint", cwd=folder).stdout)
    tamper(folder, "DELETE FROM entries WHERE position > 2")
    for note in (folder / ".broker" / "checkpoints").iterdir():
        note.unlink()

    assert broker("audit", "verify", cwd=folder).returncode == 0

    done = broker("audit", "verify", f"-checkpoint={outside}", "-json", cwd=folder)
    assert done.returncode == 1
    assert codes(done.stdout) == ["journal-truncated"]


def test_proofs_are_checked_by_somebody_who_trusts_the_key(
    broker: Broker, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    there = {"HOME": str(elsewhere)}
    earlier = broker("audit", "checkpoint", cwd=folder).stdout
    (folder / "earlier").write_text(earlier)
    journal(folder).append(ENTRY)
    (elsewhere / "entry.json").write_text(broker("audit", "prove", "3", cwd=folder).stdout)
    (elsewhere / "history.json").write_text(
        broker("audit", "prove", "-from=earlier", cwd=folder).stdout
    )
    (elsewhere / "key").write_text(broker("key", "show", cwd=folder).stdout)

    stranger = broker("audit", "check", "entry.json", "-json", cwd=elsewhere, env=there)
    assert codes(stranger.stdout) == ["checkpoint-signer-unknown"]

    assert broker("key", "trust", "key", cwd=elsewhere, env=there).returncode == 0
    entry = broker("audit", "check", "entry.json", cwd=elsewhere, env=there)
    history = broker("audit", "check", "history.json", cwd=elsewhere, env=there)
    assert entry.stdout.startswith("Entry 3 is one of the 5 entries of gpu-broker.journal/")
    assert history.stdout.startswith("The 6 entries of gpu-broker.journal/")
    assert "begin with the 5 signed" in history.stdout

    forged = (elsewhere / "entry.json").read_text().replace("ann@host", "eve@host")
    (elsewhere / "entry.json").write_text(forged)
    done = broker("audit", "check", "entry.json", "-json", cwd=elsewhere, env=there)
    assert (done.returncode, codes(done.stdout)) == (1, ["proof-wrong"])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["prove", "5"], "entry-unknown"),
        (["prove"], "usage-invalid"),
        (["prove", "1", "-from=x"], "usage-invalid"),
        (["prove", "-from=missing"], "audit-file-unreadable"),
        (["verify", "-checkpoint=missing"], "audit-file-unreadable"),
        (["verify", "-checkpoint=.broker/journal.db"], "checkpoint-damaged"),
        (["check", "missing"], "audit-file-unreadable"),
        (["check", ".broker/journal.db"], "proof-wrong"),
        (["rewrite"], "action-unknown"),
    ],
    ids=" ".join,
)
def test_what_can_not_be_is_told(broker: Broker, folder: Path, words: list[str], code: str) -> None:
    done = broker("audit", *words, "-json", cwd=folder)

    assert done.returncode == 1
    assert codes(done.stdout) == [code]


def test_a_checkpoint_of_nothing_is_refused(broker: Broker) -> None:
    done = broker("audit", "checkpoint")

    assert done.returncode == 1
    assert "[journal-empty]" in done.stderr


def test_a_key_is_made_shown_trusted_and_forgotten(broker: Broker, tmp_path: Path) -> None:
    other = {"HOME": str(tmp_path / "other")}

    assert "[key-missing]" in broker("key", "show").stderr
    assert broker("key", "list").stdout == "No key is believed yet.\n"
    made = broker("key", "new").stdout
    assert broker("key", "show").stdout == made
    assert "[key-exists]" in broker("key", "new").stderr
    (tmp_path / "key").write_text(made)
    trusted = broker("key", "trust", "key", env=other).stdout
    name = made.splitlines()[0]
    assert trusted == f"Trusted: {name}\n"
    assert broker("key", "list", env=other).stdout == f"{name}  trusted\n"
    assert json.loads(broker("key", "list", "-json").stdout)["own"] == name
    assert "[key-unknown]" in broker("key", "distrust", "sha256:", env=other).stderr
    assert broker("key", "distrust", name[:20], env=other).returncode == 0
    assert broker("key", "list", env=other).stdout == "No key is believed yet.\n"
    assert "[key-damaged]" in broker("key", "trust", "/dev/null").stderr
    assert "[key-unreadable]" in broker("key", "trust", "missing").stderr


def test_a_plan_of_somebody_else_is_shown_once_they_are_trusted(
    broker: Broker, tmp_path: Path
) -> None:
    other = {"HOME": str(tmp_path / "other")}
    broker("init", "-example=starter")
    assert broker("plan", "-out=a.plan").returncode == 0

    stranger = broker("show", "a.plan", "-json", env=other)
    assert (stranger.returncode, codes(stranger.stdout)) == (1, ["signer-unknown"])

    (tmp_path / "key").write_text(broker("key", "show").stdout)
    broker("key", "trust", "key", env=other)
    assert broker("show", "a.plan", env=other).returncode == 0


def test_a_home_that_can_not_be_written_is_told_before_the_work(
    broker: Broker, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    broker("init", "-example=starter")

    done = broker("plan", "-out=a.plan", "-json", env={"HOME": str(tmp_path / "file")})

    assert (done.returncode, codes(done.stdout)) == (1, ["output-unwritable"])
    assert "XDG_CONFIG_HOME" in done.stdout
    assert not (tmp_path / "a.plan").exists()
