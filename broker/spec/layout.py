"""The canonical layout of a fleet.yaml: indentation, spaces and blank lines; lines stay lines.

Nothing is joined, wrapped, sorted or quoted anew, and comments stay where they are. So the layout is
one of tokens, not of data: libraries that load and dump lose comments inside of brackets.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from broker.spec.layout_lines import Lines
from broker.spec.layout_scalars import block_scalar, flow_scalar

STEP = 2

_OPENING = (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken)
_CLOSING = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)
_COLLECTION = (yaml.BlockMappingStartToken, yaml.BlockSequenceStartToken)
_MARKER = (yaml.DirectiveToken, yaml.DocumentStartToken, yaml.DocumentEndToken)
_OPEN_ENDED = (yaml.ValueToken, yaml.KeyToken, yaml.AnchorToken, yaml.TagToken)
_ENTRY = (yaml.BlockEntryToken, yaml.KeyToken, yaml.ValueToken)


def laid_out(text: str) -> str:
    """*text* in the canonical layout; raises yaml.YAMLError if it is no YAML.

    It is for the caller to check that it says the same: `says_the_same`.
    """
    return _Layout(re.sub(r"\r\n?", "\n", text)).done()


def says_the_same(one: str, other: str) -> bool:
    """Whether two texts are the same YAML but for their layout: data, quotes, anchors and all."""
    try:
        return _events(one) == _events(other)
    except yaml.YAMLError:
        return False


def _events(text: str) -> list[tuple[Any, ...]]:
    told = ("value", "anchor", "tag", "implicit", "style", "flow_style", "version")
    return [
        (type(event), *(getattr(event, name, None) for name in told))
        for event in yaml.parse(text, Loader=yaml.CSafeLoader)
    ]


@dataclass(slots=True)
class _Block:
    """An open collection of lines: its column in the text, and in the layout."""

    old: int
    new: int
    is_list: bool
    is_indentless: bool = False


@dataclass(slots=True)
class _Flow:
    """An open bracket and where what it holds begins, in columns of the layout."""

    bracket: int
    content: int
    is_broken: bool


@dataclass(slots=True)
class _Layout:
    """Takes tokens in their order, and what stands between them."""

    text: str
    lines: Lines = field(default_factory=Lines)
    blocks: list[_Block] = field(default_factory=list)
    former: list[_Block] = field(default_factory=list)
    flows: list[_Flow] = field(default_factory=list)
    at: int = 0
    before: yaml.Token | None = None
    is_key: bool = False

    def done(self) -> str:
        """The whole layout."""
        for token in yaml.scan(self.text, Loader=yaml.CSafeLoader):
            self._follow(token)
            if token.end_mark.index > token.start_mark.index:
                self._write(token)
        self._between_lines(self._gap(len(self.text)), 0, 0)
        done = self.lines.text()
        return done.removesuffix("\n") if self._ends_in_a_block else done

    @property
    def _ends_in_a_block(self) -> bool:
        """Whether an end of the last line would become a part of a literal or folded text."""
        is_block = isinstance(self.before, yaml.ScalarToken) and self.before.style in ("|", ">")
        return is_block and not self.text.endswith("\n")

    def _follow(self, token: yaml.Token) -> None:
        """Keep account of what is open."""
        if self.flows:
            return
        top = self.blocks[-1] if self.blocks else None
        is_end = isinstance(token, (yaml.KeyToken, yaml.ValueToken, yaml.BlockEndToken))
        if top is not None and top.is_indentless and is_end:
            self.blocks.pop()
        if isinstance(token, yaml.BlockEndToken):
            self.blocks.pop()
        elif isinstance(token, _COLLECTION):
            self._open(token, is_list=isinstance(token, yaml.BlockSequenceStartToken))
        elif isinstance(token, yaml.BlockEntryToken) and (top is None or not top.is_list):
            self._open(token, is_list=True, is_indentless=True)
        elif isinstance(token, yaml.KeyToken):
            self.is_key = True

    def _open(self, token: yaml.Token, *, is_list: bool, is_indentless: bool = False) -> None:
        new = self.blocks[-1].new + STEP if self.blocks else 0
        old = token.start_mark.column
        self.blocks.append(_Block(old=old, new=new, is_list=is_list, is_indentless=is_indentless))

    def _write(self, token: yaml.Token) -> None:
        start, end = token.start_mark.index, token.end_mark.index
        gap = self._gap(start)
        column = self._column(token)
        if len(gap) > 1 or self.lines.is_empty:
            self._between_lines(gap[:-1], token.start_mark.column, column)
            self.lines.begin(" " * column)
        elif self._is_apart(token):
            self.lines.add(" ")
        self.at, self.is_key = end, False
        if isinstance(token, yaml.ScalarToken):
            self._write_scalar(token, self.text[start:end])
        else:
            self.lines.add(self.text[start:end])
        if isinstance(token, _OPENING):
            self._open_bracket()
        elif isinstance(token, _CLOSING):
            self.flows.pop()
        self.before, self.former = token, list(self.blocks)

    def _gap(self, end: int) -> list[str]:
        """The lines between the last token and the next: the rest of its own, others, the next one's."""
        gap = self.text[self.at : end]
        return (gap if self.before is not None else f"\n{gap}").split("\n")

    def _column(self, token: yaml.Token) -> int:
        """Where *token* stands if it begins a line."""
        if self.flows:
            flow = self.flows[-1]
            if isinstance(token, _CLOSING):
                return flow.content - STEP if flow.is_broken else flow.bracket
            return flow.content
        if isinstance(token, _MARKER) or not self.blocks:
            return 0
        is_entry = self.is_key or isinstance(token, _ENTRY)
        return self._indent if is_entry else self._indent + STEP

    @property
    def _indent(self) -> int:
        return self.blocks[-1].new if self.blocks else 0

    def _is_apart(self, token: yaml.Token) -> bool:
        """Whether there is a space before *token*, which does not begin a line."""
        if isinstance(self.before, _OPENING):
            return False
        if isinstance(token, yaml.ValueToken):
            return not isinstance(self.before, (yaml.ScalarToken, *_CLOSING))
        is_end = isinstance(token, (yaml.FlowEntryToken, *_CLOSING))
        return not is_end or isinstance(self.before, _OPEN_ENDED)

    def _open_bracket(self) -> None:
        bracket = self.lines.width - 1
        is_broken = re.compile(r"[ \t]*(#.*)?\n").match(self.text, self.at) is not None
        outside = self.flows[-1].content if self.flows else self._indent
        content = outside + STEP if is_broken else bracket + 1
        self.flows.append(_Flow(bracket=bracket, content=content, is_broken=is_broken))

    def _write_scalar(self, token: yaml.ScalarToken, text: str) -> None:
        if token.style in ("|", ">"):
            self._write_block(text)
            return
        under = self.flows[-1].content if self.flows else self._indent + STEP * bool(self.blocks)
        first, *rest = flow_scalar(text, indent=under)
        self.lines.add(first)
        self.lines.content(rest)

    def _write_block(self, text: str) -> None:
        """A scalar whose end is that of a line; blank lines behind it belong to it only if it says so."""
        is_kept = "+" in text.partition("\n")[0]
        kept = text.removesuffix("\n") if is_kept else re.sub(r"(\n *)+\Z", "", text)
        self.at -= len(text) - len(kept)
        real = [block for block in self.blocks if not block.is_indentless]
        old = real[-1].old if real else 0
        header, content = block_scalar(kept, old=old, new=self._indent, step=STEP)
        self.lines.add(header)
        self.lines.content(content)

    def _between_lines(self, gap: list[str], old: int, column: int) -> None:
        """Comments and blank lines before a line; the first of *gap* is the rest of the last line."""
        first, *rest = gap
        if first.strip():
            self.lines.comment(first.strip())
        for line in rest:
            text = line.strip()
            if text:
                at = len(line) - len(line.lstrip())
                self.lines.begin(" " * self._comment_column(at, old, column) + text)
            else:
                self.lines.blank()

    def _comment_column(self, at: int, old: int, column: int) -> int:
        """Where a comment goes that stood at column *at*: with what comes next, or with what is open.

        What comes next stood at *old*, and will at *column*.
        """
        if self.flows:
            return self.flows[-1].content
        if at == old or isinstance(self.before, (yaml.ValueToken, yaml.BlockEntryToken)):
            return column
        known = [(old, column), *((block.old, block.new) for block in (*self.blocks, *self.former))]
        return max((pair for pair in known if pair[0] <= at), default=(0, 0))[1]
