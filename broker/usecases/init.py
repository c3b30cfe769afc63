"""`broker init`: a fleet.yaml that works, to start from."""

from collections.abc import Mapping
from dataclasses import dataclass

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.domain.spec import FLEET_FILE
from broker.ports.workspaces import Workspace

STARTER = "starter"
STATE_FOLDER = ".broker/"
IGNORE_FILE = ".gitignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Initialised:
    """The files that were written; *ignore_file* is None if it needed no change."""

    fleet_file: str
    ignore_file: str | None


def init(workspace: Workspace, examples: Mapping[str, str], example: str = STARTER) -> Initialised:
    """Write the fleet named *example*, and keep the broker's own files out of git.

    Raises UsageInvalid for an unknown example, Unwritable if there is a fleet.yaml already; then
    nothing has been written.
    """
    if example not in examples:
        raise UsageInvalid(
            Diagnostic(
                code="example-unknown",
                subject=example,
                summary=f"There is no example {example}",
                hint=f"Choose one of {', '.join(sorted(examples))}.",
            )
        )
    fleet_file = workspace.create(FLEET_FILE, examples[example])
    return Initialised(fleet_file=fleet_file, ignore_file=_ignore_state(workspace))


def _ignore_state(workspace: Workspace) -> str | None:
    present = workspace.text(IGNORE_FILE) or ""
    ignored = {line.strip().strip("/") for line in present.splitlines()}
    if STATE_FOLDER.strip("/") in ignored:
        return None
    newline = "" if not present or present.endswith("\n") else "\n"
    return workspace.append(IGNORE_FILE, f"{newline}{STATE_FOLDER}\n")
