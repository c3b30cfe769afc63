"""The state of a fleet as an object that several computers share: `state.json`.

The object holds the number of the newest lock too. Who takes the lock writes its number here first:
from then on a late writer's condition on the version of the object fails, whatever it believes.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from broker import __broker__
from broker.domain.canonical import canonical_json
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import CloudError, StateConflict, StateInvalid
from broker.planning.state_document import damaged, newer, state_of_text, state_text
from broker.ports.clock import Clock
from broker.ports.objects import Objects
from broker.ports.state import Lease, State, StateStore
from broker.storage.log import record

NAME = "state.json"
FORMAT = "gpu-broker state"
VERSION = 1
BACKUPS_KEPT = 20

ATTEMPTS = 100
"""Of a change that somebody else's change came before; each of them lets at least one through."""

HINT = "`broker state push FILE` puts a copy in its place: one that you pulled, or a backup."

_BACKUP = re.compile(r"backups/state-(\d+)\.json", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What the object holds: *text* is the state, None before the first write.

    *replica* says of which state it is a copy, and of when; None of one that is a state itself.
    """

    token: int = 0
    text: str | None = None
    replica: Mapping[str, Any] | None = None


class ObjectStates:
    """The state in *objects*; *is_held* tells whether a lease is out now, whoever is asked."""

    def __init__(self, objects: Objects, clock: Clock, is_held: Callable[[Lease], bool]) -> None:
        self._objects = objects
        self._clock = clock
        self._is_held = is_held

    def read(self) -> State | None:
        """Held against its digest."""
        content, _ = content_of(self._objects)
        return None if content.text is None else self._state(content.text)

    def write(self, state: State, lease: Lease) -> State:
        """On the condition that the object is still the one that was read."""
        content, version = self._fenced(lease)
        there = None if content.text is None else self._state(content.text)
        serial = 0 if there is None else there.serial
        if serial != state.serial or (there is not None and there.lineage != state.lineage):
            raise self._conflict(state, there)
        return self._put(state, lease, there, version)

    def replace(self, state: State, lease: Lease) -> State:
        """Damaged content is kept as a backup like any other."""
        try:
            content, version = self._fenced(lease)
            there = None if content.text is None else self._state(content.text)
        except StateInvalid as error:
            if any(diagnostic.code != "state-damaged" for diagnostic in error.diagnostics):
                raise
            there, version = None, self._set_aside()
        serials = [int(match[1]) for match in map(_BACKUP.fullmatch, self._backups()) if match]
        highest = max(state.serial, there.serial if there else 0, *(s + 1 for s in serials), 0)
        return self._put(replace(state, serial=highest), lease, there, version)

    def _fenced(self, lease: Lease) -> tuple[Content, str | None]:
        """What is there, if *lease* is the newest."""
        if not self._is_held(lease):
            raise _late(lease, "Somebody else holds the lock, or nobody.")
        content, version = content_of(self._objects)
        check_itself(self._objects, content)
        if content.token > lease.token:
            raise _late(lease, f"Lock {content.token} has been given since.")
        return content, version

    def _put(self, state: State, lease: Lease, there: State | None, version: str | None) -> State:
        origin = [state.fleet, self._clock.now().isoformat(), lease.who]
        lineage = state.lineage or hashlib.sha256(canonical_json(origin).encode()).hexdigest()[:32]
        new = replace(state, lineage=lineage, serial=state.serial + 1, tool=__broker__)
        text = state_text(new)
        if there is not None:
            self._keep(f"backups/state-{there.serial}.json", f"{state_text(there)}\n".encode())
        content = Content(token=lease.token, text=text)
        if not written(self._objects, NAME, bytes_of(content), expected=version):
            raise _late(lease, "Somebody else wrote meanwhile.")
        record(__name__, "has written the state", serial=new.serial, token=lease.token)
        # What is written is written: who may not remove old backups, or not now, keeps more of them.
        with suppress(CloudError):
            self._prune()
        return new

    def _set_aside(self) -> str | None:
        stored = self._objects.read(NAME)
        if stored is None:
            return None
        digest = hashlib.sha256(stored.content).hexdigest()[:16]
        self._keep(f"backups/damaged-{digest}.json", stored.content)
        return stored.version

    def _keep(self, name: str, content: bytes) -> None:
        there = self._objects.read(name)
        if there is None or there.content != content:
            self._objects.put(name, content, expected=None if there is None else there.version)

    def _prune(self) -> None:
        found = {name: _BACKUP.fullmatch(name) for name in self._backups()}
        serials = {name: int(match[1]) for name, match in found.items() if match}
        for name in sorted(serials, key=lambda name: serials[name])[:-BACKUPS_KEPT]:
            self._objects.remove(name)

    def _backups(self) -> list[str]:
        return list(self._objects.names("backups/"))

    def _state(self, text: str) -> State:
        return state_of_text(text, f"{self._objects.address}/{NAME}", hint=HINT)

    def _conflict(self, state: State, there: State | None) -> StateConflict:
        return StateConflict(
            Diagnostic(
                code="state-conflict",
                subject=f"{self._objects.address}/{NAME}",
                summary="The state was changed by another operation meanwhile",
                detail=f"This change was made from serial {state.serial} of lineage "
                f"{state.lineage or 'none'}; recorded is serial "
                f"{there.serial if there else 0} of lineage {there.lineage if there else 'none'}.",
                hint="Run the command again: it starts from what is recorded now.",
            )
        )


_: type[StateStore] = ObjectStates


def written(objects: Objects, name: str, content: bytes, *, expected: str | None) -> bool:
    """Whether *content* is there, written by us on the condition of `Objects.put`.

    A request that was repeated after its answer got lost finds its own work, and takes it for that of
    somebody else. No two writers write the same here: the number of the lock is in it.
    """
    if objects.put(name, content, expected=expected) is not None:
        return True
    stored = objects.read(name)
    return stored is not None and stored.content == content


def content_of(objects: Objects) -> tuple[Content, str | None]:
    """What the object holds, with its version; raises StateInvalid."""
    stored = objects.read(NAME)
    if stored is None:
        return Content(), None
    subject = f"{objects.address}/{NAME}"
    try:
        document = json.loads(stored.content)
        version = document["version"]
        if version == VERSION and document["format"] == FORMAT:
            return _checked(document), stored.version
        is_newer = document["format"] == FORMAT and version > VERSION
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise damaged(subject, f"{type(error).__name__}: {error}", hint=HINT) from error
    if is_newer:
        raise newer(subject, written=version, read=VERSION, tool=str(document.get("tool", "")))
    raise damaged(subject, f"Its format is {document['format']!r}.", hint=HINT)


def bytes_of(content: Content) -> bytes:
    """The object that holds *content*."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "tool": __broker__,
        "token": content.token,
        "digest": None if content.text is None else _digest(content.text),
        "state": content.text,
        **({} if content.replica is None else {"replica": dict(content.replica)}),
    }
    return json.dumps(document, sort_keys=True, ensure_ascii=False).encode()


