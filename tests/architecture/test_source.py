"""How the source is laid out: files with one subject, documented, in layers, owning their names."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = ("broker", "providers", "stacks", "policies")
SCRIPTS = ("tools", "benchmarks")
MOST_LINES = 500

SOURCES = sorted(path for folder in (*PACKAGES, *SCRIPTS) for path in (ROOT / folder).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()))

    assert docstring
    assert docstring.splitlines()[0].endswith((".", "?", "`"))


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=name_of)
def test_a_file_has_one_subject_and_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_only_the_last_line_of_defence_catches_everything(path: Path) -> None:
    caught = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
    ]

    assert len(caught) == (1 if name_of(path) == "broker/cli/main.py" else 0)


def test_the_import_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


LOCKS = sorted((ROOT / "requirements").glob("*"))


@pytest.mark.parametrize("path", [*LOCKS, ROOT / "pyproject.toml", ROOT / "Makefile"], ids=name_of)
def test_no_file_of_requirements_holds_an_address(path: Path) -> None:
    text = path.read_text()

    assert re.findall(r"https?://\S+|--(?:extra-)?index-url|--find-links", text) == []


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.txt")), ids=name_of)
def test_every_locked_requirement_is_pinned_with_a_hash(path: Path) -> None:
    joined = path.read_text().replace("\\\n", " ")
    requirements = [
        line for line in joined.splitlines() if line and not line.startswith(("#", " "))
    ]

    assert requirements
    assert all(re.match(r"[\w.\[\]-]+==\S+ .*--hash=sha256:", line) for line in requirements)
