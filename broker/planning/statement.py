"""What is signed of a plan: an in-toto statement about the plan document and what it is bound to."""

import json
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from broker.domain.canonical import canonical_json, digest
from broker.domain.ids import ClusterName
from broker.domain.money import Money
from broker.planning.shape import (
    AMOUNT,
    INSTANT,
    TEXT,
    WHOLE,
    Optional,
    Shape,
    findings,
    matching,
    one_of,
)
from broker.ports.stores import Bindings, StackBinding

PAYLOAD_TYPE = "application/vnd.gpu-broker.plan+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
KIND_OF_PLANS = "urn:gpu-broker:plan:"
PREDICATE_TYPE = f"{KIND_OF_PLANS}3"
"""Its last part is the version of the file; version 1 was not signed, version 2 bound to no place."""

Document = dict[str, Any]

DIGEST = matching("a digest", r"sha256:[0-9a-f]{64}")
HEX = matching("a hash", r"[0-9a-f]{64}")
NAMED: Shape = {"name": TEXT, "digest": {"sha256": HEX}}

BINDINGS: Shape = {
    "lineage": Optional(TEXT),
    "serial": WHOLE,
    "place": Optional(TEXT),
    "spec": DIGEST,
    "snapshot": DIGEST,
    "policy": DIGEST,
    "desired": DIGEST,
    "tool": TEXT,
    "issued_at": INSTANT,
    "expires_at": INSTANT,
    "nonce": DIGEST,
    "price_tolerance": AMOUNT,
    "cost_cap": Optional({"amount": AMOUNT, "currency": TEXT}),
    "stacks": [{"member": TEXT, "checkpoint": Optional(TEXT), "steps": DIGEST}],
    "replace": [TEXT],
}

STATEMENT: Shape = {
    "_type": one_of(STATEMENT_TYPE),
    "predicateType": one_of(PREDICATE_TYPE),
    "subject": [NAMED],
    "predicate": {"plan": {}, "bindings": BINDINGS},
}


class StatementInvalid(ValueError):
    """A payload that is no statement about a plan; says what is wrong with it."""


class StatementVersion(StatementInvalid):
    """A statement that another version of the broker has made."""


def statement(document: Document, bindings: Bindings) -> bytes:
    """The payload to sign: canonical JSON."""
    plan_digest = digest(document)
    return canonical_json(
        {
            "_type": STATEMENT_TYPE,
            "subject": _subjects(plan_digest, bindings),
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "plan": document,
                "bindings": {**_bindings(bindings), "nonce": _nonce(plan_digest, bindings)},
            },
        }
    ).encode()


def parsed(payload: bytes) -> tuple[Document, Bindings]:
    """What *payload* states; raises StatementInvalid.

    Only what `statement` would write again byte for byte is accepted.
    """
    stated = _loaded(payload)
    kind = str(stated.get("predicateType"))
    if kind != PREDICATE_TYPE and kind.startswith(KIND_OF_PLANS):
        message = f"It is a statement of type {kind!r}."
        raise StatementVersion(message)
    wrong = list(findings(stated, STATEMENT, "statement"))
    if wrong:
        raise StatementInvalid("\n".join(wrong[:5]))
    document = stated["predicate"]["plan"]
    bindings = _bindings_of(stated["predicate"]["bindings"])
    try:
        again = statement(document, bindings)
    except (ValueError, TypeError, RecursionError) as error:  # floats, halves of characters
        raise StatementInvalid(str(error)) from error
    if again != payload:
        message = "it is not written as a statement is"
        raise StatementInvalid(message)
    return document, bindings


def _loaded(payload: bytes) -> Document:
    try:
        stated = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise StatementInvalid(str(error)) from error
    if not isinstance(stated, dict):
        message = "it is no JSON object"
        raise StatementInvalid(message)
    return stated


def _subjects(plan_digest: str, bindings: Bindings) -> list[Document]:
    named = {
        "plan": plan_digest,
        "spec": bindings.spec,
        "snapshot": bindings.snapshot,
        "policy": bindings.policy,
        "desired": bindings.desired,
    }
    return [
        {"name": name, "digest": {"sha256": stated.removeprefix("sha256:")}}
        for name, stated in named.items()
    ]


def _nonce(plan_digest: str, bindings: Bindings) -> str:
    """One for each plan that is made: derived, so that the same plan of an instant is the same."""
    return digest([plan_digest, _bindings(bindings)])


def _bindings(bindings: Bindings) -> Document:
    cap = bindings.cost_cap
    return {
        "lineage": bindings.lineage,
        "serial": bindings.serial,
        "place": bindings.place,
        "spec": bindings.spec,
        "snapshot": bindings.snapshot,
        "policy": bindings.policy,
        "desired": bindings.desired,
        "tool": bindings.tool,
        "issued_at": _text(bindings.issued_at),
        "expires_at": _text(bindings.expires_at),
        "price_tolerance": _share(bindings.price_tolerance),
        "cost_cap": None if cap is None else {"amount": str(cap), "currency": cap.currency},
        "stacks": [
            {"member": stack.member, "checkpoint": stack.checkpoint, "steps": stack.steps}
            for stack in sorted(bindings.stacks, key=lambda stack: stack.member)
        ],
        "replace": list(bindings.replace),
    }


def _bindings_of(stated: Document) -> Bindings:
    cap = stated["cost_cap"]
    return Bindings(
        lineage=stated["lineage"],
        serial=stated["serial"],
        place=stated["place"],
        spec=stated["spec"],
        snapshot=stated["snapshot"],
        policy=stated["policy"],
        desired=stated["desired"],
        tool=stated["tool"],
        issued_at=datetime.fromisoformat(stated["issued_at"]),
        expires_at=datetime.fromisoformat(stated["expires_at"]),
        price_tolerance=Decimal(stated["price_tolerance"]),
        cost_cap=None if cap is None else Money.parse(cap["amount"], cap["currency"]),
        stacks=tuple(
            StackBinding(
                member=ClusterName(stack["member"]),
                checkpoint=stack["checkpoint"],
                steps=stack["steps"],
            )
            for stack in stated["stacks"]
        ),
        replace=tuple(stated["replace"]),
    )


def _share(share: Decimal) -> str:
    """To the millionth, rounded down: a bound is never wider than it was stated."""
    rounded = share.quantize(Decimal("0.000001"), ROUND_FLOOR).normalize()
    return f"{rounded:f}"


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
