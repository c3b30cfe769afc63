"""The replica of a state: an object like the state of several computers, which says of what it is a copy.

    state.json                    the copy, with the number of the lock under which it was written
    replaced/state-DIGEST.json    what somebody let it take the place of

To promote it is to take away that it is a copy, and to raise the number of the lock, in one write: from
then on nobody copies anything here, and whoever takes the lock here has a higher number than any before.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, StateConflict, StateInvalid
from broker.planning.state_document import damaged, state_of_text, state_text
from broker.ports.audit import JournalHead
from broker.ports.clock import Clock
from broker.ports.objects import Objects
from broker.ports.replicas import Copied, StateReplica
from broker.ports.state import State
from broker.storage.object_state import (
    ATTEMPTS,
    NAME,
    Content,
    bytes_of,
    content_of,
    written,
)

HINT = "`broker state replicate -force` copies the state there again; what is there is kept beside."

Head = Callable[[], JournalHead | None]
"""How far the journal of the state has come; None where nobody can say."""


Here = Callable[[], State | None]
"""What the state holds that is copied; None where there is none."""


def unknown() -> State | None:
    """Nobody looks at it."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectReplica:
    """The replica in *objects* of the state that *source* is the address of; *head* is of its journal.

    *here* is asked where a state of its own is found in place of a replica: which of both is newer.
    """

    objects: Objects
    clock: Clock
    source: str
    head: Head
    here: Here = unknown

    @property
    def address(self) -> str:
        """The address of the objects."""
        return self.objects.address

    def read(self) -> Copied | None:
        """Held against its digest."""
        content, _ = content_of(self.objects)
        if content == Content():
            return None
        if content.replica is None:
            raise self._promoted(content)
        return self._copied(content)

    def copy(self, state: State, token: int, *, force: bool = False) -> bool:
        """On the condition that the object is still the one that was looked at."""
        journal = self._head()
        for _ in range(ATTEMPTS):
            there, version = self._there(force=force)
            if not force and not self._is_behind(there, state, token):
                return False
            text = state_text(state)
            mark = self._mark(journal)
            content = Content(token=max(token, there.token), text=text, replica=mark)
            if written(self.objects, NAME, bytes_of(content), expected=version):
                return True
        raise self._busy()

    def promote(self, found: Copied, state: State) -> None:
        """One write, which everybody's later copies fail upon."""
        content, version = content_of(self.objects)
        if content.replica is None:
            raise self._promoted(content)
        if self._copied(content) != found:
            raise self._busy()
        promoted = Content(token=content.token + 1, text=state_text(state))
        if not written(self.objects, NAME, bytes_of(promoted), expected=version):
            raise self._busy()

    def _there(self, *, force: bool) -> tuple[Content, str | None]:
        """What is there; with *force*, whatever it is, after it was put beside."""
        if not force:
            return content_of(self.objects)
        stored = self.objects.read(NAME)
        if stored is None:
            return Content(), None
        digest = hashlib.sha256(stored.content).hexdigest()[:16]
        name = f"replaced/state-{digest}.json"
        if self.objects.read(name) is None:
            self.objects.put(name, stored.content, expected=None)
        try:
            return content_of(self.objects)[0], stored.version
        except StateInvalid:
            return Content(), stored.version

    def _is_behind(self, there: Content, state: State, token: int) -> bool:
        """Whether *state* is newer than what is there; raises StateConflict if it does not belong there."""
        if there == Content():
            return True
        if there.replica is None:
            raise self._promoted(there)
        copied = self._copied(there)
        if copied.state.lineage != state.lineage:
            raise self._of_another(copied, state)
        return (copied.token, copied.state.serial) < (max(token, copied.token), state.serial)

    def _mark(self, journal: JournalHead | None) -> dict[str, Any]:
        head = None if journal is None else {"size": journal.size, "root": journal.root}
        now = self.clock.now().isoformat()
        return {"source": self.source, "copied_at": now, "journal": head}

    def _head(self) -> JournalHead | None:
        """A journal that can not be read keeps no state from being copied."""
        try:
            return self.head()
        except BrokerError:
            return None

    def _copied(self, content: Content) -> Copied:
        mark, subject = content.replica or {}, f"{self.address}/{NAME}"
        try:
            head = mark["journal"]
            copied_at = datetime.fromisoformat(mark["copied_at"])
            journal = None if head is None else JournalHead(size=head["size"], root=head["root"])
            source = str(mark["source"])
        except (KeyError, TypeError, ValueError) as error:
            raise damaged(subject, f"{type(error).__name__}: {error}", hint=HINT) from error
        return Copied(
            state=state_of_text(content.text or "", subject, hint=HINT),
            token=content.token,
            source=source,
            copied_at=copied_at,
            journal=journal,
        )

    def _promoted(self, content: Content) -> StateConflict:
        there, here = self._state_in(content), self._here()
        detail = f"Its lock has come to number {content.token}. Nothing is copied there."
        if there is not None and here is not None:
            detail = (
                f"It is serial {there.serial} of lineage {there.lineage}; the state in {self.source} is "
                f"serial {here.serial} of lineage {here.lineage}. {detail}"
            )
        what, hint = self._of_both(there, here)
        return StateConflict(
            Diagnostic(
                code="replica-promoted",
                subject=f"{self.address}/{NAME}",
                summary=f"{self.address} holds no replica, but a state of its own: {what}",
                detail=detail,
                hint=hint,
            )
        )

    def _of_both(self, there: State | None, here: State | None) -> tuple[str, str]:
        """What the state *there* is to that *here*, and what to do about it.

        A promotion lets the serial leap, so that the newer of two that were one has the higher one.
        """
        if there is None or here is None or _is_apart(there, here):
            what = "it was promoted, or is somebody else's"
            hint = (
                f"If it was promoted, it is the state now: BROKER_STATE={self.address}, for everybody. "
                "`broker state replicate -force` makes it a replica all the same; what is there is kept "
                "beside."
            )
        elif there.serial < here.serial:
            what = f"an older one than that in {self.source}"
            hint = (
                "`broker state replicate -force` makes it the replica; what is there is kept beside. "
                "BROKER_STATE is right as it is."
            )
        else:
            what = f"it was promoted, and is newer than that in {self.source}"
            hint = (
                f"It is the state now: BROKER_STATE={self.address}, for everybody. The place of before "
                "becomes its replica then, with `broker state replicate -force`."
            )
        return what, hint

    def _state_in(self, content: Content) -> State | None:
        try:
            return state_of_text(content.text or "", self.address)
        except BrokerError:
            return None

    def _here(self) -> State | None:
        try:
            return self.here()
        except BrokerError:
            return None

    def _of_another(self, copied: Copied, state: State) -> StateConflict:
        return StateConflict(
            Diagnostic(
                code="replica-of-another",
                subject=f"{self.address}/{NAME}",
                summary=f"{self.address} holds a replica of another state: lineage "
                f"{copied.state.lineage}, of fleet {copied.state.fleet}; this one is of lineage {state.lineage}",
                hint="Let BROKER_STATE_REPLICA name another place, or `broker state replicate -force` "
                "replaces it; what is there is kept beside.",
            )
        )

    def _busy(self) -> StateConflict:
        return StateConflict(
            Diagnostic(
                code="replica-busy",
                subject=f"{self.address}/{NAME}",
                summary=f"{self.address} was changed by others meanwhile",
                hint="Run the command again.",
            )
        )


def _is_apart(there: State, here: State) -> bool:
    """Whether nobody can tell which of both is newer."""
    return there.lineage != here.lineage or there.serial == here.serial


_: type[StateReplica] = ObjectReplica
