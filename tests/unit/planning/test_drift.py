"""Which differences matter: all but those that are known to have no effect, which are counted."""

import pytest

from broker.domain.ids import ClusterName
from broker.domain.members import ResourceStep, StackPreview, StepOp
from broker.planning.drift import Concern, concerns_of, drifted, undone
from broker.planning.stacks import stack_documents, stack_previews, steps_digest

NODES = "aws:eks/nodeGroup:NodeGroup"


def step(*changed: str, op: StepOp = StepOp.UPDATE, name: str = "pool") -> ResourceStep:
    return ResourceStep(name=name, type=NODES, op=op, changed=changed)


def preview(*steps: ResourceStep) -> StackPreview:
    return StackPreview(
        member=ClusterName("aws-us-east-1"), steps=steps, unchanged=3, checkpoint="sha256:1"
    )


@pytest.mark.parametrize(
    ("path", "concern"),
    [
        ("scalingConfig.desiredSize", Concern.COST),
        ("instanceTypes[0]", Concern.COST),
        ("nodeConfig.machineType", Concern.COST),
        ("limitAmount", Concern.COST),
        ("amount.specifiedAmount.units", Concern.COST),
        ("availabilityZones", Concern.PLACEMENT),
        ("vpcConfig.endpointPublicAccess", Concern.SECURITY),
        ("apiServerAccessProfile.authorizedIPRanges", Concern.SECURITY),
        ("encryptionConfig.provider.keyArn", Concern.SECURITY),
        ("assumeRolePolicy", Concern.SECURITY),
        ("version", Concern.SECURITY),
        ("values.managerConfig", Concern.SECURITY),
    ],
)
def test_what_matters_is_shown_with_its_reason(path: str, concern: Concern) -> None:
    assert concerns_of(step(path)) == (concern,)


@pytest.mark.parametrize("path", ["tags.seen", "tagsAll.seen", "etag", "fingerprint", "status"])
def test_marks_of_others_are_only_counted(path: str) -> None:
    found = drifted([preview(step(path))])

    assert (found.shown, found.hidden) == ((), 1)


@pytest.mark.parametrize(
    ("path", "others"),
    [("amiType", set()), ("tags.seen", set()), ("vmSize", {Concern.COST})],
)
def test_what_can_not_be_set_right_in_place_matters_whatever_it_is(
    path: str, others: set[Concern]
) -> None:
    forced = ResourceStep(name="p", type=NODES, op=StepOp.UPDATE, changed=(path,), forcing=(path,))

    assert {*concerns_of(forced)} == {Concern.REPLACEMENT, *others}


def test_what_nobody_has_said_to_be_without_effect_matters() -> None:
    assert concerns_of(step("launchTemplate.version", "tags.a")) == (Concern.UNKNOWN,)


def test_what_no_apply_would_touch_is_only_counted() -> None:
    assert drifted([preview(step())]).hidden == 1


@pytest.mark.parametrize(
    ("op", "found"), [(StepOp.CREATE, StepOp.DELETE), (StepOp.DELETE, StepOp.CREATE)]
)
def test_what_is_gone_is_told_without_its_properties(op: StepOp, found: StepOp) -> None:
    mending = ResourceStep(
        name="pool", type=NODES, op=op, changed=("amiType",), after={"amiType": "AL2023"}
    )

    undone_step = undone(mending)

    assert undone_step.op is found
    assert (undone_step.changed, undone_step.before, undone_step.after) == ((), {}, {})


def test_what_is_gone_matters_whatever_it_is() -> None:
    found = drifted([preview(step(op=StepOp.DELETE)), preview()])

    assert [one.concerns for one in found.shown] == [(Concern.GONE,)]
    assert found.checked == 2


def test_nothing_is_left_out() -> None:
    steps = [step("tags.a", name="a"), step("vmSize", name="b"), step("note", name="c")]

    found = drifted([preview(*steps)])

    assert len(found.shown) + found.hidden == len(steps)


def test_previews_are_kept_in_documents_without_floats() -> None:
    changed = ResourceStep(
        name="pool",
        type="t",
        op=StepOp.REPLACE,
        changed=("size",),
        forcing=("size",),
        before={"size": 2.0, "share": 0.5, "list": [1.0]},
        after={"size": "(known after apply)"},
    )

    (document,) = stack_documents([preview(changed)])

    assert document["steps"][0]["before"] == {"size": 2, "share": "0.5", "list": [1]}
    (again,) = stack_previews([document]).values()
    assert again == preview(changed)
    assert steps_digest(again) == steps_digest(preview(changed))
