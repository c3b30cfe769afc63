"""Envelopes are DSSE, and say who signed them."""

import json

import pytest

from broker.domain.errors import SignatureInvalid
from broker.planning.signature import (
    EnvelopeDamaged,
    believed,
    decoded,
    encoded,
    pre_authentication,
    sealed,
)
from tests.fakes.keys import Believing, FixedKey

KEY, STRANGER = FixedKey(), FixedKey(seed=2)


def test_what_is_signed_is_the_example_of_the_specification() -> None:
    assert (
        pre_authentication("http://example.com/HelloWorld", b"hello world")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_lengths_count_bytes() -> None:
    assert pre_authentication("é", "ü€".encode()) == "DSSEv1 2 é 5 ü€".encode()


def test_an_envelope_is_one_line_of_canonical_json() -> None:
    content = sealed("text/plain", b"hello", KEY)

    assert content.endswith(b"}\n")
    assert content.count(b"\n") == 1
    assert json.loads(content)["payload"] == "aGVsbG8="
    assert [s["keyid"] for s in json.loads(content)["signatures"]] == [KEY.key_id]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.rstrip(),
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text.replace(":", ": ", 1),
        lambda text: text.replace("text/plain", "\\u0074ext/plain"),
        lambda text: text.replace("{", '{"a":1,', 1),
        lambda text: text.replace("aGVsbG8=", "aGVsbG8"),
        lambda text: text.replace("aGVsbG8=", "aGVsbG9="),
        lambda text: text.replace("aGVsbG8=", "aGVs\\nbG8="),
        lambda text: text.replace('"signatures":[', '"signatures":[{"keyid":"a","sig":""},'),
        lambda text: text.replace('"payload"', '"payload":"","payload"'),
        lambda text: "\ufeff" + text,
    ],
)
def test_another_text_of_the_same_is_refused(change: object) -> None:
    text = sealed("text/plain", b"hello", KEY).decode()
    assert callable(change)

    with pytest.raises(EnvelopeDamaged):
        decoded(change(text).encode())


def test_only_the_keys_that_are_believed_are() -> None:
    envelope = decoded(sealed("text/plain", b"hello", STRANGER))

    with pytest.raises(SignatureInvalid) as failure:
        believed(envelope, Believing(KEY), subject="a.plan")
    (diagnostic,) = failure.value.diagnostics

    assert diagnostic.code == "signer-unknown"
    assert STRANGER.key_id in diagnostic.detail
    assert believed(envelope, Believing(KEY, STRANGER), subject="a.plan") == b"hello"


def test_a_signature_holds_for_its_type_and_no_other() -> None:
    content = sealed("text/plain", b"hello", KEY).replace(b"text/plain", b"text/other")
    envelope = decoded(content)

    with pytest.raises(SignatureInvalid) as failure:
        believed(envelope, Believing(KEY), subject="a.plan")

    assert [d.code for d in failure.value.diagnostics] == ["signature-wrong"]
    assert encoded(envelope) == content
