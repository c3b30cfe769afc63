"""Events of the engine, as it sends them, become steps of a stack."""

from typing import Any

import pytest
from pulumi.automation.events import EngineEvent

from broker.domain.ids import ClusterName
from broker.domain.members import ResourceStep, StepOp
from stacks.steps import KNOWN_AFTER, UNKNOWN, StepLog, shown, value_at

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
POOL = "aws:eks/nodeGroup:NodeGroup"


def urn(name: str, kind: str = POOL) -> str:
    return f"urn:pulumi:aws-eu-north-1::research::{kind}::{name}"


def side(name: str, inputs: dict[str, Any], kind: str = POOL, **other: Any) -> dict[str, Any]:
    told = {"urn": urn(name, kind), "type": kind, "custom": True, "inputs": inputs, "outputs": {}}
    return {**told, **other}


def event(
    op: str,
    name: str = "pool",
    *,
    kind: str = POOL,
    at: str = "resourcePreEvent",
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
    **other: Any,
) -> EngineEvent:
    metadata = {
        "op": op,
        "urn": urn(name, kind),
        "type": kind,
        "provider": "",
        "old": None if old is None else side(name, old, kind),
        "new": None if new is None else side(name, new, kind),
        **other,
    }
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, at: {"metadata": metadata}})


def complaint(message: str, about: str = "pool", severity: str = "error") -> EngineEvent:
    said = {"message": message, "urn": urn(about), "severity": severity, "color": "never"}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, "diagnosticEvent": said})


def summary(**changes: int) -> EngineEvent:
    told = {"maybeCorrupt": False, "durationSeconds": 1, "resourceChanges": changes}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, "summaryEvent": told})


def log(*events: EngineEvent) -> StepLog:
    heard = StepLog(member=ClusterName("aws-eu-north-1"))
    for each in events:
        heard.heard(each)
    return heard


def only_step(*events: EngineEvent) -> ResourceStep:
    (step,) = log(*events).steps()
    return step


def test_a_creation_tells_all_its_inputs() -> None:
    step = only_step(event("create", new={"size": 2, "subnetIds": [UNKNOWN]}))

    assert (step.name, step.type, step.op) == ("pool", POOL, StepOp.CREATE)
    assert step.changed == ("size", "subnetIds")
    assert step.after == {"size": 2, "subnetIds": [KNOWN_AFTER]}
    assert step.before == {}


def test_an_update_tells_paths_and_both_values() -> None:
    step = only_step(
        event(
            "update",
            old={"scalingConfig": {"desiredSize": 2}, "ami": "a"},
            new={"scalingConfig": {"desiredSize": 3}, "ami": "a"},
            diffs=["scalingConfig"],
            detailedDiff={"scalingConfig.desiredSize": {"diffKind": "update", "inputDiff": True}},
        )
    )

    assert step.op is StepOp.UPDATE
    assert step.changed == ("scalingConfig.desiredSize",)
    assert step.forcing == ()
    assert step.before == {"scalingConfig.desiredSize": 2}
    assert step.after == {"scalingConfig.desiredSize": 3}


def test_a_replacement_is_one_step_and_names_what_forces_it() -> None:
    told = {
        "old": {"capacityType": "SPOT", "size": 2},
        "new": {"capacityType": "ON_DEMAND", "size": 3},
        "detailedDiff": {
            "capacityType": {"diffKind": "update-replace", "inputDiff": True},
            "size": {"diffKind": "update", "inputDiff": True},
        },
    }

    step = only_step(
        event("create-replacement", **told),
        event("replace", **told),
        event("delete-replaced", old={"capacityType": "SPOT"}),
    )

    assert (step.op, step.changed, step.forcing) == (
        StepOp.REPLACE,
        ("capacityType", "size"),
        ("capacityType",),
    )
    assert not step.deletes_first


def test_a_replacement_that_deletes_first_is_one_step_too() -> None:
    step = only_step(
        event("delete-replaced", old={"zone": "a"}),
        event("replace", old={"zone": "a"}, new={"zone": "b"}, keys=["zone"], diffs=["zone"]),
        event("create-replacement", old={"zone": "a"}, new={"zone": "b"}, keys=["zone"]),
    )

    assert (step.op, step.changed, step.forcing) == (StepOp.REPLACE, ("zone",), ("zone",))
    assert step.deletes_first


def test_what_is_left_of_an_earlier_replacement_is_a_deletion() -> None:
    assert only_step(event("delete-replaced", old={})).op is StepOp.DELETE


def test_drift_that_only_the_cloud_tells_shows_its_values() -> None:
    metadata = {
        "op": "update",
        "urn": urn("pool"),
        "type": POOL,
        "old": side("pool", {}, outputs={"status": "ACTIVE"}),
        "new": side("pool", {}, outputs={"status": "DEGRADED"}),
        "detailedDiff": {"status": {"diffKind": "update", "inputDiff": False}},
    }
    told = {"sequence": 1, "timestamp": 1, "resOutputsEvent": {"metadata": metadata}}

    step = only_step(event("refresh", new={}), EngineEvent.from_json(told))

    assert (step.before, step.after) == ({"status": "ACTIVE"}, {"status": "DEGRADED"})


def test_the_engines_own_bookkeeping_is_no_step() -> None:
    heard = log(
        event("create", "research-dev", kind="pulumi:pulumi:Stack", new={}),
        event("create", "default", kind="pulumi:providers:aws", new={}),
    )

    assert heard.steps() == ()
    assert heard.preview(None).unchanged == 0


def test_what_stays_is_counted_once() -> None:
    same = [event("same", name, at=at, old={}, new={}) for name in "ab" for at in AT]

    assert log(*same).preview("sha256:1").unchanged == 2


AT = ("resourcePreEvent", "resOutputsEvent")


def test_steps_are_told_as_they_begin_and_end() -> None:
    heard = StepLog(member=ClusterName("m"))
    told = [
        heard.heard(event("create", new={})),
        heard.heard(event("create", new={}, at="resOutputsEvent")),
        heard.heard(event("same", "other", new={})),
    ]

    assert [each and each.state for each in told] == ["started", "done", None]


def test_a_failed_step_is_told_with_the_last_word_on_it() -> None:
    heard = log(complaint("first"), complaint("another resource", "other"), complaint("last"))
    failed = heard.heard(event("create", new={}, at="resOpFailedEvent", status=1, steps=1))

    assert failed is not None
    assert (failed.state, failed.message) == ("failed", "last")


def test_only_errors_are_complaints() -> None:
    assert log(complaint("careful", severity="warning")).complaints == []


def test_a_log_knows_when_an_event_was_lost() -> None:
    made = event("create", "network", new={})

    assert log(made, summary(create=1, same=4)).is_complete()
    assert not log(made, summary(create=2)).is_complete()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("size", [2]),
        ("taints[1].key", ["b"]),
        ('tags["a.b"]', ["x"]),
        ('tags["a.b"].deeper', []),
        ("taints[7].key", []),
        ("nothing", []),
        ("password", [None]),
        ("password.length", [None]),
        ("later.on", [KNOWN_AFTER]),
    ],
)
def test_a_path_leads_to_a_value_or_to_nothing(path: str, value: list[Any]) -> None:
    inputs = {
        "size": 2,
        "taints": [{"key": "a"}, {"key": "b"}],
        "tags": {"a.b": "x"},
        "password": SECRET,
        "later": UNKNOWN,
    }

    assert list(value_at(inputs, path)) == value


def test_nothing_secret_is_shown() -> None:
    assert shown({"a": [SECRET, "b"], "c": UNKNOWN}) == {"a": [None, "b"], "c": KNOWN_AFTER}
