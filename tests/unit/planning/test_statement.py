"""What is signed of a plan says all that it rests on, and nothing else is taken for it."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from broker.domain.canonical import canonical_json, digest
from broker.planning.statement import StatementInvalid, StatementVersion, parsed, statement
from tests.fakes.plan_files import DOCUMENT, bindings


def test_it_is_an_in_toto_statement_about_the_plan_and_its_inputs() -> None:
    stated = json.loads(statement(DOCUMENT, bindings()))

    assert stated["_type"] == "https://in-toto.io/Statement/v1"
    assert {subject["name"]: subject["digest"]["sha256"] for subject in stated["subject"]} == {
        "plan": digest(DOCUMENT).removeprefix("sha256:"),
        **{
            name: getattr(bindings(), name).removeprefix("sha256:")
            for name in ("spec", "snapshot", "policy", "desired")
        },
    }
    assert stated["predicate"]["plan"] == DOCUMENT


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"lineage": None, "serial": 0},
        {"cost_cap": None, "stacks": ()},
        {"price_tolerance": Decimal(0)},
        {"issued_at": datetime(2026, 11, 29, 12, 0, 0, 1, tzinfo=UTC)},
    ],
    ids=str,
)
def test_what_was_stated_is_read_again(changed: dict[str, Any]) -> None:
    assert parsed(statement(DOCUMENT, bindings(**changed))) == (DOCUMENT, bindings(**changed))


@pytest.mark.parametrize(
    ("stated", "bound"),
    [
        (Decimal("0.0200"), "0.02"),
        (Decimal(1) / Decimal(3), "0.333333"),
        (Decimal("1E-7"), "0"),
        (Decimal("1E+2"), "100"),
        (Decimal(0), "0"),
    ],
    ids=str,
)
def test_a_tolerance_is_never_wider_than_it_was_stated(stated: Decimal, bound: str) -> None:
    _, read = parsed(statement(DOCUMENT, bindings(price_tolerance=stated)))

    assert read.price_tolerance == Decimal(bound)


def test_an_instant_has_one_text() -> None:
    noon = bindings().issued_at
    elsewhere = noon.astimezone(timezone(timedelta(hours=2)))

    assert statement(DOCUMENT, bindings(issued_at=elsewhere)) == statement(DOCUMENT, bindings())


def changed_payload(path: str, value: Any) -> bytes:
    stated = json.loads(statement(DOCUMENT, bindings()))
    *above, last = path.split(".")
    place = stated
    for key in above:
        place = place[key]
    place[last] = value
    return canonical_json(stated).encode()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("_type", "https://in-toto.io/Statement/v0.1"),
        ("subject", []),
        ("predicate.bindings.serial", -1),
        ("predicate.bindings.serial", True),
        ("predicate.bindings.spec", "sha256:0"),
        ("predicate.bindings.spec", digest("another")),
        ("predicate.bindings.issued_at", "2026-11-29T12:00:00"),
        ("predicate.bindings.issued_at", "2026-11-29T13:00:00+01:00"),
        ("predicate.bindings.price_tolerance", "NaN"),
        ("predicate.bindings.price_tolerance", "0.020"),
        ("predicate.bindings.cost_cap", {"amount": "1000.000", "currency": "USD"}),
        ("predicate.bindings.stacks", [{}]),
        ("predicate.bindings.nonce", digest("another")),
        ("predicate.bindings.more", 1),
        ("predicate.plan", []),
        ("predicate.plan.nodes", 4),
        ("more", 1),
    ],
)
def test_a_statement_that_would_be_written_otherwise_is_refused(path: str, value: Any) -> None:
    with pytest.raises(StatementInvalid):
        parsed(changed_payload(path, value))


def test_another_version_is_told_from_damage() -> None:
    with pytest.raises(StatementVersion):
        parsed(changed_payload("predicateType", "urn:gpu-broker:plan:2"))