def _checked(document: Any) -> Content:
    text, token = document["state"], document["token"]
    if type(token) is not int or (text is not None and document["digest"] != _digest(text)):
        message = "it has another digest than the one recorded"
        raise ValueError(message)
    replica = document.get("replica")
    if replica is not None and not isinstance(replica, dict):
        message = "of what it is a replica is not said"
        raise ValueError(message)
    return Content(token=token, text=text, replica=replica)


def check_itself(objects: Objects, content: Content) -> None:
    """Refuse to change what is a copy of a state that is elsewhere: raises StateConflict."""
    if content.replica is not None:
        address = objects.address
        raise StateConflict(
            Diagnostic(
                code="state-is-replica",
                subject=f"{address}/{NAME}",
                summary=f"What is in {address} is a replica of the state in "
                f"{content.replica.get('source')}, and can not be changed",
                hint="Let BROKER_STATE name that. Where it is lost, `broker state promote` with "
                f"BROKER_STATE_REPLICA={address} makes the replica the state.",
            )
        )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _late(lease: Lease, why: str) -> StateConflict:
    return StateConflict(
        Diagnostic(
            code="state-fenced",
            subject=lease.id,
            summary=f"The lock of this {lease.operation} is not the newest: nothing was recorded",
            detail=f"It was lock {lease.token}, of {lease.who}. {why}",
            hint="Run the command again: it starts from what is recorded now.",
        )
    )
