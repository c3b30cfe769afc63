"""The log: what is in it, how it is written, and what never is."""

import json
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from broker.cli.command_words import without_values
from broker.cli.log_progress import LoggedProgress
from broker.cli.log_records import TRACE
from broker.cli.logs import logging_as_asked, tell
from broker.domain.diagnostics import Diagnostic, Severity, Where
from broker.ports.progress import Silence


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "broker.log"


@contextmanager
def logged(file: Path, level: str, **settings: str) -> Iterator[None]:
    environment = {"BROKER_LOG": level, "BROKER_LOG_PATH": str(file), **settings}
    with logging_as_asked(["plan"], environment) as log:
        assert log.wrong == []
        yield


def records(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def say(name: str, level: int, text: str, **facts: object) -> None:
    logging.getLogger(name).log(level, text, extra={"facts": facts})


@pytest.mark.parametrize(
    ("level", "told"),
    [
        ("trace", ["trace", "debug", "info", "warn", "error"]),
        ("DEBUG", ["debug", "info", "warn", "error"]),
        ("info", ["info", "warn", "error"]),
        ("warn", ["warn", "error"]),
        ("Error", ["error"]),
    ],
)
def test_each_level_tells_what_those_after_it_do(file: Path, level: str, told: list[str]) -> None:
    with logged(file, level, BROKER_LOG_FORMAT="json"):
        for number in (TRACE, logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
            say("providers.aws", number, "x")

    assert [r["@level"] for r in records(file) if r["@module"] == "providers.aws"] == told


def test_programs_get_the_keys_of_terraform_and_the_facts(file: Path) -> None:
    with logged(file, "info", BROKER_LOG_FORMAT="JSON"):
        say("stacks.command", logging.INFO, "engine ends", seconds=1.5, exit_code=0)

    first, second, last = records(file)
    assert list(second) == ["@level", "@message", "@module", "@timestamp", "seconds", "exit_code"]
    assert (second["@message"], second["@module"]) == ("engine ends", "stacks.command")
    assert str(second["@timestamp"]).endswith("Z")
    assert (first["@message"], first["command"]) == ("begins", "plan")
    assert last["@message"] == "ends"


def test_people_get_a_line_for_each_record(file: Path) -> None:
    with logged(file, "info"):
        say("broker.x", logging.INFO, "two\nlines", who="a b", id=1, empty="")

    line = file.read_text().splitlines()[1]
    assert line.endswith(
        'Z [INFO]  broker.x: two\\nlines: who="a b" id=1 empty=""'.removeprefix("Z")
    )


def test_a_log_is_gone_on_with_and_is_the_users_alone(file: Path) -> None:
    with logged(file, "info"):
        pass
    with logged(file, "info"):
        pass

    assert len(file.read_text().splitlines()) == 4
    assert file.stat().st_mode & 0o777 == 0o600


def test_afterwards_nothing_is_logged_any_more(file: Path) -> None:
    before = logging.getLogger("stacks").level, logging.getLogger().level
    with logged(file, "trace"):
        pass
    said = file.read_text()
    say("stacks.x", logging.ERROR, "late")
    (file.parent / "other").write_text("x")

    assert file.read_text() == said
    assert (logging.getLogger("stacks").level, logging.getLogger().level) == before


def test_libraries_are_heard_at_the_lowest_level_alone_and_without_headers(file: Path) -> None:
    def libraries() -> None:
        say("urllib3.connectionpool", logging.DEBUG, '"GET /a?sig=c4n4ry&key=c4n4ry HTTP/1.1" 200')
        say("botocore.endpoint", logging.DEBUG, "c4n4ry")
        say("azure.core.pipeline.policies.http_logging_policy", logging.INFO, "c4n4ry")
        say("some.library", logging.DEBUG, "Request headers: c4n4ry")
        say("some.library", logging.WARNING, "Authorization: c4n4ry")

    with logged(file, "debug"):
        libraries()
    assert len(file.read_text().splitlines()) == 2
    with logged(file, "trace"):
        libraries()

    told = [line for line in file.read_text().splitlines() if "broker" not in line]
    assert len(told) == 1
    assert told[0].endswith('urllib3.connectionpool: "GET /a?... HTTP/1.1" 200')
    assert "c4n4ry" not in file.read_text()


def test_secrets_are_in_no_record(file: Path) -> None:
    canary = "c4n4ry-of-mine"
    with logged(file, "debug", AWS_SECRET_ACCESS_KEY=canary):
        say("broker.x", logging.INFO, f"a {canary} b", told=canary, kubeconfig="c4n4ry")

    assert "c4n4ry" not in file.read_text()
    assert file.read_text().count("(redacted)") == 3


def test_values_of_variables_are_not_in_the_command() -> None:
    words = ["plan", "-var", "a=c4n4ry", "--var", "b=c4n4ry", "-var=c=c4n4ry", "-var-file=v"]

    assert without_values(words) == [
        "plan",
        "-var",
        "a=...",
        "--var",
        "b=...",
        "-var=c=...",
        "-var-file=v",
    ]


@pytest.mark.parametrize(
    ("settings", "subject"),
    [
        ({"BROKER_LOG": "verbose"}, "BROKER_LOG"),
        ({"BROKER_LOG": "info", "BROKER_LOG_FORMAT": "xml"}, "BROKER_LOG_FORMAT"),
        ({"BROKER_LOG": "info", "BROKER_LOG_PATH": "/no/such/folder/x"}, "BROKER_LOG_PATH"),
    ],
)
def test_a_setting_that_makes_no_sense_is_a_warning(
    settings: dict[str, str], subject: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with logging_as_asked([], settings) as log:
        (finding,) = log.wrong

    assert (finding.code, finding.subject) == ("setting-invalid", subject)
    assert finding.severity is Severity.WARNING
    assert ("begins" in capsys.readouterr().err) == (subject == "BROKER_LOG_FORMAT")


@pytest.mark.parametrize("level", ["", "off", "OFF"])
def test_without_a_level_there_is_no_log(level: str, file: Path) -> None:
    with logged(file, level):
        say("broker", logging.ERROR, "x")

    assert not file.exists()


def test_findings_are_logged_with_their_code_and_place(file: Path) -> None:
    where = Where("fleet.yaml", 2, 3)
    with logged(file, "warn", BROKER_LOG_FORMAT="json"):
        tell([Diagnostic(code="a-b", subject="s", summary="It is so", where=where)])
        tell([Diagnostic(code="c", subject="t", summary="May be", severity=Severity.WARNING)])

    error, warning = records(file)
    assert (error["@level"], error["code"], error["where"]) == ("error", "a-b", "fleet.yaml:2:3")
    assert (warning["@level"], warning["@message"]) == ("warn", "May be")


def test_files_and_databases_are_named_and_not_what_python_reads_for_itself(
    file: Path, tmp_path: Path
) -> None:
    (tmp_path / "read").write_text("")
    with logged(file, "debug", BROKER_LOG_FORMAT="json"):
        (tmp_path / "read").read_text()
        (tmp_path / "written").write_text("x")
        (tmp_path / "written").rename(tmp_path / "renamed")
        (tmp_path / "code.py").write_text("")
        Path(os.__file__).read_bytes()
        with closing(sqlite3.connect(tmp_path / "a.db")):
            pass

    told = [(r["@message"], r["file"]) for r in records(file) if r["@module"] == "broker.files"]
    assert told == [
        ("opens to read", str(tmp_path / "read")),
        ("opens to write", str(tmp_path / "written")),
        ("puts in place", str(tmp_path / "renamed")),
        ("opens the database", str(tmp_path / "a.db")),
    ]


def test_rounds_of_the_solver_are_logged_at_the_lowest_level(file: Path) -> None:
    def solve() -> None:
        progress = LoggedProgress(Silence())
        progress.phase("solving")
        progress.note("gap 1 %")

    with logged(file, "trace"):
        solve()
    with logged(file, "debug"):
        solve()

    text = file.read_text()
    assert text.count("broker.progress: solving\n") == 2
    assert text.count("[TRACE] broker.progress: solving: gap 1 %\n") == 1
