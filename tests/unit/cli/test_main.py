"""Each way of ending has its exit code, and is told in the right place."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from broker.cli.exit_codes import ExitCode
from broker.cli.main import run
from broker.cli.options import flag, json_flag, option, verb
from broker.domain.diagnostics import Diagnostic, Where
from broker.domain.errors import (
    BrokerError,
    CatalogInvalid,
    CloudError,
    Denied,
    EngineFailed,
    EngineMissing,
    Infeasible,
    InstallationConflict,
    Interrupted,
    JournalInvalid,
    Locked,
    NotCovered,
    NotOurs,
    PartlyApplied,
    PlanFileInvalid,
    PlanStale,
    SignatureInvalid,
    SpecInvalid,
    StateConflict,
    StateInvalid,
    Unsolved,
    Unwritable,
    UsageInvalid,
)

FINDING = Diagnostic(
    code="region-unknown",
    subject="providers.aws",
    summary="There is no region mars-1",
    detail="It is on another planet.",
    hint="Did you mean eu-west-1?",
    where=Where("fleet.yaml", 3, 9),
)


def ending(action: Callable[[], object]) -> click.Command:
    @verb("end")
    @json_flag
    def end(*, as_json: bool) -> object:
        return action()

    return end


def failing(error: BaseException) -> click.Command:
    def fail() -> None:
        raise error

    return ending(fail)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BrokerError, 1),
        (SpecInvalid, 1),
        (UsageInvalid, 1),
        (CatalogInvalid, 1),
        (PlanFileInvalid, 1),
        (Unwritable, 1),
        (NotCovered, 1),
        (CloudError, 1),
        (Unsolved, 1),
        (InstallationConflict, 1),
        (EngineFailed, 1),
        (EngineMissing, 1),
        (JournalInvalid, 1),
        (NotOurs, 1),
        (PlanStale, 1),
        (SignatureInvalid, 1),
        (StateConflict, 1),
        (StateInvalid, 1),
        (Denied, 3),
        (PartlyApplied, 4),
        (Locked, 5),
        (Infeasible, 6),
        (Interrupted, 130),
    ],
)
def test_each_failure_has_its_exit_code(error: type[BrokerError], code: int) -> None:
    assert run([], failing(error(FINDING))) == code


def test_every_failure_on_purpose_is_in_that_list() -> None:
    listed = test_each_failure_has_its_exit_code.pytestmark[0].args[1]

    assert {error for error, _ in listed} == {BrokerError, *BrokerError.__subclasses__()}


@pytest.mark.parametrize("code", [None, 0, ExitCode.CHANGES])
def test_a_verb_returns_its_exit_code(code: int | None) -> None:
    assert run([], ending(lambda: code)) == (code or 0)


def test_a_failure_is_told_on_stderr_with_place_and_hint(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run([], failing(SpecInvalid(FINDING, FINDING)))

    out, err = capsys.readouterr()
    one = (
        "Error: There is no region mars-1  [region-unknown]\n"
        "  on fleet.yaml:3:9, providers.aws\n"
        "  It is on another planet.\n"
        "  hint: Did you mean eu-west-1?\n"
    )
    assert out == ""
    assert err == f"{one}\n{one}"


@pytest.mark.parametrize("spelling", ["-json", "--json"])
def test_under_json_a_failure_is_one_document_on_stdout(
    spelling: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run([spelling], failing(Infeasible(FINDING)))

    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out) == {
        "format_version": "1.0",
        "exit_code": 6,
        "exit_reason": "infeasible",
        "diagnostics": [
            {
                "severity": "error",
                "code": "region-unknown",
                "subject": "providers.aws",
                "summary": "There is no region mars-1",
                "detail": "It is on another planet.",
                "hint": "Did you mean eu-west-1?",
                "range": {
                    "filename": "fleet.yaml",
                    "start": {"line": 3, "column": 9},
                    "end": {"line": 3, "column": 9},
                },
            }
        ],
    }


def test_ctrl_c_is_one_line_and_130(capsys: pytest.CaptureFixture[str]) -> None:
    code = run([], ending(lambda: os.kill(os.getpid(), signal.SIGINT)))

    out, err = capsys.readouterr()
    assert code == 130
    assert out == ""
    assert len(err.splitlines()) == 1
    assert err.startswith("Error: Interrupted")


class TestABug:
    def test_leaves_a_report_and_a_pointer_to_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)

        code = run([], failing(KeyError("wrong key")))

        (report,) = (tmp_path / ".broker" / "reports").iterdir()
        out, err = capsys.readouterr()
        assert code == 1
        assert out == ""
        assert str(report.relative_to(tmp_path)) in err
        assert "Traceback" not in err
        assert "KeyError: 'wrong key'" in report.read_text()
        assert report.stat().st_mode & 0o077 == 0

    def test_leaves_it_elsewhere_if_the_folder_can_not_be_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
        here.mkdir()
        (here / ".broker").write_text("a file where the folder should be")
        monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
        monkeypatch.chdir(here)

        run([], failing(KeyError("wrong key")))

        (report,) = elsewhere.iterdir()
        assert str(report) in capsys.readouterr().err

    def test_is_shown_in_full_when_asked_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("BROKER_LOG", "trace")

        run([], failing(KeyError("wrong key")))

        assert "Traceback (most recent call last)" in capsys.readouterr().err


class TestOptions:
    @pytest.mark.parametrize(
        "words",
        [
            ["-out=F"],
            ["-out", "F"],
            ["--out=F"],
            ["--out", "F"],
            ["-output=F"],
            ["--output", "F"],
        ],
    )
    def test_take_one_dash_or_two_and_a_value_either_way(self, words: list[str]) -> None:
        seen = []

        @verb("try")
        @option("out", also=["output"])
        @flag("quick")
        def command(out: str, *, quick: bool) -> None:
            seen.append((out, quick))

        code = run(["-quick", *words], command)

        assert code == 0
        assert seen == [("F", True)]

    @pytest.mark.parametrize(
        ("typed", "suggested"),
        [("-jsn", "-json"), ("--jsn", "-json"), ("-no-colour", "-no-color"), ("-jsn=x", "-json")],
    )
    def test_unknown_ones_are_named_whole_and_corrected(
        self, typed: str, suggested: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = run([typed], ending(lambda: 0))

        err = capsys.readouterr().err
        assert code == 1
        assert f"There is no option -{typed.strip('-').removesuffix('=x')}  [option-unknown]" in err
        assert f"Did you mean {suggested}?" in err

    def test_a_missing_value_is_a_usage_error(self, capsys: pytest.CaptureFixture[str]) -> None:
        @verb("try")
        @option("out")
        def command(out: str) -> None:
            raise AssertionError(out)

        code = run(["-out"], command)

        assert code == 1
        assert "[usage-invalid]" in capsys.readouterr().err
