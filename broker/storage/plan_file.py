"""Saved plans: one JSON file each, which knows whether it is whole.

    {"format": "gpu-broker plan", "version": 1, "digest": "sha256:...", "plan": {...}}

The digest is that of the canonical JSON of `plan`, so that spaces and the order of keys do not
matter, and every changed value does. It tells damage from a whole file; it is no signature. The
file is readable by its owner alone, since it says what the organisation buys, where, and for how
much. It holds no time of writing: the same plan is the same bytes.
"""

import json
from pathlib import Path
from typing import Any

from broker.domain.canonical import digest
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import PlanFileInvalid
from broker.ports.stores import PlanStore
from broker.storage.whole_file import check_writable, write_whole

FORMAT = "gpu-broker plan"
VERSION = 1
MAXIMUM_BYTES = 64 * 1024 * 1024

AGAIN = "Make the plan again with `broker plan -out FILE`."


class PlanFiles:
    """Plans on the local disk."""

    def check_writable(self, path: Path) -> None:
        """Try the folder before hours of work."""
        check_writable(path)

    def save(self, path: Path, document: dict[str, Any]) -> str:
        """Write the envelope around *document*."""
        own_digest = digest(document)
        envelope = {"format": FORMAT, "version": VERSION, "digest": own_digest, "plan": document}
        write_whole(path, (json.dumps(envelope, indent=1, ensure_ascii=False) + "\n").encode())
        return own_digest

    def load(self, path: Path) -> dict[str, Any]:
        """Open the envelope; what comes out is what was put in."""
        envelope = _parse(path, _read(path))
        if not isinstance(envelope, dict) or envelope.get("format") != FORMAT:
            raise _invalid(
                path,
                f"{path} is not a plan saved by broker",
                code="plan-file-foreign",
                hint="Name a file written by `broker plan -out FILE`.",
            )
        version = envelope.get("version")
        if version != VERSION:
            raise _invalid(
                path,
                f"{path} is a plan file of version {version}; this broker reads version {VERSION}",
                code="plan-file-version",
                hint=f"Use the broker that wrote it. {AGAIN}",
            )
        return _verified(path, envelope)


_: type[PlanStore] = PlanFiles


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise _invalid(
            path,
            f"Can not read {path}: {error.strerror}",
            code="plan-file-unreadable",
            hint="Name a file written by `broker plan -out FILE`.",
        ) from error
    if len(content) > MAXIMUM_BYTES:
        raise _invalid(
            path,
            f"{path} is larger than any plan ({MAXIMUM_BYTES // 1024**2} MiB)",
            code="plan-file-foreign",
            hint="Name a file written by `broker plan -out FILE`.",
        )
    return content


def _parse(path: Path, content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _invalid(
            path,
            f"{path} is no whole JSON document: it is cut off, damaged, or no plan",
            code="plan-file-damaged",
            detail=str(error),
            hint=AGAIN,
        ) from error


def _verified(path: Path, envelope: dict[str, Any]) -> dict[str, Any]:
    document = envelope.get("plan")
    try:
        actual = digest(document)
    except (TypeError, ValueError, RecursionError):
        actual = None
    if not isinstance(document, dict) or actual is None or envelope.get("digest") != actual:
        raise _invalid(
            path,
            f"{path} was changed after it was saved",
            code="plan-file-damaged",
            detail=f"It says {envelope.get('digest')}, but its plan has {actual}.",
            hint=AGAIN,
        )
    return document


def _invalid(
    path: Path, summary: str, *, code: str, hint: str, detail: str = ""
) -> PlanFileInvalid:
    return PlanFileInvalid(
        Diagnostic(code=code, subject=str(path), summary=summary, detail=detail, hint=hint)
    )
