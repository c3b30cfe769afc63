"""The four packages that are the broker, and whether those installed belong together."""

import importlib
from importlib.metadata import EntryPoint

from broker import __broker__
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import InstallationConflict

PACKAGES = ("broker", "providers", "stacks", "policies")


def check_versions() -> None:
    """Refuse a mixture: raises InstallationConflict unless the four packages agree."""
    found = {name: _version_of(name) for name in PACKAGES}
    odd = {name: version for name, version in found.items() if version != __broker__}
    if odd:
        raise InstallationConflict(
            Diagnostic(
                code="installation-conflict",
                subject=", ".join(odd),
                summary="Packages of different versions are installed together",
                detail="\n".join(
                    f"{name}: {version or 'missing'}" for name, version in found.items()
                ),
                hint="Install gpu-broker into an environment of its own; other distributions "
                "use the names broker, providers, stacks and policies too.",
            )
        )


def remedy(point: EntryPoint, error: Exception, *, sandbox: bool) -> str:
    """How to get what an adapter can not be loaded without: most likely an extra, if it is none of ours."""
    missing = (error.name or "") if isinstance(error, ModuleNotFoundError) else ""
    is_ours = point.value.partition(".")[0] in PACKAGES
    if not is_ours or missing.partition(".")[0] in {*PACKAGES, ""}:
        return f"Reinstall the distribution that provides {point.value}."
    extra = "sandbox" if sandbox else point.name
    return f'Install {missing} with the extra: `pip install "gpu-broker[{extra}]"`.'


def _version_of(package: str) -> str | None:
    try:
        version = importlib.import_module(package).__broker__
    except (ImportError, AttributeError):
        return None
    return str(version)
