"""The engine's record: what it holds, its digest, and what recovery makes of it."""

from typing import Any

from broker.domain.ids import ClusterName
from stacks import records

MEMBER = ClusterName("aws-eu-north-1")
SECRET = {records.SECRET_KEY: records.SECRET_MARK, "ciphertext": "v1:abc"}
POOL = "aws:eks/nodeGroup:NodeGroup"


def resource(name: str, key: str = "", **other: Any) -> dict[str, Any]:
    kind = other.pop("type", POOL)
    urn = f"urn:pulumi:s::p::{kind}::{name}"
    return {"urn": urn, "type": kind, "custom": True, "id": key or f"{name}-1", **other}


def root(**outputs: Any) -> dict[str, Any]:
    return {**resource("p-s", type=records.ROOT), "custom": False, "outputs": outputs}


def document(*held: dict[str, Any], pending: tuple[dict[str, Any], ...] = ()) -> records.Document:
    deployment: dict[str, Any] = {"manifest": {"time": "now"}, "resources": list(held)}
    if pending:
        deployment["pending_operations"] = list(pending)
    return {"version": 3, "deployment": deployment}


def creating(thing: dict[str, Any], kind: str = "creating") -> dict[str, Any]:
    return {"type": kind, "resource": thing}


def names(told: records.Document) -> list[tuple[str, str, bool]]:
    return [
        (records.name_in(r["urn"]), r["id"], bool(r.get("delete"))) for r in records.resources(told)
    ]


def test_the_state_holds_what_clouds_have() -> None:
    provider = resource("default", type="pulumi:providers:aws")
    old = resource("pool", "old", delete=True)

    state = records.state(MEMBER, document(root(cluster="c"), provider, resource("pool"), old))

    assert [each.id for each in state.resources] == ["pool-1"]
    assert state.outputs == {"cluster": "c"}


def test_outputs_hold_no_secret_at_any_depth() -> None:
    told = root(token=SECRET, nested={"a": [SECRET, 1]}, plain="p")

    assert records.outputs(document(told)) == {"nested": {"a": [None, 1]}, "plain": "p"}


def test_nothing_recorded_has_no_digest() -> None:
    assert records.checkpoint(None) is None
    assert records.checkpoint(document()) is None
    assert records.checkpoint(document(root())) is None


def test_the_digest_is_of_what_there_is_and_not_of_when_or_where() -> None:
    plain = document(resource("pool"))
    again = document(resource("pool", modified="later", sourcePosition="project:///a.py#1"))
    again["deployment"]["manifest"]["time"] = "later"

    assert records.checkpoint(plain) == records.checkpoint(again)


def test_the_digest_does_not_depend_on_the_order() -> None:
    one, two = resource("one"), resource("two")

    assert records.checkpoint(document(one, two)) == records.checkpoint(document(two, one))


def test_the_digest_knows_every_difference() -> None:
    variants = [
        document(resource("pool")),
        document(resource("pool", "other")),
        document(resource("pool", inputs={"size": 2})),
        document(resource("pool", outputs={"size": 2})),
        document(resource("pool", protect=True)),
        document(resource("pool"), resource("other")),
        document(resource("pool"), pending=(creating(resource("other")),)),
        document(pending=(creating(resource("pool")),)),
    ]

    assert len({records.checkpoint(each) for each in variants}) == len(variants)


def test_a_question_holds_the_candidates_as_made_and_nothing_pending() -> None:
    candidate = resource("pool", "asked")
    told = document(resource("network"), pending=(creating(resource("pool", "")),))

    asked = records.assuming(told, [candidate])

    assert names(asked) == [("network", "network-1", False), ("pool", "asked", False)]
    assert records.pending_operations(asked) == []


def test_a_question_about_a_replacement_asks_for_the_new_one() -> None:
    told = document(resource("pool", "old"), resource("after"), resource("gone", delete=True))

    asked = records.assuming(told, [resource("pool", "asked")])

    assert names(asked) == [("pool", "asked", False), ("after", "after-1", False)]


def test_what_was_found_is_adopted() -> None:
    new = resource("pool", "new")
    told = document(resource("network"), pending=(creating(new),))

    adopted = records.adopting(told, {new["urn"]: new})

    assert names(adopted) == [("network", "network-1", False), ("pool", "new", False)]
    assert records.pending_operations(adopted) == []


def test_what_was_not_found_is_forgotten() -> None:
    told = document(resource("network"), pending=(creating(resource("pool")),))

    assert names(records.adopting(told, {})) == [("network", "network-1", False)]


def test_the_old_one_of_a_replacement_waits_to_be_deleted() -> None:
    new = resource("pool", "new")
    told = document(resource("pool", "old"), resource("after"), pending=(creating(new),))

    adopted = records.adopting(told, {new["urn"]: new})

    assert names(adopted) == [
        ("pool", "new", False),
        ("after", "after-1", False),
        ("pool", "old", True),
    ]


def test_a_mark_of_what_was_deleted_first_goes() -> None:
    new = resource("pool", "new")
    told = document(resource("pool", "old", pendingReplacement=True), pending=(creating(new),))

    assert names(records.adopting(told, {new["urn"]: new})) == [("pool", "new", False)]


def test_what_was_being_changed_stays_pending_until_it_is_read() -> None:
    update, delete = (creating(resource(k), k) for k in ("updating", "deleting"))
    told = document(pending=(update, delete, creating(resource("r"), "reading")))

    adopted = records.adopting(told, {})

    assert records.pending_operations(adopted) == [update, delete]
    assert records.pending_operations(records.without_pending(adopted)) == []


def test_a_record_that_is_adopted_from_is_not_changed() -> None:
    new = resource("pool", "new")
    told = document(resource("pool", "old"), pending=(creating(new),))

    records.adopting(told, {new["urn"]: new})

    assert names(told) == [("pool", "old", False)]
    assert len(records.pending_operations(told)) == 1
