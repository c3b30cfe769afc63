"""What a cloud calls a resource that we named, by its type. Pure."""

from typing import Any


def id_of(resource: dict[str, Any]) -> str | None:
    """Return it; None if the cloud chooses an id of its own."""
    return None
