"""The book of a lock as an object that several computers share: `lock.json`."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import StateInvalid, Unavailable
from broker.ports.clock import Clock
from broker.ports.objects import Objects
from broker.ports.state import Lease
from broker.storage.holders import Holder, ThisProcess
from broker.storage.lease_book import Decide, LeaseBook, LeasePlace, LeaseRow
from broker.storage.leases import TTL_SECONDS, Leases
from broker.storage.object_state import (
    ATTEMPTS,
    Content,
    ObjectStates,
    bytes_of,
    check_itself,
    content_of,
    written,
)
from broker.storage.object_state import NAME as STATE_NAME

NAME = "lock.json"
VERSION = 1


class LeaseObject:
    """The book in *objects*, beside the state that the lock guards."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    @property
    def name(self) -> str:
        """The address."""
        return f"{self._objects.address}/{NAME}"

    def read(self) -> LeaseBook:
        """An empty one if there is no object."""
        return self._read()[0]

    def change(self, decide: Decide) -> None:
        """Again and again, until nobody else was faster."""
        for _ in range(ATTEMPTS):
            book, version = self._read()
            after = decide(book)
            if after == book or written(self._objects, NAME, _bytes(after), expected=version):
                return
        raise self._busy()

    def floor(self) -> int:
        """As the state has it; 0 where that can not be read."""
        try:
            return content_of(self._objects)[0].token
        except StateInvalid:
            return 0

    def fence(self, token: int) -> None:
        """Write the number into the state: its version is another one then."""
        for _ in range(ATTEMPTS):
            try:
                content, version = content_of(self._objects)
            except StateInvalid:
                return  # nobody can write over a damaged one but by replacing it
            check_itself(self._objects, content)
            if content.token >= token:
                return
            marked = Content(token=token, text=content.text)
            if written(self._objects, STATE_NAME, bytes_of(marked), expected=version):
                return
        raise self._busy()

    def _read(self) -> tuple[LeaseBook, str | None]:
        stored = self._objects.read(NAME)
        if stored is None:
            return LeaseBook(), None
        try:
            return _book(json.loads(stored.content)), stored.version
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
            raise StateInvalid(
                Diagnostic(
                    code="lock-damaged",
                    subject=self.name,
                    summary=f"{self.name} is damaged, or is no lock: {error}",
                    hint="Make sure that no broker is changing this fleet, and remove it; the "
                    "state is kept elsewhere.",
                )
            ) from error

    def _busy(self) -> Unavailable:
        return Unavailable(
            Diagnostic(
                code="lock-busy",
                subject=self.name,
                summary=f"{self.name} was changed by others, each of {ATTEMPTS} times",
                hint="Run the command again when fewer of them are at it.",
            )
        )


_: type[LeasePlace] = LeaseObject


def object_locks(
    objects: Objects,
    clock: Clock,
    *,
    ttl_seconds: float = TTL_SECONDS,
    process: ThisProcess | None = None,
) -> Leases:
    """The lock on the state in *objects*."""
    return Leases(LeaseObject(objects), clock, ttl_seconds=ttl_seconds, process=process)


def object_states(objects: Objects, clock: Clock) -> ObjectStates:
    """The state in *objects*."""

    def is_held(lease: Lease) -> bool:
        row = LeaseObject(objects).read().row
        return row is not None and row.lease.id == lease.id

    return ObjectStates(objects, clock, is_held)


def _bytes(book: LeaseBook) -> bytes:
    row = book.row
    document = {
        "version": VERSION,
        "token": book.token,
        "lease": None if row is None else _lease_document(row.lease),
        "holder": None if row is None else asdict(row.holder),
        "beat": 0 if row is None else row.beat,
        "ends": 0.0 if row is None else row.ends,
    }
    return json.dumps(document, sort_keys=True).encode()


def _lease_document(lease: Lease) -> dict[str, Any]:
    return {
        "id": lease.id,
        "token": lease.token,
        "who": lease.who,
        "operation": lease.operation,
        "since": lease.since.isoformat(),
        "expires_at": lease.expires_at.isoformat(),
    }


def _book(document: Any) -> LeaseBook:
    version = document["version"]
    if version != VERSION:
        message = f"it is of format {version}, and this broker reads {VERSION}"
        raise ValueError(message)
    told = document["lease"]
    if told is None:
        return LeaseBook(token=int(document["token"]))
    holder = document["holder"]
    return LeaseBook(
        token=int(document["token"]),
        row=LeaseRow(
            lease=Lease(
                id=str(told["id"]),
                token=int(told["token"]),
                who=str(told["who"]),
                operation=str(told["operation"]),
                since=datetime.fromisoformat(told["since"]),
                expires_at=datetime.fromisoformat(told["expires_at"]),
            ),
            holder=Holder(
                boot=str(holder["boot"]),
                space=str(holder["space"]),
                pid=int(holder["pid"]),
                started=int(holder["started"]),
            ),
            beat=int(document["beat"]),
            ends=float(document["ends"]),
        ),
    )
