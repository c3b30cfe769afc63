"""Values of variables as a saved plan keeps them: enough to read the same spec again."""

import hashlib
from collections.abc import Mapping
from typing import Any

from broker.domain.canonical import canonical_json
from broker.domain.diagnostics import Diagnostic, Where
from broker.spec.findings import Findings
from broker.spec.nodes import ListNode, Node, Scalar, ScalarKind, plain
from broker.spec.variable_fields import KINDS, TYPES, VariableType
from broker.spec.variables import Variable

ROUNDS = 100_000
"""A tenth of a second for each guess at a sensitive value."""

PLAN = Where("the plan", 1, 1)


def value_documents(values: Mapping[str, Variable]) -> dict[str, Any]:
    """What a plan keeps of *values*: of sensitive ones a digest from which it is slow to guess."""
    return {
        name: _sealed(variable) if variable.is_sensitive else _document(variable.value)
        for name, variable in sorted(values.items())
    }


def planned(documents: Mapping[str, Any]) -> dict[str, Node]:
    """The reverse of it, but for sensitive values: these have to be given again."""
    return {name: _node(document) for name, document in documents.items() if "value" in document}


def check_unchanged(before: Mapping[str, Any], now: Mapping[str, Any], findings: Findings) -> None:
    """Add a finding for each sensitive value that is another *now* than the one that a plan has kept."""
    for name, kept in before.items():
        if "digest" in kept and name in now and now[name] != kept:
            findings.add(
                Diagnostic(
                    code="variable-value",
                    subject=f"var.{name}",
                    summary=f"var.{name} has another value than the plan was made with",
                    hint="Give it the value that it had, or plan again.",
                )
            )


def _document(value: Node) -> dict[str, Any]:
    """Numbers keep their digits, as text: `1.10` is not `1.1`."""
    if isinstance(value, Scalar):
        return {"type": str(TYPES[value.kind]), "value": plain(value)}
    items = value.items if isinstance(value, ListNode) else ()
    return {"type": str(VariableType.LIST), "value": [_document(item) for item in items]}


def _sealed(variable: Variable) -> dict[str, Any]:
    text = canonical_json(_document(variable.value)).encode()
    sealed = hashlib.pbkdf2_hmac("sha256", text, variable.name.encode(), ROUNDS)
    return {"sensitive": True, "digest": f"pbkdf2-sha256:{sealed.hex()}"}


def _node(document: Mapping[str, Any]) -> Node:
    value = document["value"]
    if document["type"] == VariableType.LIST:
        return ListNode(items=tuple(_node(item) for item in value), where=PLAN)
    kind = KINDS[VariableType(document["type"])]
    text = str(value).lower() if kind is ScalarKind.TRUTH else str(value)
    return Scalar(text=text, kind=kind, where=PLAN)
