"""Signed envelopes: DSSE, in one text for one content, so that not a byte of a file can differ.

The signature is over the pre-authentication encoding of the type and the payload, as the
specification of DSSE 1.0 has it (secure-systems-lab/dsse, protocol.md). The envelope around it is
stricter than DSSE asks: canonical JSON, a line break, and exactly one signature.
"""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any

from broker.domain.canonical import canonical_json
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import SignatureInvalid
from broker.ports.signing import Signer, Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """*payload* of *payload_type* with the *signature* of the key *key_id*, not yet believed."""

    payload_type: str
    payload: bytes
    key_id: str
    signature: bytes


class EnvelopeDamaged(ValueError):
    """What was read is not exactly the text of an envelope."""


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """What is signed: lengths keep type and payload apart.

    >>> pre_authentication("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sealed(payload_type: str, payload: bytes, signer: Signer) -> bytes:
    """The text of an envelope around *payload*, signed."""
    envelope = Envelope(
        payload_type=payload_type,
        payload=payload,
        key_id=signer.key_id,
        signature=signer.sign(pre_authentication(payload_type, payload)),
    )
    return encoded(envelope)


def encoded(envelope: Envelope) -> bytes:
    """The one text of *envelope*."""
    document = {
        "payload": b64encode(envelope.payload).decode(),
        "payloadType": envelope.payload_type,
        "signatures": [
            {"keyid": envelope.key_id, "sig": b64encode(envelope.signature).decode()},
        ],
    }
    return canonical_json(document).encode() + b"\n"


def decoded(content: bytes) -> Envelope:
    """The envelope whose text is *content*, byte for byte; raises EnvelopeDamaged.

    Spaces, the order of keys, another spelling of a character, an unknown key or spare bits of
    base64 make another text, and are refused with all else.
    """
    try:
        envelope = _envelope(json.loads(content))
        again = encoded(envelope)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise EnvelopeDamaged(str(error)) from error
    if again != content:
        message = "it is not written as an envelope is"
        raise EnvelopeDamaged(message)
    return envelope


def _envelope(document: dict[str, Any]) -> Envelope:
    (signature,) = document["signatures"]
    return Envelope(
        payload_type=document["payloadType"],
        payload=b64decode(document["payload"], validate=True),
        key_id=signature["keyid"],
        signature=b64decode(signature["sig"], validate=True),
    )


def believed(envelope: Envelope, verifier: Verifier, *, subject: str) -> bytes:
    """The payload, if its signature is good; raises SignatureInvalid, which names *subject*."""
    if verifier.public_key(envelope.key_id) is None:
        raise SignatureInvalid(unknown_signer(subject, envelope.key_id))
    message = pre_authentication(envelope.payload_type, envelope.payload)
    if not verifier.accepts(envelope.key_id, message, envelope.signature):
        raise SignatureInvalid(
            Diagnostic(
                code="signature-wrong",
                subject=subject,
                summary=f"{subject} is not what was signed: it was changed afterwards",
                detail=f"It says that it is signed by {envelope.key_id}.",
                hint="Do not use it. Make it again where it came from.",
            )
        )
    return envelope.payload


def unknown_signer(subject: str, key_id: str) -> Diagnostic:
    """That *subject* is signed by nobody who is believed here."""
    return Diagnostic(
        code="signer-unknown",
        subject=subject,
        summary=f"{subject} is signed by a key that is not trusted here",
        detail=f"The key calls itself {key_id!r}.",
        hint="If you know whose it is, `broker key trust FILE` trusts the public key that they "
        "print with `broker key show`.",
    )
