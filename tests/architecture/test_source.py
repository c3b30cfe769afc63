"""How the source is laid out: files with one subject, documented, in layers, owning their names."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import TypeGuard

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


CLOUDS = {"aws", "azure", "gcp"}
TOOLS = re.compile(r"(?i)\b(boto3|botocore|pulumi|msrest|googleapiclient)\b")
SHOWN_TO_PEOPLE = {"examples", "key_example", "help", "about", "hint"}
"""Arguments whose text may give a real name as an example."""


def names_in(path: Path) -> list[str]:
    """Names of clouds that code could decide by, and of their tools, with their lines."""
    tree = ast.parse(path.read_text())
    shown = [node.value for node in ast.walk(tree) if is_for_people(node)]
    excused = {id(below) for above in shown for below in ast.walk(above)}
    found = sorted(
        (node.lineno, name)
        for node in ast.walk(tree)
        if id(node) not in excused
        for name in named_by(node)
    )
    return [f"{path.name}:{line}: {name}" for line, name in found]


def is_for_people(node: ast.AST) -> TypeGuard[ast.Expr | ast.keyword]:
    """A docstring, or an argument that is shown."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.keyword) and node.arg in SHOWN_TO_PEOPLE


def named_by(node: ast.AST) -> list[str]:
    match node:
        case ast.Constant(value=str(text)):
            return [text] if text.lower() in CLOUDS or TOOLS.search(text) else []
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
            return [name] if CLOUDS & set(name.lower().split("_")) or TOOLS.search(name) else []
        case _:
            return []


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if name_of(p).startswith("broker/")], ids=name_of
)
def test_the_broker_names_no_cloud_and_no_tool_of_one(path: Path) -> None:
    assert names_in(path) == []


def test_names_would_be_seen(tmp_path: Path) -> None:
    source = tmp_path / "decides.py"
    source.write_text(
        '"""Says aws."""\nif cloud == "aws":\n    run("pulumi up", help="gcp")\nazure_key = 1\n'
    )

    assert names_in(source) == [
        "decides.py:2: aws",
        "decides.py:3: pulumi up",
        "decides.py:4: azure_key",
    ]


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
