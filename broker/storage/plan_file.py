"""Saved plans: one signed file each.

    {"payload": "...", "payloadType": "application/vnd.gpu-broker.plan+json", "signatures": [...]}

The payload is a statement about the plan document and all it rests on, the envelope is DSSE, both in
canonical JSON: of a file, there is one text, and any other is refused. It is readable by its owner
alone, since it says what the organisation buys, where, and for how much.
"""

import hashlib
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from broker.domain.canonical import canonical_json
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import PlanFileInvalid, UsageInvalid
from broker.domain.redaction import SECRET_MARK
from broker.planning.signature import Envelope, EnvelopeDamaged, believed, decoded, sealed
from broker.planning.statement import (
    PAYLOAD_TYPE,
    StatementInvalid,
    StatementVersion,
    parsed,
    statement,
)
from broker.ports.signing import Signer, Verifier
from broker.ports.stores import Bindings, PlanStore, SignedPlan
from broker.storage.whole_file import check_writable, write_whole

UNSIGNED_FORMAT = "gpu-broker plan"
"""What files said of themselves before they were signed."""

SHORTEST_SECRET = 16
"""A shorter one may be a word that names a team or a fleet, too."""

MAXIMUM_BYTES = 96 * 1024 * 1024

AGAIN = "Make the plan again with `broker plan -out FILE`."
NAME_ONE = "Name a file written by `broker plan -out FILE`."


class PlanFiles:
    """Plans on the local disk; *secrets* are texts that must never be in one."""

    def __init__(
        self, signer: Signer, verifier: Verifier, *, secrets: Collection[str] = ()
    ) -> None:
        self._signer = signer
        self._verifier = verifier
        self._secrets = [secret for secret in secrets if len(secret) >= SHORTEST_SECRET]

    def check_writable(self, path: Path) -> None:
        """Try the folder and the key before hours of work."""
        check_writable(path)
        self._signer.key_id  # noqa: B018  # makes the key if there is none

    def save(self, path: Path, document: dict[str, Any], bindings: Bindings) -> str:
        """Sign the statement about *document*."""
        payload = statement(document, bindings)
        self._refuse_secrets(path, payload.decode())
        write_whole(path, sealed(PAYLOAD_TYPE, payload, self._signer))
        return _digest(payload)

    def load(self, path: Path) -> SignedPlan:
        """Believe the signature first, then read what was signed."""
        envelope = _envelope(path, _read(path))
        payload = believed(envelope, self._verifier, subject=str(path))
        try:
            document, bindings = parsed(payload)
        except StatementVersion as error:
            raise _other_version(path, str(error)) from error
        except StatementInvalid as error:
            raise _damaged(path, str(error)) from error
        return SignedPlan(
            document=document, bindings=bindings, signer=envelope.key_id, digest=_digest(payload)
        )

    def _refuse_secrets(self, path: Path, text: str) -> None:
        """Raise UsageInvalid if a credential, or what an engine calls a secret, got into it."""
        spelled = [canonical_json(secret)[1:-1] for secret in self._secrets]
        if any(secret in text for secret in [*spelled, SECRET_MARK]):
            raise UsageInvalid(
                Diagnostic(
                    code="plan-holds-secret",
                    subject=str(path),
                    summary="The plan would hold a secret: a password or key of the environment, or of a stack",
                    hint="Take it out of fleet.yaml: labels and names are no place for secrets.",
                )
            )


_: type[PlanStore] = PlanFiles


def _digest(payload: bytes) -> str:
    return "sha256:" + hashlib.sha256(payload).hexdigest()


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise _invalid(
            path,
            f"Can not read {path}: {error.strerror}",
            code="plan-file-unreadable",
            hint=NAME_ONE,
        ) from error
    if len(content) > MAXIMUM_BYTES:
        raise _invalid(
            path,
            f"{path} is larger than any plan ({MAXIMUM_BYTES // 1024**2} MiB)",
            code="plan-file-foreign",
            hint=NAME_ONE,
        )
    return content


def _envelope(path: Path, content: bytes) -> Envelope:
    try:
        envelope = decoded(content)
    except EnvelopeDamaged as error:
        raise _no_envelope(path, content, str(error)) from error
    if envelope.payload_type != PAYLOAD_TYPE:
        raise _foreign(path, f"It holds {envelope.payload_type!r}.")
    return envelope


def _no_envelope(path: Path, content: bytes, why: str) -> PlanFileInvalid:
    """Tell what it is, as far as can be told: nothing of it is believed anyway."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return _damaged(path, why)
    if not isinstance(document, dict) or not {"format", "payload"} & set(document):
        return _foreign(path)
    if document.get("format") == UNSIGNED_FORMAT:
        return _other_version(path, "It is not signed, as plans were in earlier versions.")
    return _damaged(path, why)


def _foreign(path: Path, detail: str = "") -> PlanFileInvalid:
    return _invalid(
        path,
        f"{path} is not a plan saved by broker",
        code="plan-file-foreign",
        detail=detail,
        hint=NAME_ONE,
    )


def _other_version(path: Path, detail: str) -> PlanFileInvalid:
    return _invalid(
        path,
        f"{path} is a plan file of another version than this broker reads",
        code="plan-file-version",
        detail=detail,
        hint=f"Use the broker that wrote it. {AGAIN}",
    )


def _damaged(path: Path, detail: str) -> PlanFileInvalid:
    return _invalid(
        path,
        f"{path} is not as it was saved: it is cut off, was changed, or is no plan",
        code="plan-file-damaged",
        detail=detail,
        hint=AGAIN,
    )


def _invalid(
    path: Path, summary: str, *, code: str, hint: str, detail: str = ""
) -> PlanFileInvalid:
    return PlanFileInvalid(
        Diagnostic(code=code, subject=str(path), summary=summary, detail=detail, hint=hint)
    )
