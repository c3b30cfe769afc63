"""Until when a fleet may live, as people read it."""

from collections.abc import Mapping
from typing import Any

from broker.planning.lifetime import Lifetime, lifetime_in, shown


def lifetime_words(document: Mapping[str, Any]) -> str:
    """What a plan says of it; empty for a fleet that lasts, and did before."""
    lifetime = lifetime_in(document)
    if lifetime == Lifetime():
        return ""
    if lifetime.after is None:
        return f"it lasts from now on; recorded: until {shown(lifetime.before)}"
    words = f"{shown(lifetime.after)}, when `broker reap` takes it away"
    if not lifetime.has_changed:
        return f"{words}, as recorded"
    if lifetime.before is None:
        return words
    moved = "put off" if lifetime.after > lifetime.before else "brought forward"
    return f"{words}; {moved} from {shown(lifetime.before)}"


def lifetime_sentence(document: Mapping[str, Any]) -> str:
    """What a question says of it, with a space before it; empty where nothing is to be said."""
    lifetime = lifetime_in(document)
    if lifetime.after is not None:
        return f" It lives until {shown(lifetime.after)}; `broker reap` takes it away then."
    return "" if lifetime.before is None else " It has no end any more."
