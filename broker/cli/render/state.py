"""What is recorded of a fleet, as people read it and as programs do."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from broker.cli.render.diagnostics import FORMAT_VERSION
from broker.cli.render.style import Style
from broker.domain.wording import many
from broker.planning.lifetime import shown
from broker.planning.records import Record
from broker.ports.state import Lease, MemberRecord
from broker.usecases.state import Edited


def records_document(records: Iterable[Record]) -> dict[str, Any]:
    """For programs: all that is recorded of each."""
    return {
        "format_version": FORMAT_VERSION,
        "resources": [_record(record) for record in records],
    }


def record_document(record: Record) -> dict[str, Any]:
    """For programs: one of them."""
    return {"format_version": FORMAT_VERSION, **_record(record)}


def edited_document(edited: Edited) -> dict[str, Any]:
    """For programs: what a change came to."""
    return {
        "format_version": FORMAT_VERSION,
        "written": edited.written,
        "addresses": list(edited.addresses),
        "lineage": edited.state.lineage,
        "serial": edited.state.serial,
    }


def lease_document(lease: Lease) -> dict[str, Any]:
    """For programs: who holds the lock."""
    return {
        "id": lease.id,
        "token": lease.token,
        "who": lease.who,
        "operation": lease.operation,
        "since": lease.since.isoformat(),
        "expires_at": lease.expires_at.isoformat(),
    }


def render_lease(lease: Lease) -> str:
    """For people: who holds the lock, in the words of Terraform."""
    return (
        f"ID:        {lease.id}\n"
        f"Operation: {lease.operation}\n"
        f"Who:       {lease.who}\n"
        f"Created:   {lease.since.isoformat(sep=' ', timespec='seconds')}"
    )


def render_record(record: Record, style: Style) -> str:
    """For people: one resource, as `terraform state show` shows one."""
    made = record.made
    mark = style.yellow(" (tainted)") if made is not None and made.is_tainted else ""
    mark += style.yellow(" (to be made anew)") if record.is_marked else ""
    end = f" until {shown(record.expires_at)}" if record.expires_at is not None else ""
    blocks = [
        style.bold(f"# {record.address}:") + mark + end,
        f"{record.type.value} {json.dumps(record.name)} {{",
        *_lines(record.values, 1),
        *(_made(made) if made is not None else ()),
        "}",
    ]
    return "\n".join(blocks) + "\n"


def _made(made: MemberRecord) -> Iterable[str]:
    if made.outputs:
        yield ""
        yield "    outputs {"
        yield from _lines(made.outputs, 2)
        yield "    }"
    if made.resources:
        yield ""
        yield f"    # {many(len(made.resources), 'resource')} of the stack"
        for resource in made.resources:
            yield f"    {resource.get('type', '')} {json.dumps(resource.get('name', ''))} {{"
            yield from _lines({"id": resource.get("id", "")}, 2)
            yield "    }"


def _lines(values: Mapping[str, Any], depth: int) -> Iterable[str]:
    """`key = value`, the signs below each other; what is not known is left out."""
    known = {key: value for key, value in values.items() if value is not None}
    width = max(map(len, known), default=0)
    margin = "    " * depth
    for key, value in known.items():
        yield from _value(f"{margin}{key:<{width}} = ", value, depth)


def _value(head: str, value: Any, depth: int) -> Iterable[str]:
    margin = "    " * depth
    if isinstance(value, Mapping) and value:
        yield f"{head}{{"
        yield from _lines(value, depth + 1)
        yield f"{margin}}}"
    elif _is_nested(value):
        yield f"{head}["
        for each in value:
            yield from _value(f"{margin}    ", each, depth + 1)
        yield f"{margin}]"
    else:
        yield head + json.dumps(value, ensure_ascii=False)


def _is_nested(value: Any) -> bool:
    return isinstance(value, Sequence) and any(isinstance(each, Mapping) for each in value)


def _record(record: Record) -> dict[str, Any]:
    made = record.made
    return {
        "address": record.address,
        "type": record.type.value,
        "name": record.name,
        "values": dict(record.values),
        "tainted": made is not None and made.is_tainted,
        "anew": record.is_marked,
        "expires_at": None if record.expires_at is None else record.expires_at.isoformat(),
        "outputs": dict(made.outputs) if made is not None else {},
        "resources": [dict(each) for each in made.resources] if made is not None else [],
    }
