"""Events of the engine as steps of a stack. Pure: what is heard is a value, what is kept is too."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pulumi.automation.events import EngineEvent, StepEventMetadata, StepEventStateMetadata

from broker.domain.ids import ClusterName
from broker.domain.members import ResourceStep, StackPreview, StepOp
from broker.ports.provisioning import StepEvent
from stacks.records import is_of_a_cloud, is_secret, name_in

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How the engine writes what nobody knows before the change."""
KNOWN_AFTER = "(known after apply)"

OPS: Mapping[str, StepOp] = {
    "create": StepOp.CREATE,
    "create-replacement": StepOp.REPLACE,
    "replace": StepOp.REPLACE,
    "import-replacement": StepOp.REPLACE,
    "read-replacement": StepOp.REPLACE,
    "update": StepOp.UPDATE,
    "delete": StepOp.DELETE,
    "delete-replaced": StepOp.DELETE,
    "import": StepOp.IMPORT,
    "same": StepOp.SAME,
    "read": StepOp.SAME,
    "refresh": StepOp.SAME,
}
"""The engine tells a replacement as three: `create-replacement`, `replace` and `delete-replaced`."""

LOGICAL = "replace"
"""The one of the three that does nothing."""

_PART = re.compile(r'\["((?:\\"|[^"])*)"\]|\[(\d+)\]|([^.\[]+)')
"""A part of a property path: `["a.b"]`, `[0]` or `name`; of what is quoted, only quotes are escaped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What went wrong, in the words of the engine or the cloud; *urn* is empty if of no resource."""

    urn: str
    message: str


