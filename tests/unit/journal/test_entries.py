"""An entry has one text, and nothing secret in it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from broker.domain.redaction import REDACTED
from broker.journal.entries import EntryInvalid, body_of, document_of, entry_of
from broker.ports.state import Entry

ENTRY = Entry(
    at=datetime(2026, 11, 29, 12, tzinfo=UTC),
    who="ann@host",
    act="apply",
    phase="intent",
    subject="research",
    token="7",  # noqa: S106
    detail={"b": 1, "a": [None, True, "é"]},
)


def test_its_text_is_canonical() -> None:
    assert body_of(ENTRY).decode() == (
        '{"act":"apply","at":"2026-11-29T12:00:00+00:00","detail":{"a":[null,true,"é"],"b":1},'
        '"phase":"intent","subject":"research","token":"7","who":"ann@host"}'
    )
    assert entry_of(body_of(ENTRY)) == ENTRY


def test_an_instant_has_one_text() -> None:
    there = ENTRY.at.astimezone(timezone(timedelta(hours=5)))

    assert body_of(replace(ENTRY, at=there)) == body_of(ENTRY)


def test_what_has_no_text_of_its_own_is_noted_all_the_same() -> None:
    detail: dict[str, Any] = {"seconds": 1.5, "name": "a\ud800b", "both": (1, {2: 0.1})}

    noted = entry_of(body_of(replace(ENTRY, detail=detail))).detail

    assert noted == {"seconds": "1.5", "name": "a?b", "both": [1, {"2": "0.1"}]}


def test_secrets_are_left_out_everywhere() -> None:
    secret = "c4n4ry-of-the-environment"  # noqa: S105
    entry = replace(
        ENTRY,
        who=f"ann {secret}",
        subject=f"x{secret}y",
        detail={"message": f"401 for {secret}", secret: 1, "inner": [{"password": "hunter2"}]},
    )

    text = body_of(entry, [secret]).decode()

    assert secret not in text
    assert "hunter2" not in text
    assert text.count(REDACTED) == 5


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"[" * 100_000,
        body_of(ENTRY).replace(b":", b": ", 1),
        body_of(ENTRY).replace(b'"who"', b'"whoever"'),
        body_of(ENTRY).replace(b'"token":"7"', b'"token":7.0'),
    ],
    ids=lambda body: str(body)[:30],
)
def test_another_text_is_no_entry(body: bytes) -> None:
    with pytest.raises(EntryInvalid):
        document_of(body)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"token":"7"', b'"token":7'),
        (b'"2026-11-29T12:00:00+00:00"', b'"yesterday"'),
        (b'"detail":{"a":[null,true,"\xc3\xa9"],"b":1}', b'"detail":[]'),
    ],
)
def test_other_parts_are_no_entry(before: bytes, after: bytes) -> None:
    body = body_of(ENTRY).replace(before, after)
    assert body != body_of(ENTRY)

    with pytest.raises(EntryInvalid):
        entry_of(body)
