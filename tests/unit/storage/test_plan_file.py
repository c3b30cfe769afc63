"""A saved plan comes back as it went in, or is refused."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from broker.domain.canonical import canonical_json
from broker.domain.errors import (
    BrokerError,
    PlanFileInvalid,
    SignatureInvalid,
    Unwritable,
    UsageInvalid,
)
from broker.domain.redaction import SECRET_KIND, SECRET_MARK
from broker.planning.signature import sealed
from broker.planning.statement import PAYLOAD_TYPE, statement
from broker.storage.plan_file import MAXIMUM_BYTES, PlanFiles
from tests.fakes.keys import Believing, FixedKey
from tests.fakes.plan_files import DOCUMENT, bindings

KEY = FixedKey()
STRANGER = FixedKey(seed=2)
PLANS = PlanFiles(KEY, Believing(KEY))


def saved(folder: Path) -> Path:
    path = folder / "train.plan"
    PLANS.save(path, DOCUMENT, bindings())
    return path


def refusal(path: Path) -> str:
    with pytest.raises(BrokerError) as failure:
        PLANS.load(path)
    assert isinstance(failure.value, PlanFileInvalid | SignatureInvalid)
    (diagnostic,) = failure.value.diagnostics
    assert diagnostic.subject == str(path)
    assert diagnostic.hint
    return diagnostic.code


def test_a_plan_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "train.plan"

    own_digest = PLANS.save(path, DOCUMENT, bindings())
    loaded = PLANS.load(path)

    assert loaded.document == DOCUMENT
    assert loaded.bindings == bindings()
    assert loaded.signer == KEY.key_id
    assert loaded.digest == own_digest


def test_the_same_plan_of_an_instant_is_the_same_bytes(tmp_path: Path) -> None:
    first = saved(tmp_path).read_bytes()

    assert saved(tmp_path).read_bytes() == first


@pytest.mark.parametrize(
    "change",
    [
        {"serial": 42},
        {"lineage": None},
        {"cost_cap": None},
        {"stacks": ()},
        {"replace": ("urn:pulumi:a",)},
    ],
    ids=str,
)
def test_another_binding_is_another_plan(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "other.plan"
    other = PLANS.save(path, DOCUMENT, bindings(**change))

    assert other != PLANS.load(saved(tmp_path)).digest
    assert PLANS.load(path).bindings == bindings(**change)


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    assert saved(tmp_path).stat().st_mode & 0o777 == 0o600


def test_another_layout_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()), sort_keys=True, indent=1))

    assert refusal(path) == "plan-file-damaged"


def test_an_unknown_signer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "train.plan"
    PlanFiles(STRANGER, Believing(STRANGER)).save(path, DOCUMENT, bindings())

    assert refusal(path) == "signer-unknown"


def test_a_stranger_who_calls_himself_somebody_else_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    envelope = json.loads(path.read_text())
    PlanFiles(STRANGER, Believing(STRANGER)).save(path, DOCUMENT, bindings())
    forged = json.loads(path.read_text())
    forged["signatures"][0]["keyid"] = envelope["signatures"][0]["keyid"]
    path.write_text(canonical_json(forged) + "\n")

    assert refusal(path) == "signature-wrong"


def test_a_changed_plan_under_the_old_signature_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    envelope = json.loads(path.read_text())
    payload = statement(DOCUMENT | {"nodes": 4}, bindings())
    envelope["payload"] = b64encode(payload).decode()
    path.write_text(canonical_json(envelope) + "\n")

    assert refusal(path) == "signature-wrong"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "plan-file-damaged"),
        (b"[]", "plan-file-damaged"),
        (b'{"predicateType": "urn:gpu-broker:plan:3"}', "plan-file-damaged"),
        (b'{"predicateType":"urn:gpu-broker:plan:3"}', "plan-file-damaged"),
        (b'{"predicateType":"urn:gpu-broker:plan:2"}', "plan-file-version"),
        (b'{"a":1,"a":1}', "plan-file-damaged"),
        (b"[" * 100_000, "plan-file-damaged"),
        (b'{"a":1.5}', "plan-file-damaged"),
        (b"\xff", "plan-file-damaged"),
        (
            statement(DOCUMENT, bindings()).replace(b'"serial":41', b'"serial":42'),
            "plan-file-damaged",
        ),
        (statement(DOCUMENT, bindings()).replace(b'"nodes":3', b'"nodes":4'), "plan-file-damaged"),
        (statement(DOCUMENT, bindings()).replace(b'"0.02"', b'"0.020"'), "plan-file-damaged"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_good_signature_of_no_plan_is_not_enough(
    tmp_path: Path, payload: bytes, code: str
) -> None:
    path = tmp_path / "train.plan"
    path.write_bytes(sealed(PAYLOAD_TYPE, payload, KEY))

    assert refusal(path) == code


def test_a_signature_of_something_else_is_not_enough(tmp_path: Path) -> None:
    path = tmp_path / "train.plan"
    path.write_bytes(sealed("text/plain", statement(DOCUMENT, bindings()), KEY))

    assert refusal(path) == "plan-file-foreign"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "plan-file-damaged"),
        (b"PK\x03\x04", "plan-file-damaged"),
        (b"\xff\xfe\x00", "plan-file-damaged"),
        (b"[" * 100_000, "plan-file-damaged"),
        (b"[]", "plan-file-foreign"),
        (b"{}", "plan-file-foreign"),
        (b" " * (MAXIMUM_BYTES + 1), "plan-file-foreign"),
        (b'{"format": "gpu-broker plan", "version": 1, "plan": {}}', "plan-file-version"),
        (b'{"payload": "\\ud800"}', "plan-file-damaged"),
        (b'{"payload":"","payloadType":"x","signatures":[]}\n', "plan-file-damaged"),
        (b'{"payload":1,"payloadType":"x","signatures":[{}]}\n', "plan-file-damaged"),
    ],
    ids=[
        "empty",
        "zip",
        "no-text",
        "deep",
        "list",
        "object",
        "huge",
        "unsigned",
        "surrogate",
        "nobody",
        "types",
    ],
)
def test_what_is_no_plan_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "train.plan"
    path.write_bytes(content)

    assert refusal(path) == code


def test_a_missing_plan_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "train.plan") == "plan-file-unreadable"
    assert refusal(tmp_path) == "plan-file-unreadable"


def test_an_unwritable_place_is_told_early(tmp_path: Path) -> None:
    with pytest.raises(Unwritable):
        PLANS.check_writable(tmp_path / "missing" / "train.plan")


def test_a_password_of_the_environment_never_gets_into_a_plan(tmp_path: Path) -> None:
    path = tmp_path / "train.plan"
    plans = PlanFiles(KEY, Believing(KEY), secrets=['a "long" password/ü', "short"])

    with pytest.raises(UsageInvalid) as failure:
        plans.save(path, DOCUMENT | {"label": 'x a "long" password/ü x'}, bindings())
    plans.save(path, DOCUMENT | {"label": "short"}, bindings())

    assert [d.code for d in failure.value.diagnostics] == ["plan-holds-secret"]


def test_what_an_engine_calls_a_secret_never_gets_into_a_plan(tmp_path: Path) -> None:
    stack = {"after": {"kubeconfig": {SECRET_MARK: SECRET_KIND, "plaintext": "x"}}}

    with pytest.raises(UsageInvalid) as failure:
        PLANS.save(tmp_path / "train.plan", DOCUMENT | {"stacks": [stack]}, bindings())

    assert [d.code for d in failure.value.diagnostics] == ["plan-holds-secret"]
