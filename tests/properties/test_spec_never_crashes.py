"""Whatever a file holds, it comes to a spec or to findings with places; never to a crash."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given
from hypothesis import strategies as st

from broker.domain.diagnostics import Severity
from broker.domain.errors import SpecInvalid
from broker.spec.load import Document, load, parse
from broker.spec.lower import Lowered, lower
from tests.fakes.example_fleets import EXAMPLES
from tests.fakes.worlds import ACCELERATORS, REGIONS

CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

SNIPPETS = st.sampled_from(
    [
        "", " ", "\n", "\t", "- ", ": ", "{", "}", "[", "]", ",", "'", '"', "#", "&x ", "*x", "!!str ",
        "---\n", "...\n", "| ", "> ", "? ", "%YAML 1.1\n", "null", "true", ".nan", "1e99", "-1",
        "0x1F", "NO", "\ud800", "\0", "\u202e", "é", "😀", "2026-12-01T00:00:00Z", "<<: *x\n",
        "all", "always", "gang: 3\n", "  - ", "mig: 1g.10gb",
    ]
)  # fmt: skip


def outcome(text: str) -> Lowered | SpecInvalid:
    """What load and lower promise to come to."""
    try:
        return lower(parse(text, "f.yaml"), REGIONS, ACCELERATORS)
    except SpecInvalid as error:
        return error


def check(text: str) -> None:
    """A spec without errors, or findings of which each has a code, a summary and a place."""
    result = outcome(text)
    if isinstance(result, Lowered):
        assert result.spec.workloads
        assert all(warning.severity is Severity.WARNING for warning in result.warnings)
        return
    assert any(finding.severity is Severity.ERROR for finding in result.diagnostics)
    for finding in result.diagnostics:
        assert CODE.fullmatch(finding.code)
        assert finding.summary
        assert finding.hint
        assert finding.where is not None
        assert 1 <= finding.where.line <= text.count("\n") + text.count("\r") + 2


@given(st.text())
@example("")
@example("a: &a [*a]")
@example("-\x850")
def test_any_text(text: str) -> None:
    check(text)


@given(st.lists(SNIPPETS, max_size=40).map("".join))
def test_any_heap_of_yaml_marks(text: str) -> None:
    check(text)


@st.composite
def damaged_examples(draw: st.DrawFn) -> str:
    """An example with some stretches replaced."""
    text = EXAMPLES[draw(st.sampled_from(sorted(EXAMPLES)))]
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        text = text[:start] + draw(SNIPPETS | st.text(max_size=5)) + text[end:]
    return text


@given(damaged_examples())
def test_any_damaged_example(text: str) -> None:
    check(text)


def loaded(path: Path) -> Document | SpecInvalid:
    """What load promises to come to."""
    try:
        return load(path)
    except SpecInvalid as error:
        return error


@given(content=st.binary(max_size=200))
def test_any_bytes_in_a_file(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "any.yaml"
        path.write_bytes(content)
        result = loaded(path)

    assert result.digest if isinstance(result, Document) else result.diagnostics
