"""Finds classes in the source text of an installed package, without importing it.

Importing one module of a provider package takes seconds and a hundred megabytes, since it imports
all its siblings; the text of one class is found in milliseconds.
"""

import ast
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

WORD_BEGINS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
DECORATOR = re.compile(r"^(?=@pulumi\.)", re.MULTILINE)
CLASS = re.compile(r"^class (\w+)", re.MULTILINE)


class Source:
    """The text of *package* (`pulumi_aws`); of one that is not installed, nothing is found."""

    def __init__(self, package: str) -> None:
        spec = find_spec(package)
        self._root = Path(spec.origin).parent if spec and spec.origin else None

    def declared(self, module: str, name: str, *files: str) -> ast.ClassDef | None:
        """The class *name* in the first of the *files* of *module* (`core/v1`) that has it."""
        if self._root is None:
            return None
        for file in files:
            text = _class_text(self._root / module / file, name)
            if text:
                tree = ast.parse(text)
                return next(node for node in tree.body if isinstance(node, ast.ClassDef))
        return None


def files_of(resource: str) -> tuple[str, ...]:
    """The files that may hold the resource of that class name."""
    return (f"{WORD_BEGINS.sub('_', resource).lower()}.py", f"{resource}.py", "__init__.py")


@cache
def _starts(path: Path) -> dict[str, tuple[int, int]]:
    """From where to where the text of each class in the file goes."""
    if not path.is_file():
        return {}
    found = list(CLASS.finditer(path.read_text(encoding="utf-8")))
    ends = [*(match.start() for match in found[1:]), -1]
    return {match[1]: (match.start(), end) for match, end in zip(found, ends, strict=False)}


def _class_text(path: Path, name: str) -> str:
    start, end = _starts(path).get(name, (0, 0))
    if end == 0:
        return ""
    text = path.read_text(encoding="utf-8")
    body = text[start:] if end < 0 else text[start:end]
    # What precedes the next class, its decorator, is not of this one.
    return DECORATOR.split(body, maxsplit=1)[0]
