"""The four packages that are the broker, and whether those installed belong together."""

import importlib

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


def _version_of(package: str) -> str | None:
    try:
        version = importlib.import_module(package).__broker__
    except (ImportError, AttributeError):
        return None
    return str(version)
