"""Every command, setting, exit code and diagnostic code is documented, and nothing else is."""

import ast
import importlib
import re
import subprocess
import sys
from keyword import iskeyword
from pathlib import Path

import click
import pytest

from broker.cli.exit_codes import ExitCode
from broker.cli.verbs import PLANNED, VERBS
from broker.usecases.doctor import SETTINGS
from tests.conftest import ROOT

COMMANDS = ROOT / "docs" / "commands.md"
ERRORS = ROOT / "docs" / "errors.md"
SOURCES = sorted(
    path
    for folder in ("broker", "providers", "stacks", "policies")
    for path in (ROOT / folder).rglob("*.py")
)


def codes_in(path: Path) -> tuple[set[str], list[str]]:
    """The codes that *path* writes out, and places where a code is made up at run time."""
    written, made_up = set(), []
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.keyword) or node.arg != "code":
            continue
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            written.add(node.value.value)
        elif isinstance(node.value, ast.JoinedStr | ast.BinOp):
            made_up.append(f"{path}:{node.value.lineno}")
    return written, made_up


ALL_CODES = sorted(set().union(*(codes_in(path)[0] for path in SOURCES)))


def sections(path: Path) -> dict[str, str]:
    """Title to text of each second-level section."""
    parts = re.split(r"(?m)^## +(.+)$", path.read_text())
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("code", ALL_CODES)
def test_each_diagnostic_code_has_a_section_that_says_what_to_do(code: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)
    assert "**What to do.**" in sections(ERRORS)[code]


def test_no_section_is_about_a_code_that_does_not_exist() -> None:
    assert sorted(sections(ERRORS)) == ALL_CODES
    assert len(ALL_CODES) > 50


def test_codes_are_written_out_so_that_they_can_be_searched_for() -> None:
    assert [place for path in SOURCES for place in codes_in(path)[1]] == []


@pytest.mark.parametrize("name", list(VERBS))
def test_each_verb_has_a_command_a_summary_a_file_and_a_section(name: str) -> None:
    verb = VERBS[name]
    command = importlib.import_module(verb.module).command

    assert isinstance(command, click.Command)
    assert command.name == name
    assert command.help
    assert 10 < len(verb.summary) < 60
    assert (ROOT / "broker" / "usecases" / f"{module_of(name)}.py").exists() or name == "completion"
    assert f"broker {name} -help" in sections(COMMANDS)[f"broker {name}"]


def test_no_verb_is_both_there_and_announced() -> None:
    assert set(VERBS) & set(PLANNED) == set()


def test_each_command_file_is_in_the_table() -> None:
    paths = (ROOT / "broker" / "cli" / "commands").glob("[!_]*.py")

    assert {path.stem for path in paths} == {module_of(name) for name in VERBS}


def module_of(verb: str) -> str:
    """The name of its file: that of a word of Python's own ends in `_`."""
    return verb.replace("-", "_") + "_" * iskeyword(verb)


def test_the_page_of_commands_is_what_the_commands_say() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "documents.py", "--check", COMMANDS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("code", list(ExitCode), ids=lambda code: code.reason)
def test_each_exit_code_is_documented(code: ExitCode) -> None:
    assert re.search(
        rf"(?m)^\| {int(code)} \| `{code.reason}` \|", sections(COMMANDS)["Exit codes"]
    )


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_each_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in sections(COMMANDS)["Settings"]