@dataclass(slots=True, kw_only=True)
class StepLog:
    """Collects what one run of the engine tells; each event is one call of `heard`.

    *refused* are the resources that the cloud answered an error for when they were to be made. *done* are
    the names of those that were changed, *under_way* of those of which no end was told.
    """

    member: ClusterName
    complaints: list[Complaint] = field(default_factory=list)
    counted: Mapping[str, int] = field(default_factory=dict)
    refused: dict[str, dict[str, Any]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    under_way: dict[str, str] = field(default_factory=dict)
    _steps: dict[str, ResourceStep] = field(default_factory=dict)
    _same: set[str] = field(default_factory=set)
    _changing: set[str] = field(default_factory=set)

    def heard(self, event: EngineEvent) -> StepEvent | None:
        """Keep it, and return what others may want to hear of it."""
        if event.diagnostic_event and event.diagnostic_event.severity == "error":
            said = event.diagnostic_event
            self.complaints.append(Complaint(urn=said.urn or "", message=said.message.strip()))
        elif event.summary_event:
            changes = event.summary_event.resource_changes
            self.counted = {str(op): number for op, number in changes.items()}
        elif event.resource_pre_event:
            return self._began(event.resource_pre_event.metadata)
        elif event.res_outputs_event:
            return self._ended(event.res_outputs_event.metadata, "done")
        elif event.res_op_failed_event:
            self._keep_refused(event.res_op_failed_event.metadata)
            return self._ended(event.res_op_failed_event.metadata, "failed")
        return None

    def _keep_refused(self, metadata: StepEventMetadata) -> None:
        """Keep what was not made, in the shape of the engine's record."""
        new = metadata.new
        if metadata.op != "create" or new is None or not new.custom:
            return
        told = {"parent": new.parent, "provider": new.provider, "protect": new.protect}
        self.refused[metadata.urn] = {
            "urn": metadata.urn,
            "custom": True,
            "type": metadata.type,
            "inputs": dict(new.inputs or {}),
            **{key: value for key, value in told.items() if value},
        }

    def steps(self) -> tuple[ResourceStep, ...]:
        """What was told to be done, each resource once, in the order of names."""
        return tuple(sorted(self._steps.values()))

    def preview(self, checkpoint: str | None) -> StackPreview:
        """All that was told, as what a stack that starts from *checkpoint* would do."""
        return StackPreview(
            member=self.member,
            steps=self.steps(),
            unchanged=len(self._same - self._steps.keys()),
            checkpoint=checkpoint,
        )

    def is_complete(self) -> bool:
        """Whether as many changes were heard as the engine has counted.

        The SDK drops an event that it can not read, with no more than a warning.
        """
        counted = sum(n for op, n in self.counted.items() if OPS.get(op) is not StepOp.SAME)
        return len(self._changing) >= counted

    def _began(self, metadata: StepEventMetadata) -> StepEvent | None:
        self._keep(metadata)
        return self._event(metadata, "started", "")

    def _ended(self, metadata: StepEventMetadata, state: str) -> StepEvent | None:
        self._keep(metadata)
        messages = [c.message for c in self.complaints if c.urn == metadata.urn]
        return self._event(metadata, state, messages[-1] if messages and state == "failed" else "")

    def _keep(self, metadata: StepEventMetadata) -> None:
        if OPS.get(metadata.op) is not StepOp.SAME:
            self._changing.add(metadata.urn)
        step = step_of(metadata)
        if step is None:
            return
        known = self._steps.get(step.urn)
        if step.op is StepOp.SAME:
            self._same.add(step.urn)
        elif known is None or known.op is StepOp.DELETE:
            # A replacement is told as a deletion too: before, where the old one goes first, or after.
            is_gone = known is not None and step.op is StepOp.REPLACE
            self._steps[step.urn] = replace(step, deletes_first=is_gone)

    def _event(self, metadata: StepEventMetadata, state: str, message: str) -> StepEvent | None:
        step = step_of(metadata)
        if step is None or step.op is StepOp.SAME or metadata.op == LOGICAL:
            return None
        self._count(step, state)
        return StepEvent(member=self.member, step=step, state=state, message=message)

    def _count(self, step: ResourceStep, state: str) -> None:
        if state == "started":
            self.under_way[step.urn] = step.name
            return
        self.under_way.pop(step.urn, None)
        if state == "done":
            self.done.append(step.name)


def step_of(metadata: StepEventMetadata) -> ResourceStep | None:
    """Return the step that the engine tells of; None for its own bookkeeping."""
    op = OPS.get(metadata.op)
    held = metadata.new or metadata.old
    if op is None or held is None or not is_of_a_cloud(metadata.type, is_custom=bool(held.custom)):
        return None
    changed, forcing = _paths(metadata) if op in {StepOp.UPDATE, StepOp.REPLACE} else ((), ())
    if op is StepOp.CREATE:
        changed = tuple(sorted(held.inputs or {}))
    return ResourceStep(
        name=name_in(metadata.urn),
        type=metadata.type,
        op=op,
        urn=metadata.urn,
        changed=changed,
        forcing=forcing,
        before=_values(metadata.old, changed),
        after=_values(metadata.new, changed),
    )


def _paths(metadata: StepEventMetadata) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the paths that differ, and those of them that force a replacement."""
    detailed = metadata.detailed_diff or {}
    changed = set(detailed) or set(metadata.diffs or ())
    forcing = {path for path, diff in detailed.items() if diff.diff_kind.endswith("-replace")}
    return tuple(sorted(changed)), tuple(sorted(forcing or set(metadata.keys or ())))


def _values(side: StepEventStateMetadata | None, paths: Sequence[str]) -> dict[str, Any]:
    """Return what is at each path; some drift is seen in what the cloud tells alone."""
    if side is None:
        return {}
    found = {path: [*value_at(side.inputs, path), *value_at(side.outputs, path)] for path in paths}
    return {path: values[0] for path, values in found.items() if values}


def value_at(inputs: Mapping[str, Any] | None, path: str) -> Iterator[Any]:
    """Yield what is at a property path (`taints[0].key`, `tags["a.b"]`), if anything is."""
    value: Any = inputs
    for quoted, index, name in _PART.findall(path):
        if is_secret(value) or value == UNKNOWN:
            break
        key: str | int = int(index) if index else quoted.replace('\\"', '"') or name
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return
    yield shown(value)


def shown(value: Any) -> Any:
    """*value* as people may see it: no secret, and a word for what is not known yet."""
    if is_secret(value):
        return None
    if value == UNKNOWN:
        return KNOWN_AFTER
    if isinstance(value, Mapping):
        return {key: shown(below) for key, below in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [shown(below) for below in value]
    return value
