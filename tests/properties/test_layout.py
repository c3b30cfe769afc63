"""The canonical layout: reached from any other, and never another fleet."""

import re
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker.spec.layout import laid_out, says_the_same
from broker.spec.load import parse
from tests.fakes.example_fleets import EXAMPLES

SCALARS = st.sampled_from(
    ["a", "NO", "010", "1.10", "true", "~", "'q ''q'", '"d \\" d"', "${var.x}", '"${var.y}"', "x y",
     "12:30:45", "s3://b/c", "a#b", "2026-12-01T00:00:00Z", '"a\\nb"', "é", "*x", "&y z", "-1"]
)  # fmt: skip
KEYS = st.sampled_from(["a", "b-c", '"d e"', "f", "'g'", "on", "h"])
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=9,
)


class Writer:
    """Writes a tree as YAML, in a layout that is drawn; counts the comments in it."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.comments = 0

    def maybe(self) -> bool:
        return self.draw(st.integers(0, 3)) == 0

    def spaces(self, least: int) -> str:
        return " " * self.draw(st.sampled_from([least, least, least, least + 1, least + 3]))

    def comment(self) -> str:
        self.comments += 1
        return f"#{self.spaces(0)}c{self.comments} : [x]"

    def end(self, indent: int) -> str:
        """The end of a line, and comments and blank lines after it."""
        text = f"{self.spaces(1)}{self.comment()}" if self.maybe() else self.spaces(0)
        text += "\n" * self.draw(st.sampled_from([1, 1, 1, 2, 3]))
        while self.maybe():
            text += (
                " " * self.draw(st.sampled_from([0, indent, indent + 2])) + self.comment() + "\n"
            )
        return text

    def flow(self, tree: Any, indent: int) -> str:
        def gap() -> str:
            return (
                self.end(indent) + " " * indent + self.spaces(1) if self.maybe() else self.spaces(0)
            )

        if isinstance(tree, str):
            return tree if "${" not in tree or tree.startswith('"') else f'"{tree}"'
        if isinstance(tree, list):
            items = [gap() + self.flow(item, indent) + gap() for item in tree]
            return f"[{','.join(items)}]"
        pairs = [
            f"{gap()}{key}:{self.spaces(1)}{self.flow(value, indent)}{gap()}"
            for key, value in tree.items()
        ]
        return f"{{{','.join(pairs)}}}"

    def value(self, tree: Any, indent: int, *, is_key: bool) -> str:
        """What stands behind `key:` or `-`, to the end of the last line; *indent* is that of these."""
        if isinstance(tree, str) and self.maybe() and tree in {"a", "x y"}:
            inner = indent + 1 + self.draw(st.integers(0, 3))
            mark = self.draw(st.sampled_from(["|", ">", "|-", ">+"]))
            lines = [f"{' ' * inner}{line}" for line in (tree, f"  {tree}", tree)]
            return f"{self.spaces(1)}{mark}\n" + "\n".join(lines) + "\n"
        if isinstance(tree, str) or not tree or self.maybe():
            return self.spaces(1) + self.flow(tree, indent + 1) + self.end(indent)
        least = 0 if is_key and isinstance(tree, list) else 1
        deeper = indent + self.draw(st.integers(least, 4))
        return self.end(deeper) + self.block(tree, deeper)

    def block(self, tree: Any, indent: int) -> str:
        margin = " " * indent
        if isinstance(tree, list):
            return "".join(f"{margin}-{self.value(item, indent, is_key=False)}" for item in tree)
        return "".join(
            f"{margin}{key}:{self.value(item, indent, is_key=True)}" for key, item in tree.items()
        )


@st.composite
def layouts(draw: st.DrawFn) -> str:
    """A document in some layout."""
    tree = draw(st.dictionaries(KEYS, TREES, min_size=1, max_size=4))
    return "first: &x 1\n" + Writer(draw).block(tree, 0)


def comments(text: str) -> list[str]:
    """The comments of a drawn document, in order."""
    return re.findall(r"#\s*(c\d+) : \[x\]", text)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(layouts())
def test_a_layout_says_the_same_and_keeps_every_comment(text: str) -> None:
    after = laid_out(text)

    assert says_the_same(text, after)
    assert comments(after) == comments(text)
    assert laid_out(after) == after
    assert (
        re.search(r"[ \t]\n|\n\n\n|^\n|\n\n\Z", re.sub(r"[|>].*\n( .*\n|\n)*", "", after)) is None
    )


@given(
    st.sampled_from(sorted(EXAMPLES)),
    st.integers(2, 5),
    st.sampled_from(["", " ", "  "]),
    st.randoms(),
)
def test_every_layout_of_an_example_comes_to_the_example(
    name: str, step: int, wide: str, rnd: Random
) -> None:
    def moved(line: str) -> str:
        text = line.lstrip(" ")
        depth = len(line) - len(text)
        if text.startswith("- "):
            text = f"-{' ' * (step - 1)}{text.removeprefix('- ')}"
        if "#" not in text:
            text = text.replace(", ", f"{wide},{wide} ").replace(": ", f":{wide} ")
        return " " * (depth // 2 * step + depth % 2) + text + rnd.choice(["", "", " ", "   "])

    lines = EXAMPLES[name].splitlines()
    text = "\n".join(line for each in lines for line in ([moved(each)] if each else ["", " "]))

    assert laid_out(text) == EXAMPLES[name]
    assert parse(text, name).digest == parse(EXAMPLES[name], name).digest


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_example_is_in_the_canonical_layout(name: str) -> None:
    assert laid_out(EXAMPLES[name]) == EXAMPLES[name]
