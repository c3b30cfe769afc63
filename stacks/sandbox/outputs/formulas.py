"""How ids and computed outputs are formed: templates over the inputs and some numbers."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any
from uuid import UUID

ACCOUNT = "123456789012"
"""The AWS account of the sandbox, which is moto's."""
PROJECT = "sandbox-project"
PROJECT_NUMBER = "123456789012"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
TENANT = "00000000-0000-4000-8000-0000000000aa"

FIELD = re.compile(r"\{([\w.]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """How one type of resource is known: *id*, and what the cloud adds to the inputs as *outputs*.

    Templates name inputs by path (`{vpcConfig.vpcId}`) and what `numbers` gives. *name* is the input
    that holds the physical name, None if it has none, and *region* says where it is.
    """

    id: str
    outputs: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None
    region: str = ""


def numbers(seed: str) -> dict[str, str]:
    """What is unique to one resource, and the same for the same *seed*."""
    digest = hashlib.sha256(seed.encode()).hexdigest()
    return {
        "hex7": digest[:7],
        "hex8": digest[:8],
        "hex17": digest[:17],
        "other17": digest[17:34],
        "third17": digest[34:51],
        "hex32": digest[:32],
        "HEX32": digest[:32].upper(),
        "hex40": digest[:40],
        "uuid": str(UUID(hex=digest[:32], version=4)),
        "other_uuid": str(UUID(hex=digest[32:], version=4)),
        "id17": digest[:17].upper(),
        "digits": str(int(digest[:16], 16)).zfill(20)[-18:],
        "octet": str(int(digest[:2], 16)),
        "last_octet": str(int(digest[2:4], 16)),
    }


def filled(template: Any, known: Mapping[str, Any]) -> Any:
    """*template* with its fields; one that is a field alone keeps the type of its value."""
    match template:
        case Mapping():
            return {key: filled(below, known) for key, below in template.items()}
        case list():
            return [filled(below, known) for below in template]
        case str():
            alone = FIELD.fullmatch(template)
            if alone:
                return _at(known, alone[1])
            return FIELD.sub(lambda found: _text(_at(known, found[1])), template)
        case _:
            return template


def fields_of(template: str) -> list[str]:
    """The names of the fields of *template*, in order."""
    return [name for _, name, _, _ in Formatter().parse(template) if name]


def _at(known: Mapping[str, Any], path: str) -> Any:
    value: Any = known
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _text(value: Any) -> str:
    return "" if value is None else str(value)
