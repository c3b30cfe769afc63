"""One text for one value, and one envelope for one payload."""

import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from broker.domain.canonical import canonical_json, digest
from broker.planning.signature import (
    Envelope,
    EnvelopeDamaged,
    believed,
    decoded,
    encoded,
    pre_authentication,
    sealed,
)
from tests.fakes.keys import Believing, FixedKey

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
KEY = FixedKey()


@given(VALUES)
def test_what_is_written_is_read_again_and_written_so_again(value: Any) -> None:
    text = canonical_json(value)

    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


@given(st.dictionaries(TEXT, VALUES, max_size=6), st.randoms())
def test_the_order_in_which_keys_were_put_in_does_not_matter(
    value: dict[str, Any], random: Any
) -> None:
    keys = list(value)
    random.shuffle(keys)

    assert canonical_json({key: value[key] for key in keys}) == canonical_json(value)


@given(st.dictionaries(TEXT, st.none(), max_size=8))
def test_keys_are_in_the_order_of_their_utf_16_units(value: dict[str, None]) -> None:
    keys = list(json.loads(canonical_json(value)))

    assert keys == sorted(value, key=lambda key: key.encode("utf-16-be"))


def test_the_example_of_rfc_8785_comes_out() -> None:
    value = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }

    assert list(json.loads(canonical_json(value)).values()) == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]
    assert canonical_json('\u20ac$\x0f\nA\'B"\\\\"/') == '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'


@pytest.mark.parametrize("value", [1.0, float("nan"), {"a": [{"b": 1.5}]}], ids=str)
def test_floats_are_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)


@given(VALUES, VALUES)
def test_different_values_have_different_digests(one: Any, other: Any) -> None:
    assume(json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True))

    assert digest(one) != digest(other)


@given(TEXT, st.binary(max_size=20), TEXT, st.binary(max_size=20))
def test_no_two_contents_are_signed_alike(
    kind: str, payload: bytes, other_kind: str, other: bytes
) -> None:
    assume((kind, payload) != (other_kind, other))

    assert pre_authentication(kind, payload) != pre_authentication(other_kind, other)


@given(TEXT, st.binary(max_size=40))
def test_an_envelope_gives_back_what_was_put_in(kind: str, payload: bytes) -> None:
    content = sealed(kind, payload, KEY)
    envelope = decoded(content)

    assert believed(envelope, Believing(KEY), subject="x") == payload
    assert envelope.payload_type == kind
    assert encoded(envelope) == content


@given(st.binary(max_size=60))
def test_bytes_that_are_no_envelope_are_refused_in_one_way(content: bytes) -> None:
    with pytest.raises(EnvelopeDamaged):
        decoded(content)


@given(VALUES)
def test_json_that_is_no_envelope_is_refused_in_one_way(value: Any) -> None:
    with pytest.raises(EnvelopeDamaged):
        decoded(canonical_json(value).encode() + b"\n")


@given(st.binary(min_size=1, max_size=9))
def test_spare_bits_of_base64_are_refused(payload: bytes) -> None:
    assume(len(payload) % 3)
    content = encoded(
        Envelope(payload_type="x", payload=payload, key_id="k", signature=b"\x00" * 64)
    )
    text = b64encode(payload).decode()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = text.rstrip("=")[-1]
    spare = alphabet[alphabet.index(last) | 1]
    changed = text.rstrip("=")[:-1] + spare + "=" * (len(text) - len(text.rstrip("=")))
    assume(changed != text)

    with pytest.raises(EnvelopeDamaged):
        decoded(content.replace(text.encode(), changed.encode()))
