"""Strict YAML 1.2: one document, plain data, no key twice, and bounds on everything that grows."""

import yaml

from broker.domain.diagnostics import Diagnostic, Where
from broker.domain.errors import SpecInvalid
from broker.spec.characters import LINE_END, refuse_unprintable
from broker.spec.nodes import Node, Scalar, ScalarKind
from broker.spec.yaml_builder import Builder


def read_yaml(text: str, file: str) -> tuple[Node, tuple[Diagnostic, ...]]:
    """The only document in *text*, and the findings that did not stop the reading.

    Raises SpecInvalid, with the findings up to there, when the rest can not be read: a syntax
    error, a bound passed, nothing in the file.
    """
    refuse_unprintable(text, file)
    builder = Builder(file=file)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.take(event)
    except yaml.YAMLError as error:
        raise SpecInvalid(*builder.findings, _syntax(error, text, file)) from error
    if builder.root is None or _is_nothing(builder.root):
        raise SpecInvalid(
            *builder.findings,
            Diagnostic(
                code="file-empty",
                subject=file,
                summary=f"{file} says nothing",
                hint="`broker init` writes a file to start from.",
                where=Where(file, 1, 1),
            ),
        )
    return builder.root, tuple(builder.findings)


def _is_nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.kind is ScalarKind.NOTHING


def _syntax(error: yaml.YAMLError, text: str, file: str) -> Diagnostic:
    """What the parser could not read, where, and the usual cause."""
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    where = Where(file, mark.line + 1, mark.column + 1) if mark else Where(file, 1, 1)
    problem = error.problem if isinstance(error, yaml.MarkedYAMLError) else None
    context = error.context if isinstance(error, yaml.MarkedYAMLError) else None
    return Diagnostic(
        code="yaml-syntax",
        subject=file,
        summary=f"Not YAML: {problem or 'it can not be read'}",
        detail=context or "",
        hint=_usual_cause(text, where),
        where=where,
    )


def _usual_cause(text: str, where: Where) -> str:
    lines = LINE_END.split(text)
    line = lines[where.line - 1] if where.line <= len(lines) else ""
    if "\t" in line:
        return "YAML is indented with spaces; this line has a tab."
    if "${" in line:
        return 'Inside brackets and braces, a variable needs quotes: "${var.NAME}".'
    return "Check the indentation, the quotes and the brackets around here."
