"""Where the states of a folder are kept, and where their replicas are, if they have any."""

from collections.abc import Callable, Mapping

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.ports.audit import AuditTrail, JournalHead
from broker.ports.clock import Clock
from broker.ports.objects import Objects
from broker.ports.replicas import StateReplica
from broker.ports.state import Locks, StateStore
from broker.storage.holders import user_and_computer
from broker.storage.replica import Head, ObjectReplica
from broker.storage.replicated_state import (
    ReadableStates,
    ReplicatedLocks,
    ReplicatedStates,
    Told,
    untold,
)
from broker.storage.state_names import NamedStates
from broker.storage.state_place import Connect, StatePlace


class JournalHeads:
    """How far the journal that *make* makes has come, each time it is asked; it is made once."""

    def __init__(self, make: Callable[[], AuditTrail]) -> None:
        self._make = make
        self._journal: AuditTrail | None = None

    def __call__(self) -> JournalHead:
        """The head of now; it follows what was noted since it was asked last."""
        if self._journal is None:
            self._journal = self._make()
        return self._journal.head()


class ReplicatedPlace(StatePlace):
    """The states of *names* below *address*, with replicas below *replica*; each is empty for none.

    *head* tells how far the journal of the selected state has come.
    """

    def __init__(
        self,
        names: NamedStates,
        clock: Clock,
        address: str,
        kinds: Mapping[str, Connect],
        replica: str,
        head: Head,
    ) -> None:
        super().__init__(names, clock, address, kinds)
        self._copies = StatePlace(names, clock, replica, kinds, "BROKER_STATE_REPLICA")
        self._head = head

    def store(self, name: str | None = None, told: Told = untold) -> StateStore:
        """The state of that *name*, or else of the selected one; *told* hears of copies that fail."""
        primary, replica = super().store(name), self.replica()
        # What another workspace has is looked at, and never written.
        if replica is None or name not in (None, self._names.selected()):
            return primary
        return ReplicatedStates(primary=primary, replica=replica, told=told)

    def reader(self, told: Told) -> StateStore:
        """The selected state for who only reads it; *told* hears where it is from the replica."""
        primary, replica = super().store(), self.replica()
        if replica is None:
            return primary
        return ReadableStates(primary=primary, replica=replica, clock=self._clock, told=told)

    def locks(self) -> Locks:
        """The lock on the selected state; raises UsageInvalid."""
        locks, replica = super().locks(), self.replica()
        if replica is None:
            return locks
        return ReplicatedLocks(locks=locks, replica=replica, clock=self._clock)

    def replica(self) -> StateReplica | None:
        """The replica of the selected state; raises UsageInvalid."""
        objects = self._copies.shared()
        if objects is None:
            return None
        shared = self.shared()
        if shared is not None and shared.address == objects.address:
            raise _same(shared.address)
        source = shared.address if shared is not None else self._here()
        return ObjectReplica(
            objects=objects,
            clock=self._clock,
            source=source,
            head=self._head,
            here=lambda: StatePlace.store(self).read(),
        )

    def copies(self) -> Objects | None:
        """What holds the replica of the selected state; raises UsageInvalid."""
        return self._copies.shared()

    def turned(self) -> StateReplica | None:
        """The state itself, as if it were a replica of its replica; None if it is in the folder.

        How far the journal has come that begins there then, it is not told before its first copy.
        """
        objects, replica = self.shared(), self.replica()
        if objects is None or replica is None:
            return None
        return ObjectReplica(
            objects=objects, clock=self._clock, source=replica.address, head=lambda: None
        )

    def _here(self) -> str:
        """The folder on this computer, as others may know it."""
        folder = self._names.folder_of(self._names.selected())
        return f"{user_and_computer()}:{folder.resolve()}"


def _same(address: str) -> UsageInvalid:
    return UsageInvalid(
        Diagnostic(
            code="replica-is-state",
            subject=address,
            summary="BROKER_STATE and BROKER_STATE_REPLICA name the same place",
            hint="A replica is of use in another cloud, or on another disk. After a promotion, let "
            "BROKER_STATE_REPLICA name the place of before, or nothing.",
        )
    )
