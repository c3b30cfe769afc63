"""The part of docs/model.md that the docstrings of the model say, as tools/documents.py writes it."""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from types import ModuleType

from broker.placement import (
    cutting,
    fitting,
    generation,
    lifting,
    narrowing,
    patterns,
    priced_part,
    pricing,
    relaxation,
    rounding,
    search,
    sharpening,
    tableau,
    tightening,
    variables,
    widening,
)
from broker.placement.constraints import FAMILIES

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "model.md"
BEGIN = "<!-- from here on written by tools/documents.py -->\n"

Documented = ModuleType | Callable[..., object] | type

CHAPTERS: dict[str, Documented] = {
    "Variables": variables,
    "Objective": variables.define_variables,
}

PROOF: dict[str, Documented] = {
    "Relaxing": relaxation.Relaxation,
    "Making columns as they are needed": generation,
    "What a column that was not made could save": pricing,
    "Weighing patterns": patterns,
    "One row for all pools of a shape": tightening,
    "Lifting such a row": lifting,
    "Rounding up to whole nodes": rounding,
    "Leaving out what is too dear": narrowing,
    "Pricing what is outside": priced_part,
    "Widening the part that is searched": widening,
    "Rounding the solver's own tableau": tableau,
    "Sharpening what is proven": sharpening,
    "Forbidding what was packed in vain": cutting.cut,
    "Moving who does not fit": fitting,
}


def page(text: str) -> str:
    """*text* with its generated part renewed."""
    head, marker, _ = text.partition(BEGIN)
    if not marker:
        message = f"{PAGE} has lost its marker"
        raise ValueError(message)
    return head + BEGIN + "\n" + "\n".join(_sections())


def _sections() -> Iterator[str]:
    for title, thing in CHAPTERS.items():
        yield _section("##", title, thing)
    yield "## Constraint families\n" + _names()
    for name, constrain in FAMILIES.items():
        golden = f" · [its rows on paper](../tests/golden/lp/{name}.lp)"
        yield _section("###", name, constrain, golden)
    yield _section("##", "Bound and gap", search)
    yield "## Rows found on the way\n\nThe families are not all: these are added where an answer needs them.\n"
    for title, thing in PROOF.items():
        yield _section("###", title, thing)


def _names() -> str:
    links = ", ".join(f"[{name}](#{name})" for name in FAMILIES)
    return f"\nIn the order in which they are applied: {links}.\n"


def _section(level: str, title: str, thing: Documented, more: str = "") -> str:
    source = Path(inspect.getsourcefile(thing) or "").resolve().relative_to(ROOT).as_posix()
    link = f"[{source}](../{source})"
    name = getattr(thing, "__name__", "")
    said = link if isinstance(thing, ModuleType) else f"`{name}` in {link}"
    return f"{level} {title}\n{markdown(thing.__doc__ or '')}{said}{more}\n"


def markdown(docstring: str) -> str:
    """A docstring as Markdown: what is indented is a formula, and goes into a fence."""
    first, _, rest = docstring.partition("\n")
    paragraphs = f"{first}\n{dedent(rest)}".strip("\n").split("\n\n")
    return "".join(
        f"```text\n{dedent(paragraph)}\n```\n\n"
        if paragraph.startswith("    ")
        else f"{paragraph}\n\n"
        for paragraph in _joined(paragraphs)
    )


def _joined(paragraphs: list[str]) -> Iterator[str]:
    """Formulas with an empty line between them stay in one fence."""
    held = ""
    for paragraph in paragraphs:
        if held.startswith("    ") and paragraph.startswith("    "):
            held = f"{held}\n\n{paragraph}"
        else:
            if held:
                yield held
            held = paragraph.rstrip()
    if held:
        yield held
