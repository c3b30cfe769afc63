"""The recorded state as one JSON document, as `broker state pull` prints it and backups hold it.

    {"version": 3, "tool": "0.1.0", "lineage": "...", "serial": 41, "fleet": "research", ...}

What is not known to this version is ignored, as in everything that was stored; a newer version of the
document is refused.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from broker import __broker__
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import StateInvalid
from broker.domain.ids import ClusterName, PoolName
from broker.domain.redaction import SECRET_MARK
from broker.planning.left_aside import instant_of, stock_out_document, stock_out_of
from broker.ports.state import MemberRecord, State

VERSION = 3
"""Of the document; one more whenever an older broker could misread what is written.

Version 1 knew no fleet that ends, and no pool that is to be made anew; version 2 remembered nothing
that was out of stock: they would forget these.
"""

Document = dict[str, Any]


def _with_expiry(document: Document) -> Document:
    """What version 1 wrote lasts."""
    return {**document, "version": 2, "expires_at": None, "expiry_stated_at": None}


def _with_stock_outs(document: Document) -> Document:
    """What version 2 wrote remembers none."""
    return {**document, "version": 3, "stock_outs": []}


UPGRADES: Sequence[Callable[[Document], Document]] = (_with_expiry, _with_stock_outs)
"""The first makes a document of version 2 from one of version 1, and so on."""

OTHER_FILE = "Name a file that `broker state pull` wrote, or a backup in .broker/backups."

SHAPE = MappingProxyType(
    {
        "lineage": (str,),
        "serial": (int,),
        "fleet": (str,),
        "currency": (str,),
        "desired": (dict, type(None)),
        "members": (list,),
        "applied": (list,),
        "stock_outs": (list,),
    }
)
"""What kind of value each field has; a truth value is no number."""

PRIVATE_KEY = "PRIVATE KEY-----"


def state_document(state: State) -> Document:
    """Every field of *state*."""
    return {
        "version": VERSION,
        "tool": state.tool,
        "lineage": state.lineage,
        "serial": state.serial,
        "fleet": state.fleet,
        "currency": state.currency,
        "desired": state.desired,
        "members": [
            {
                "name": record.name,
                "is_tainted": record.is_tainted,
                "was": record.was,
                "anew": list(record.anew),
                "checkpoint": record.checkpoint,
                "member": record.member,
                "outputs": record.outputs,
                "resources": list(record.resources),
            }
            for record in state.members
        ],
        "applied": list(state.applied),
        "under_way": state.under_way,
        "expires_at": _written(state.expires_at),
        "expiry_stated_at": _written(state.expiry_stated_at),
        "stock_outs": [stock_out_document(each) for each in state.stock_outs],
    }


def _written(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat()


def state_text(state: State) -> str:
    """The document of *state* as text, the same for equal states.

    Raises StateInvalid if a secret is in it.
    """
    document = state_document(state)
    # Without spaces: what is indented is written five times slower, at each step of a long apply.
    text = json.dumps(
        document, separators=(",", ":"), sort_keys=True, ensure_ascii=False, allow_nan=False
    )
    if SECRET_MARK in text or PRIVATE_KEY in text:
        raise _secret(sorted(set(_secrets(document, ""))))
    return text


def state_of_text(text: str | bytes, subject: str, *, hint: str = OTHER_FILE) -> State:
    """The state that `state_text` made *text* from; *subject* says where it was found.

    Raises StateInvalid if it is none, or one of a newer broker.
    """
    try:
        return _state(upgraded(json.loads(text), subject))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise damaged(subject, f"{type(error).__name__}: {error}", hint=hint) from error


def upgraded(
    document: Any, subject: str, upgrades: Sequence[Callable[[Document], Document]] = UPGRADES
) -> Document:
    """*document* in the present version; raises StateInvalid for a newer one, ValueError for none."""
    version = document.get("version") if isinstance(document, dict) else None
    if type(version) is not int or version < 1:
        message = "it has no version"
        raise ValueError(message)
    newest = 1 + len(upgrades)
    if version > newest:
        raise newer(subject, written=version, read=newest, tool=str(document.get("tool", "")))
    for upgrade in upgrades[version - 1 :]:
        document = upgrade(document)
    return dict(document)


def newer(subject: str, *, written: int, read: int, tool: str) -> StateInvalid:
    """That a newer broker wrote it."""
    whose = f"broker {tool}" if tool else "a newer broker"
    return StateInvalid(
        Diagnostic(
            code="state-newer",
            subject=subject,
            summary=f"The state was written by {whose} in format {written}, which is newer than "
            f"this one reads (broker {__broker__}, format {read})",
            hint=f"Upgrade to {whose} or later to work with this state.",
        )
    )


def damaged(subject: str, why: str, *, hint: str) -> StateInvalid:
    """That *subject* is no state, or not a whole one."""
    return StateInvalid(
        Diagnostic(
            code="state-damaged",
            subject=subject,
            summary=f"{subject} is damaged, or is no state of a fleet",
            detail=why,
            hint=hint,
        )
    )


def _state(document: Document) -> State:
    for key, kinds in SHAPE.items():
        if type(document[key]) not in kinds:
            message = f"{key} is {document[key]!r}"
            raise ValueError(message)
    under_way = document.get("under_way")
    return State(
        lineage=document["lineage"],
        serial=document["serial"],
        fleet=document["fleet"],
        currency=document["currency"],
        desired=document["desired"],
        members=tuple(_member(entry) for entry in document["members"]),
        applied=tuple(str(applied) for applied in document["applied"]),
        under_way=None if under_way is None else str(under_way),
        tool=str(document.get("tool", "")),
        expires_at=_instant(document["expires_at"]),
        expiry_stated_at=_instant(document["expiry_stated_at"]),
        stock_outs=tuple(stock_out_of(each) for each in document["stock_outs"]),
    )


def _instant(written: Any) -> datetime | None:
    return None if written is None else instant_of(written)


def _member(entry: Document) -> MemberRecord:
    return MemberRecord(
        name=ClusterName(str(entry["name"])),
        member=dict(entry["member"]),
        outputs=dict(entry["outputs"]),
        resources=tuple(
            {str(key): str(value) for key, value in each.items()} for each in entry["resources"]
        ),
        checkpoint=None if entry["checkpoint"] is None else str(entry["checkpoint"]),
        is_tainted=bool(entry["is_tainted"]),
        was=None if entry.get("was") is None else dict(entry["was"]),
        anew=tuple(PoolName(str(name)) for name in entry.get("anew", ())),
    )


def _secret(places: Sequence[str]) -> StateInvalid:
    return StateInvalid(
        Diagnostic(
            code="state-secret",
            subject=", ".join(places),
            summary="A secret was about to be recorded in the state, and was not",
            hint="Keep it in a secret store, and name it there; the state holds none.",
        )
    )


def _secrets(value: Any, path: str) -> Iterator[str]:
    """Where in *value* something is marked as secret, or is a private key."""
    match value:
        case Mapping():
            if SECRET_MARK in value:
                yield path
            for key, below in value.items():
                yield from _secrets(below, f"{path}.{key}".lstrip("."))
        case list() | tuple():
            for number, below in enumerate(value):
                yield from _secrets(below, f"{path}[{number}]")
        case str() if SECRET_MARK in value or PRIVATE_KEY in value:
            yield path
        case _:
            pass
