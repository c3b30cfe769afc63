"""A change as it happens, for programs: one JSON object per line, in Terraform's words.

Source of the shape: Terraform's machine-readable UI, version 1.2 (`type`, `@level`, `@message`,
`@timestamp`). What is planned is told of the fleet (`pool.CLUSTER.NAME`) and of the resources that make
it (`CLUSTER/TYPE.NAME`); counted are the resources, where the engine was asked.
"""

import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, TextIO

from broker import __broker__
from broker.cli.exit_codes import ExitCode
from broker.cli.render.applied import render_entry
from broker.cli.render.diagnostics import diagnostic_document
from broker.cli.render.steps import render_step, render_still, render_tally
from broker.cli.steps import Tally, Told
from broker.domain.diagnostics import Diagnostic
from broker.domain.ids import ClusterName
from broker.domain.members import StepOp
from broker.planning.stacks import is_requested
from broker.ports.clock import Clock
from broker.ports.state import Entry

UI_VERSION = "1.2"

TOLD = ("instead", "monthly_cost", "currency")
"""What of the detail of an entry is told beside its text."""

STEP_TYPES = {"started": "apply_start", "done": "apply_complete", "failed": "apply_errored"}


class EventLines:
    """Writes lines to *stream*, whole, whichever thread tells of them."""

    def __init__(self, clock: Clock, stream: TextIO) -> None:
        self._clock = clock
        self._stream = stream
        self._writing = threading.Lock()

    def version(self) -> None:
        """The first line."""
        self._line("version", f"broker {__broker__}", broker=__broker__, ui=UI_VERSION)

    def part(self, kind: str, message: str, **fields: Any) -> None:
        """That one part of several is begun: what follows is of it."""
        self._line(kind, message, **fields)

    def planned(self, document: Mapping[str, Any]) -> None:
        """Every change of the plan that is one, of the fleet and of its resources, and their number."""
        self._moved(document)
        changes = [c for c in document["resource_changes"] if c["change"]["actions"] != ["no-op"]]
        for change in changes:
            actions = change["change"]["actions"]
            action = "replace" if len(actions) > 1 else actions[0]
            reason = change.get("action_reason")
            self._planned(change["address"], action, resource_of(change), reason)
        stacks = document.get("stacks", ())
        if any(stack["steps"] for stack in stacks):
            self._stacks(stacks)
            return
        counts = Counter(action for c in changes for action in c["change"]["actions"])
        self._summary(
            "plan",
            {"add": counts["create"], "change": counts["update"], "remove": counts["delete"]},
        )

    def _moved(self, document: Mapping[str, Any]) -> None:
        """What is found again under another address, and what is managed no more, in Terraform's words."""
        for change in document["resource_changes"]:
            before = change.get("previous_address")
            if before is not None:
                self._line(
                    "planned_change",
                    f"{before}: Plan to move to {change['address']}",
                    change={
                        "resource": resource_of(change),
                        "previous_resource": {**resource_of(change), "addr": before},
                        "action": "move",
                    },
                )
        for removed in (document.get("blocks") or {}).get("removed", ()):
            name = removed["cluster"]
            resource = {**_resource(name, name, "broker:stack:Stack"), "addr": f"cluster.{name}"}
            self._planned(f"cluster.{name}", "remove", resource, None)

    def _stacks(self, stacks: Sequence[Mapping[str, Any]]) -> None:
        """What is to be done to each resource, and how many there are, as Terraform counts them."""
        for stack in stacks:
            for step in stack["steps"]:
                resource = _resource(stack["cluster"], step["name"], step["type"])
                reason = "cannot_update" if step["replace_paths"] else None
                reason = "requested" if is_requested(step) else reason
                self._planned(resource["addr"], step["op"], resource, reason)
        counts = Counter(step["op"] for stack in stacks for step in stack["steps"])
        self._summary(
            "plan",
            {
                "import": counts["import"],
                "add": counts["create"] + counts["replace"],
                "change": counts["update"],
                "remove": counts["delete"] + counts["replace"],
            },
        )

    def drifted(self, drifts: Sequence[Mapping[str, Any]]) -> None:
        """What the clouds have that is not as recorded."""
        for one in drifts:
            resource = _resource(one["cluster"], one["name"], one["type"])
            self._drifted(resource, one["op"])

    def reading(self, name: ClusterName, moment: str) -> None:
        """The cloud is asked about a cluster, or has answered."""
        kind, text = {
            "started": ("refresh_start", "Refreshing state..."),
            "done": ("refresh_complete", "Refresh complete"),
        }[moment]
        resource = _resource(name, name, "broker:stack:Stack")
        self._line(kind, f"{name}: {text}", hook={"resource": {**resource, "addr": name}})

    def step(self, told: Told) -> None:
        """One resource began, is done, or failed; or was found to be another than recorded."""
        event = told.event
        resource = _resource(str(event.member), event.step.name, event.step.type)
        if told.is_found and event.step.op is not StepOp.IMPORT:
            self._drifted(resource, event.step.op.value)
            return
        hook: dict[str, Any] = {"resource": resource, "action": _action(event.step.op)}
        if event.state != "started":
            hook["elapsed_seconds"] = told.seconds
        self._line(
            STEP_TYPES[event.state],
            render_step(told),
            level="error" if event.state == "failed" else "info",
            hook=hook,
        )

    def still(self, under_way: Sequence[Told]) -> None:
        """What is under way, each by itself."""
        for told in under_way:
            event = told.event
            resource = _resource(str(event.member), event.step.name, event.step.type)
            (message,) = render_still([told])
            self._line(
                "apply_progress",
                message,
                hook={
                    "resource": resource,
                    "action": _action(event.step.op),
                    "elapsed_seconds": told.seconds,
                },
            )

    def done(self, operation: str, tally: Tally) -> None:
        """What came of it, as Terraform counts."""
        counts = {
            "import": tally.imported,
            "add": tally.added,
            "change": tally.changed,
            "remove": tally.destroyed,
        }
        text = f"{operation.capitalize()} complete! {render_tally(tally)}"
        self._line("change_summary", text, changes={**counts, "operation": operation})

    def outputs(self, outputs: Mapping[str, Mapping[str, Any]]) -> None:
        """What is known of each cluster that is there; none of it is secret."""
        self._line(
            "outputs",
            f"Outputs: {len(outputs)}",
            outputs={
                name: {"sensitive": False, "type": "object", "value": dict(outputs[name])}
                for name in sorted(outputs)
            },
        )

    def entry(self, entry: Entry) -> None:
        """An entry of the journal that people are told of too."""
        text = render_entry(entry)
        if text is not None:
            told = {name: entry.detail[name] for name in TOLD if name in entry.detail}
            self._line(
                "operation", text, act=entry.act, phase=entry.phase, subject=entry.subject, **told
            )

    def diagnostics(self, findings: Sequence[Diagnostic]) -> None:
        """Findings, one per line."""
        for finding in findings:
            self._line(
                "diagnostic",
                f"{finding.severity.value.capitalize()}: {finding.summary}",
                level="error" if finding.severity.value == "error" else "warn",
                diagnostic=diagnostic_document(finding),
            )

    def ended(self, code: ExitCode, **figures: Any) -> None:
        """The last line: how it ended."""
        self._line("ended", code.reason, exit_code=int(code), exit_reason=code.reason, **figures)

    def _planned(
        self, address: str, action: str, resource: Mapping[str, Any], reason: str | None
    ) -> None:
        change = {"resource": resource, "action": action, **({"reason": reason} if reason else {})}
        self._line("planned_change", f"{address}: Plan to {action}", change=change)

    def _drifted(self, resource: Mapping[str, Any], action: str) -> None:
        text = f"{resource['addr']}: Drift detected ({action})"
        self._line("resource_drift", text, change={"resource": resource, "action": action})

    def _summary(self, operation: str, counts: Mapping[str, int]) -> None:
        verbs = {
            "import": "to import",
            "add": "to add",
            "change": "to change",
            "remove": "to destroy",
        }
        shown = [kind for kind in verbs if counts.get(kind) or kind != "import"]
        told = ", ".join(f"{counts[kind]} {verbs[kind]}" for kind in shown)
        self._line(
            "change_summary",
            f"{operation.capitalize()}: {told}.",
            changes={"import": 0, **counts, "operation": operation},
        )

    def _line(self, kind: str, message: str, *, level: str = "info", **fields: Any) -> None:
        now = self._clock.now().astimezone(UTC)
        line = {
            "@level": level,
            "@message": message,
            "@module": "broker.ui",
            "@timestamp": now.isoformat(),
            "type": kind,
            **fields,
        }
        with self._writing:
            self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._stream.flush()


def _action(op: StepOp) -> str:
    """What is being done: of a replacement, the deletion is told by itself."""
    return StepOp.CREATE.value if op is StepOp.REPLACE else op.value


def resource_of(change: Mapping[str, Any]) -> dict[str, Any]:
    """A cluster, pool, workload or copy of data, as Terraform's streams name a resource."""
    return {
        "addr": change["address"],
        "module": "",
        "resource": change["address"],
        "implied_provider": "broker",
        "resource_type": change["type"],
        "resource_name": change["name"],
        "resource_key": None,
    }


def _resource(cluster: str, name: str, kind: str) -> dict[str, Any]:
    """A resource of the stack of *cluster*, which stands for Terraform's module.

    A name is one of its kind's alone: a cluster and its role may both be `main`.
    """
    return {
        "addr": f"{cluster}/{kind}.{name}",
        "module": cluster,
        "resource": f"{kind}.{name}",
        "implied_provider": kind.partition(":")[0],
        "resource_type": kind,
        "resource_name": name,
        "resource_key": None,
    }
