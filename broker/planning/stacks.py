"""What stacks would do, as plan documents write it, and back."""

from collections.abc import Iterable, Mapping
from typing import Any

from broker.domain.canonical import digest, without_floats
from broker.domain.ids import ClusterName
from broker.domain.members import ResourceStep, StackPreview, StepOp

Document = dict[str, Any]

ACTIONS: Mapping[StepOp, list[str]] = {
    StepOp.CREATE: ["create"],
    StepOp.UPDATE: ["update"],
    StepOp.REPLACE: ["create", "delete"],  # reversed where the old one goes first
    StepOp.DELETE: ["delete"],
    StepOp.IMPORT: ["no-op"],
    StepOp.SAME: ["no-op"],
}
"""As plan JSON lists them, in the order of the engine."""

REQUESTED = ("id",)
"""What forces the replacement of what was asked to be made anew: the engine's own word for it."""


def stack_documents(previews: Iterable[StackPreview]) -> list[Document]:
    """Each preview with its steps, sorted by cluster; floats of engines become strings."""
    return [
        {
            "cluster": preview.member,
            "checkpoint": preview.checkpoint,
            "unchanged": preview.unchanged,
            "steps": [step_document(step) for step in sorted(preview.steps)],
        }
        for preview in sorted(previews, key=lambda preview: preview.member)
    ]


def stack_previews(documents: Iterable[Document]) -> dict[ClusterName, StackPreview]:
    """The previews that `stack_documents` wrote, by cluster."""
    previews = (
        StackPreview(
            member=ClusterName(document["cluster"]),
            checkpoint=document["checkpoint"],
            unchanged=document["unchanged"],
            steps=tuple(_step(step) for step in document["steps"]),
        )
        for document in documents
    )
    return {preview.member: preview for preview in previews}


def steps_digest(preview: StackPreview) -> str:
    """One text for all that *preview* would do."""
    return digest([step_document(step) for step in sorted(preview.steps)])


def has_steps(previews: Iterable[StackPreview]) -> bool:
    """Whether any stack would do anything."""
    return any(preview.steps for preview in previews)


def is_requested(step: Mapping[str, Any]) -> bool:
    """Whether the document *step* replaces what was asked to be made anew, and for no other reason."""
    return step["op"] == StepOp.REPLACE and tuple(step["replace_paths"]) == REQUESTED


def step_document(step: ResourceStep) -> Document:
    """One step, with its values."""
    return {
        "name": step.name,
        "type": step.type,
        "urn": step.urn,
        "op": step.op.value,
        "actions": ACTIONS[step.op][:: -1 if step.deletes_first else 1],
        "changed": list(step.changed),
        "replace_paths": list(step.forcing),
        "before": without_floats(step.before),
        "after": without_floats(step.after),
    }


def _step(document: Document) -> ResourceStep:
    return ResourceStep(
        name=document["name"],
        type=document["type"],
        urn=document["urn"],
        op=StepOp(document["op"]),
        changed=tuple(document["changed"]),
        forcing=tuple(document["replace_paths"]),
        before=document["before"],
        after=document["after"],
        deletes_first=document["actions"] == ACTIONS[StepOp.REPLACE][::-1],
    )
