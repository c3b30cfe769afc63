"""The pages: their links lead somewhere, their output is true, their promises are tested."""

import ast
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from broker.placement.constraints import FAMILIES
from broker.placement.rules import HARDWARE_RULES, OFFER_RULES, REGION_RULES
from tests.conftest import ROOT

README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]
PICTURES = sorted((ROOT / "docs").rglob("*.svg"))
LINK = re.compile(r"\[(?P<text>[^\]\n]+)\]\((?P<target>[^)\s]+)\)")
SPOKEN_OF_BY_PLACEHOLDER = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def links(page: Path) -> list[tuple[str, str]]:
    """Text and target of each link of *page*, code left out."""
    prose = SPOKEN_OF_BY_PLACEHOLDER.sub("", page.read_text())
    return [(link["text"], link["target"]) for link in LINK.finditer(prose)]


def anchors(page: Path) -> set[str]:
    """The anchors that a renderer makes of the headings of *page*."""
    headings = re.findall(r"(?m)^#+ +(.+)$", page.read_text())
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_link_leads_to_something_that_is_there(page: Path) -> None:
    for _, target in links(page):
        name, _, anchor = target.partition("#")
        if "://" in name:
            continue
        leads_to = (page.parent / name).resolve() if name else page

        assert leads_to.exists(), target
        assert not anchor or anchor in anchors(leads_to), target


def test_each_page_can_be_found_from_the_readme() -> None:
    linked = {(README.parent / target.partition("#")[0]).resolve() for _, target in links(README)}

    assert {page for page in [*PAGES, *PICTURES] if page != README} - linked == set()


def test_each_promise_names_a_test_that_exists() -> None:
    promised = re.findall(
        r"\[(test_\w+)\]\(((?:tests|providers/conformance)/[\w/]+\.py)\)", README.read_text()
    )

    assert len(promised) > 15
    for name, file in promised:
        tree = ast.parse((ROOT / file).read_text())
        tests = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in tests, f"{file} has no {name}"


def test_every_output_shown_is_what_the_commands_print() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "documents.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_is_well_formed_and_asks_nobody_for_anything(picture: Path) -> None:
    text = picture.read_text()
    root = ET.fromstring(text)  # noqa: S314  # a file of our own

    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "://" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"(?i)@import|<script|<image|\bhref\b|url\((?!#)", text)


@pytest.mark.parametrize("name", [*FAMILIES, *HARDWARE_RULES, *REGION_RULES, *OFFER_RULES], ids=str)
def test_each_rule_and_family_is_named_in_the_architecture(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs" / "architecture.md").read_text()


def test_the_glossary_gives_each_word_one_meaning() -> None:
    words = re.findall(r"(?m)^\| ([^|]+) \| ", (ROOT / "docs" / "glossary.md").read_text())
    defined = [word for entry in words if entry != "word" for word in entry.split(", ")]

    assert len(defined) > 60
    assert sorted(defined) == sorted(set(defined))
