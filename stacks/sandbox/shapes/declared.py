"""From declarations in a provider package to shapes."""

import ast
from collections.abc import Iterator
from threading import Lock

from stacks.sandbox.shapes.shape import (
    ANYTHING,
    EitherOf,
    ListOf,
    MapOf,
    OneWord,
    Record,
    RecordOf,
    Scalar,
    Shape,
)
from stacks.sandbox.shapes.source import Source, files_of

SCALARS = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
NESTED = "_inputs.py"
ENUMS = "_enums.py"


class Shapes:
    """The records of *package*, read when they are asked for the first time."""

    def __init__(self, package: str) -> None:
        self._source = Source(package)
        self._records: dict[RecordOf, Record | None] = {}
        self._lock = Lock()

    def resource(self, module: str, name: str) -> Record | None:
        """The inputs of the resource *name* of *module*, None if nobody declares them."""
        for suffix in ("InitArgs", "Args"):
            record = self._record(RecordOf(module, name + suffix), *files_of(name))
            if record is not None:
                return record
        return None

    def record(self, named: RecordOf) -> Record | None:
        """A record that is part of another, None if nobody declares it."""
        return self._record(named, NESTED)

    def _record(self, named: RecordOf, *files: str) -> Record | None:
        with self._lock:
            if named not in self._records:
                found = self._source.declared(named.module, named.name, *files)
                self._records[named] = self._read(found, named.module) if found else None
            return self._records[named]

    def _read(self, declared: ast.ClassDef, module: str) -> Record:
        made = next(
            node
            for node in declared.body
            if isinstance(node, ast.FunctionDef) and node.name == "__init__"
        )
        names = dict(_wire_names(declared))
        arguments = list(zip(made.args.kwonlyargs, made.args.kw_defaults, strict=True))
        return Record(
            fields={
                names.get(one.arg, one.arg): self._shape(one.annotation, module)
                for one, _ in arguments
            },
            required=frozenset(
                names.get(one.arg, one.arg) for one, default in arguments if default is None
            ),
        )

    def _shape(self, annotation: ast.expr | None, module: str) -> Shape:
        match annotation:
            case ast.Subscript(value=base, slice=inner):
                return self._generic(_last(base), inner, module)
            case ast.Constant(value=str(text)):
                return self._named(text, module)
            case ast.Attribute() | ast.Name():
                kind = SCALARS.get(_last(annotation))
                return Scalar(kind) if kind else ANYTHING
            case _:
                return ANYTHING

    def _generic(self, base: str, inner: ast.expr, module: str) -> Shape:
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        match base:
            case "Input" | "Optional":
                return self._shape(inner, module)
            case "Sequence":
                return ListOf(self._shape(inner, module))
            case "Mapping":
                return MapOf(self._shape(parts[-1], module))
            case "Union":
                return _either([self._shape(part, module) for part in parts])
            case _:
                words = [str(one.value) for one in parts if isinstance(one, ast.Constant)]
                return OneWord(tuple(words)) if base == "Literal" else ANYTHING

    def _named(self, text: str, module: str) -> Shape:
        """A class that is named in quotes: a record or an enumeration, perhaps of another module."""
        path, _, name = text.rpartition(".")
        if path == "outputs" or name.endswith("ArgsDict"):
            return ANYTHING
        if path:
            module = path.removeprefix("_").replace(".", "/")
            module = "" if module == "root_inputs" else module
        if name.endswith("Args"):
            return RecordOf(module, name)
        declared = self._source.declared(module, name, ENUMS)
        return OneWord(tuple(_members(declared))) if declared else ANYTHING


def _last(expression: ast.expr) -> str:
    """`Input` of `pulumi.Input`."""
    if isinstance(expression, ast.Attribute):
        return expression.attr
    return expression.id if isinstance(expression, ast.Name) else ""


def _either(shapes: list[Shape]) -> Shape:
    """One of them; a text beside an enumeration is there for words to come, which no cloud knows."""
    words = [shape for shape in shapes if isinstance(shape, OneWord)]
    if words:
        shapes = [shape for shape in shapes if shape != Scalar("string")]
    return shapes[0] if len(shapes) == 1 else EitherOf(tuple(shapes))


def _members(declared: ast.ClassDef) -> Iterator[str]:
    for node in declared.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            yield str(node.value.value)


def _wire_names(declared: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """What the protocol calls each property."""
    for node in declared.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and _last(decorator.func) == "getter":
                for keyword in decorator.keywords:
                    if isinstance(keyword.value, ast.Constant):
                        yield node.name, str(keyword.value.value)
