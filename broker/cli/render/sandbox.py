"""A sandbox, as people read of it and as programs do."""

from collections.abc import Sequence
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.ports.sandbox import SandboxRecord, SandboxResource


def sandbox_document(record: SandboxRecord | None, *, is_running: bool) -> dict[str, Any]:
    """For programs: whether it runs, and the environment that leads there."""
    return {
        "running": is_running and record is not None,
        "pid": record.pid if record else None,
        "clouds": list(record.clouds) if record else [],
        "engines": list(record.engines) if record else [],
        "fault_seed": record.fault_seed if record else None,
        "environment": dict(record.environment) if record else {},
    }


def render_sandbox(
    record: SandboxRecord | None, *, is_running: bool, missing: Sequence[Diagnostic] = ()
) -> str:
    """For people: what runs, where, and what to do next; *missing* is why an engine does not."""
    if record is None:
        return "No sandbox is running here. `broker sandbox start` runs one."
    if not is_running:
        return (
            f"The sandbox of process {record.pid} has ended without being stopped. "
            "`broker sandbox stop` forgets it."
        )
    faults = "nothing fails" if record.fault_seed is None else f"faults of seed {record.fault_seed}"
    lines = [
        f"Sandbox of {', '.join(record.clouds)}: process {record.pid}, {faults}.",
        *(f"  {name}={value}" for name, value in sorted(record.environment.items())),
        *(f"{found.summary}. {found.hint}" for found in missing),
        "`broker refresh` asks it now. `broker sandbox stop` ends it.",
    ]
    return "\n".join(lines)


def resources_document(resources: Sequence[SandboxResource]) -> dict[str, Any]:
    """For programs: all that exists in the sandbox."""
    return {
        "resources": [
            {"type": one.type, "name": one.name, "id": one.id, "region": one.region or None}
            for one in resources
        ]
    }


def render_resources(resources: Sequence[SandboxResource]) -> str:
    """For people: a line for each that exists, by type and name."""
    if not resources:
        return "Nothing was made in the sandbox."
    rows = [(one.type, one.name, one.id) for one in sorted(resources)]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return "\n".join(f"{type_:{widths[0]}}  {name:{widths[1]}}  {id_}" for type_, name, id_ in rows)
