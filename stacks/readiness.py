"""What keeps the engine from working here, found without starting it."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import EngineMissing
from broker.domain.members import Member
from stacks.engine import find_engine

SANDBOX = "PULUMI_DEBUG_PROVIDERS"
"""By this variable the engine is told who answers in place of a plug-in: `aws:41234,gcp:41235`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """What the engine needs for one cloud: a plug-in, and the SDK *distribution* that asks for it."""

    name: str
    distribution: str


PLUGINS: Mapping[str, Plugin] = {
    "aws": Plugin(name="aws", distribution="pulumi-aws"),
    "azure": Plugin(name="azure-native", distribution="pulumi-azure-native"),
    "gcp": Plugin(name="gcp", distribution="pulumi-gcp"),
}
KUBERNETES = Plugin(name="kubernetes", distribution="pulumi-kubernetes")
"""What runs inside clusters is made through it, in each cloud."""


def findings(
    members: Sequence[Member], environment: Mapping[str, str], sandbox: Mapping[str, str]
) -> list[Diagnostic]:
    """All that is missing for *members*; *sandbox* is the environment that leads to one, or empty.

    Of clouds that no program is for, nothing is said here.
    """
    clouds = sorted({str(member.region.provider) for member in members})
    needed = [PLUGINS[cloud] for cloud in clouds if cloud in PLUGINS]
    if needed:
        needed.append(KUBERNETES)
    served = served_by(sandbox) | served_by(environment)
    return [
        *_engine(environment),
        *(finding for plugin in needed for finding in _plugin(plugin, environment, served)),
    ]


def served_by(environment: Mapping[str, str]) -> set[str]:
    """Return the plug-ins in whose place somebody else answers."""
    told = environment.get(SANDBOX, "")
    return {entry.partition(":")[0] for entry in told.split(",") if ":" in entry}


def is_sandboxed(environment: Mapping[str, str]) -> bool:
    """Whether a sandbox answers in place of clouds."""
    return bool(served_by(environment))


def _engine(environment: Mapping[str, str]) -> Iterator[Diagnostic]:
    try:
        find_engine(environment)
    except EngineMissing as missing:
        yield from missing.diagnostics


def _plugin(
    plugin: Plugin, environment: Mapping[str, str], served: set[str]
) -> Iterator[Diagnostic]:
    sdk = _version(plugin.distribution)
    if sdk is None:
        yield Diagnostic(
            code="library-missing",
            subject=plugin.distribution,
            summary=f"{plugin.distribution} is not installed",
            hint="pip install 'gpu-broker[pulumi]'",
        )
    elif plugin.name not in served and not _is_installed(plugin.name, sdk, environment):
        yield Diagnostic(
            code="plugin-missing",
            subject=plugin.name,
            summary=f"The engine has no plug-in for {plugin.name} {sdk}",
            detail="Nothing is downloaded without being asked for.",
            hint=f"`pulumi plugin install resource {plugin.name} {sdk}`. Without an account, "
            "`broker sandbox start` answers in place of the clouds.",
        )


def _is_installed(name: str, sdk: str, environment: Mapping[str, str]) -> bool:
    home = Path(environment.get("PULUMI_HOME") or Path.home() / ".pulumi")
    on_path = shutil.which(f"pulumi-resource-{name}", path=environment.get("PATH", ""))
    return on_path is not None or (home / "plugins" / f"resource-{name}-v{sdk}").is_dir()


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
