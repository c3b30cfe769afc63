"""Which stacks there are records of, in a place that only the engine can look into."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import EngineFailed
from stacks.command import Bounds, CommandEnded, EngineCommand
from stacks.engine import Engine
from stacks.places import made, write
from stacks.secrets import Hidden

LISTING_SECONDS = 60.0


def listed(
    engine: Engine, records: str, project: str, environment: Mapping[str, str], hidden: Hidden
) -> list[str]:
    """Return the names of the stacks of *project* in *records*; raises EngineFailed.

    Asked in a folder that is gone afterwards: that it was asked makes no stack, and no folder of one.
    """
    with TemporaryDirectory(prefix="broker-stacks-") as folder:
        work = made(Path(folder) / "work")
        write(work / "Pulumi.yaml", json.dumps({"name": project, "runtime": "python"}))
        told = {
            **environment,
            "PULUMI_HOME": str(made(Path(folder) / "home")),
            "PULUMI_BACKEND_URL": records,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        command = EngineCommand(engine, Bounds(timeout_seconds=LISTING_SECONDS, grace_seconds=0.0))
        try:
            said = command.run(["stack", "ls", "--json"], str(work), told).stdout
        except CommandEnded as ended:
            raise EngineFailed(_not_listed(ended, hidden), exit_code=ended.code) from None
    return sorted(each["name"].rpartition("/")[2] for each in json.loads(said))


def _not_listed(ended: CommandEnded, hidden: Hidden) -> Diagnostic:
    said = [line for line in ended.stderr.splitlines() if line.strip()]
    return Diagnostic(
        code="engine-failed",
        subject="BROKER_STACKS",
        summary=f"The engine can not look into its records: it ended with exit code {ended.code}",
        detail=hidden.without("\n".join(said[:4])),
        hint="Check BROKER_STACKS, and the credentials that lead there.",
    )
