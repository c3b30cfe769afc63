"""A change as it happens, for programs: one JSON object per line, in Terraform's words.

Source of the shape: Terraform's machine-readable UI, version 1.2 (`type`, `@level`, `@message`,
`@timestamp`); a cluster's resources are told apart by `hook.resource`.
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
from broker.domain.diagnostics import Diagnostic
from broker.ports.clock import Clock
from broker.ports.provisioning import StepEvent
from broker.ports.state import Entry

UI_VERSION = "1.2"

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

    def planned(self, document: Mapping[str, Any]) -> None:
        """Every change of the plan that is one, and their number."""
        counts = {"add": 0, "change": 0, "remove": 0}
        for change in document["resource_changes"]:
            actions = change["change"]["actions"]
            if actions == ["no-op"]:
                continue
            action = "replace" if len(actions) > 1 else actions[0]
            counts["add"] += "create" in actions
            counts["change"] += "update" in actions
            counts["remove"] += "delete" in actions
            self._line(
                "planned_change",
                f"{change['address']}: Plan to {action}",
                change={"resource": {"addr": change["address"]}, "action": action},
            )
        steps = Counter(
            step["op"] for stack in document.get("stacks", ()) for step in stack["steps"]
        )
        if steps:  # what is really made and deleted, as Terraform counts it
            counts = {
                "add": steps["create"] + steps["replace"],
                "change": steps["update"],
                "remove": steps["delete"] + steps["replace"],
            }
        self._summary("plan", counts)

    def step(self, event: StepEvent) -> None:
        """One resource began, is done, or failed."""
        step = event.step
        self._line(
            STEP_TYPES.get(event.state, "apply_progress"),
            f"{event.member}: {step.type} {step.name}: {event.message or event.state}",
            level="error" if event.state == "failed" else "info",
            hook={
                "resource": {"addr": f"{event.member}/{step.name}", "resource_type": step.type},
                "action": step.op.value,
            },
        )

    def entry(self, entry: Entry) -> None:
        """An entry of the journal that people are told of too."""
        text = render_entry(entry)
        if text is not None:
            self._line("operation", text, act=entry.act, phase=entry.phase, subject=entry.subject)

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

    def _summary(self, operation: str, counts: Mapping[str, int]) -> None:
        told = ", ".join(f"{count} to {kind}" for kind, count in counts.items())
        self._line(
            "change_summary",
            f"{operation.capitalize()}: {told}",
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
