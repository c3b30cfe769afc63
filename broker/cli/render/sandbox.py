"""A sandbox, as people read of it and as programs do."""

from typing import Any

from broker.ports.sandbox import SandboxRecord


def sandbox_document(record: SandboxRecord | None, *, is_running: bool) -> dict[str, Any]:
    """For programs: whether it runs, and the environment that leads there."""
    return {
        "running": is_running and record is not None,
        "pid": record.pid if record else None,
        "clouds": list(record.clouds) if record else [],
        "fault_seed": record.fault_seed if record else None,
        "environment": dict(record.environment) if record else {},
    }


def render_sandbox(record: SandboxRecord | None, *, is_running: bool) -> str:
    """For people: what runs, where, and what to do next."""
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
        "`broker refresh` asks it now. `broker sandbox stop` ends it.",
    ]
    return "\n".join(lines)
