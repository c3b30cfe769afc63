"""The engine's record of a stack where it is a file: read as the engine exports it, without starting the engine."""

import json
from pathlib import Path
from typing import Any

from stacks.places import Place, kept_in_files
from stacks.records import Document


def record_file(place: Place) -> Path | None:
    """Where the record is, or would be; None where records are not in files."""
    kept = kept_in_files(place.records)
    return None if kept is None else kept / "stacks" / place.project / f"{place.name}.json"


def exported(record: Path) -> Document | None:
    """What *record* holds, secrets encrypted; None if it is not there, is cut off, or holds nothing."""
    told = told_in(record) or {}
    checkpoint = told.pop("checkpoint", None)
    deployment = checkpoint.get("latest") if isinstance(checkpoint, dict) else None
    return {**told, "deployment": deployment} if deployment else None


def told_in(record: Path) -> dict[str, Any] | None:
    """All that is in the file, which the engine replaces as a whole; None if it is not there, or cut off."""
    try:
        told = json.loads(record.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return told if isinstance(told, dict) else None
