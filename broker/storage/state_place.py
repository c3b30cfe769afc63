"""Where the states of a folder are kept: in the folder, or in objects that several computers share."""

import re
from collections.abc import Callable, Mapping, Sequence

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.ports.clock import Clock
from broker.ports.objects import Objects
from broker.ports.state import Locks, StateStore
from broker.ports.state_names import DEFAULT
from broker.storage.leases import LeaseFile
from broker.storage.state_names import NamedStates
from broker.storage.state_store import StateFile

Connect = Callable[[str], Objects]

_SHARED_STATE = re.compile(r"workspaces/([a-z0-9-]+)/state\.json", re.ASCII)


class StatePlace:
    """The states of *names*, in objects below *address* unless that is empty.

    *kinds* makes objects from an address, by what comes before `://` in it; the whole path of a folder is
    one too. *setting* is what the address was read from.
    """

    def __init__(
        self,
        names: NamedStates,
        clock: Clock,
        address: str,
        kinds: Mapping[str, Connect],
        setting: str = "BROKER_STATE",
    ) -> None:
        self._names = names
        self._clock = clock
        self._address = f"{'file://' if address.startswith('/') else ''}{address.rstrip('/')}"
        self._kinds = kinds
        self._setting = setting

    def store(self, name: str | None = None) -> StateStore:
        """The state of that *name*, or else of the selected one; raises UsageInvalid."""
        chosen = name or self._names.selected()
        if not self._address:
            return StateFile(self._names.folder_of(chosen), self._clock)
        from broker.storage.object_leases import object_states  # noqa: PLC0415  # for few

        return object_states(self._objects(chosen), self._clock)

    def address(self) -> str:
        """Where the selected state is, in words: in the user's folder, or what the setting says; nobody is asked."""
        chosen = self._names.selected()
        return self._below(chosen) if self._address else str(self._names.folder_of(chosen))

    def names(self) -> Sequence[str]:
        """Those of the folder, and those that others have made where the state is shared."""
        own = self._names.names()
        if not self._address:
            return own
        found = map(_SHARED_STATE.fullmatch, self._objects(DEFAULT).names("workspaces/"))
        return [DEFAULT, *sorted({*own, *(match[1] for match in found if match)} - {DEFAULT})]

    def locks(self) -> Locks:
        """The lock on the selected state; raises UsageInvalid."""
        chosen = self._names.selected()
        if not self._address:
            return LeaseFile(self._names.folder_of(chosen), self._clock)
        from broker.storage.object_leases import object_locks  # noqa: PLC0415  # for few

        return object_locks(self._objects(chosen), self._clock)

    def shared(self) -> Objects | None:
        """What holds the selected state, if several computers share it; raises UsageInvalid."""
        return self._objects(self._names.selected()) if self._address else None

    def _takes(self) -> str:
        kinds = [f"{kind}://BUCKET/PREFIX" for kind in sorted(self._kinds) if kind != "file"]
        folder = "or a folder by its whole path: /mnt/states or file:///mnt/states."
        return ", ".join([*kinds, folder])

    def _objects(self, name: str) -> Objects:
        kind = self._address.partition("://")[0]
        if kind not in self._kinds:
            raise UsageInvalid(
                Diagnostic(
                    code="state-address-wrong",
                    subject=self._setting,
                    summary=f"No state can be kept in {self._address}, which {self._setting} names",
                    hint=f"{self._setting} takes {self._takes()}",
                )
            )
        from broker.storage.told_objects import ToldObjects  # noqa: PLC0415  # for few

        return ToldObjects(self._kinds[kind](self._below(name)))

    def _below(self, name: str) -> str:
        return self._address if name == DEFAULT else f"{self._address}/workspaces/{name}"
