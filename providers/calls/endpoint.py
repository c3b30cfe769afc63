"""Where a cloud is reached, and whose credentials may be sent there."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid

MADE_UP_TOKEN = "made-up-token-for-this-computer"  # noqa: S105  # no secret: it opens nothing
"""What an adapter signs with for a stand-in on this computer."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A base URL without a slash at its end; *here* if it is on this computer.

    Credentials of a user are never sent to this computer, and never without encryption: what
    answers *here* is a stand-in, and gets a made-up token.
    """

    url: str
    here: bool = False

    @classmethod
    def chosen(cls, setting: str, otherwise: str, environment: Mapping[str, str]) -> "Endpoint":
        """The one that the environment variable *setting* names, else the cloud's own.

        Raises UsageInvalid for one that is neither https nor on this computer.
        """
        text = environment.get(setting) or otherwise
        try:
            scheme, host, _ = _origin(text)
        except ValueError:
            scheme, host = "", None
        here = _is_here(host or "")
        if host and (scheme == "https" or (scheme == "http" and here)):
            return cls(text.rstrip("/"), here)
        raise UsageInvalid(
            Diagnostic(
                code="setting-invalid",
                subject=setting,
                summary=f"{text!r} is neither an https address nor one on this computer",
                hint=f"Unset {setting} to reach the cloud itself.",
            )
        )

    def leads_to(self, url: str) -> bool:
        """Whether *url* is of the same origin, so that it may be sent what this one is."""
        try:
            return _origin(url) == _origin(self.url)
        except ValueError:  # a port that is no number
            return False


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
