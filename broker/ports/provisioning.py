"""What the broker asks of an engine that changes clouds."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Protocol

from broker.domain.diagnostics import Diagnostic
from broker.domain.ids import ClusterName, PoolName
from broker.domain.members import Member, ResourceStep, StackPreview, StackResource, StackState

Failpoint = Callable[[str], None]
"""Called with a name at each effect; one that is armed ends the process there, for tests."""


def no_failpoint(_: str) -> None:
    """Go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What a provisioner is given when it is made.

    *fleet* is the project of the records; without one, each member names its own. *folder* is its own: engine homes, work folders and, unless *backend* names another place (file,
    s3, azblob, gs or postgres address), the stacks' records. *environment* leads to a sandbox, if
    there is one, and is added to the engine's. *passphrase* encrypts secrets in records unless
    *secrets_provider* names a key of a cloud. *timeout_seconds* bounds one run of the engine.
    """

    folder: Path
    fleet: str = ""
    backend: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    passphrase: str = ""
    secrets_provider: str | None = None
    timeout_seconds: float = 3600.0
    failpoint: Failpoint = no_failpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEvent:
    """*step* of *member* began (*state* `started`), is done (`done`) or `failed` with *message*."""

    member: ClusterName
    step: ResourceStep
    state: str
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who hears of each step, who is warned, and who may ask to stop.

    *heard* and *warned* return at once and never raise; several threads call them. Once *stop* is set, what is
    under way is finished, nothing is begun, and the call raises Interrupted. Set *stop_now* too, and the engine is
    ended at once; its record stays loadable and `recover` mends it.
    """

    heard: Callable[[StepEvent], None] = lambda event: None
    warned: Callable[[Sequence[Diagnostic]], None] = lambda findings: None
    stop: Event = field(default_factory=Event)
    stop_now: Event = field(default_factory=Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolChoice:
    """Some *pools* of a member that is there: nothing but these is changed, or, with *is_rest*, all but these.

    With a pool goes what is there for its sake, and what it needs and is not there. *before* is the
    member with these pools as they were last: it tells what of them goes.
    """

    pools: frozenset[PoolName]
    before: Member
    is_rest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What was mended after a dead owner: whether the engine's own lock was freed, what was adopted.

    *adopted* were made by the cloud and not recorded; *forgotten* were to be made and are not there.
    """

    freed_lock: bool = False
    adopted: tuple[StackResource, ...] = ()
    forgotten: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What of a member its cloud had and its record had not.

    *adopted* is recorded now. *missing* are the names of what is not there, *differing* of what is
    recorded and not as it is wanted: the next `up` sets both right.
    """

    adopted: tuple[StackResource, ...] = ()
    missing: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether the member is as it is wanted."""
        return not self.missing and not self.differing


class Provisioner(Protocol):
    """Makes members true, each as one stack of its own.

    Calls for different members may come from several threads at once, two calls for one member never
    (the caller holds its lock). Errors are InsufficientCapacity, QuotaExceeded, AccessDenied and the
    other CloudErrors; EngineMissing if there is no engine; EngineFailed for what the engine reports and
    nobody can name; Interrupted. What was done before an error is recorded: `state` tells. No secret is
    in any value, message or error.
    """

    @property
    def name(self) -> str:
        """As it appears in plans and messages."""
        ...

    def readiness(
        self, members: Sequence[Member], *, there: Sequence[Member] = ()
    ) -> Sequence[Diagnostic]:
        """What keeps these members from being previewed or made here, in words; empty if nothing.

        Of members that are *there*, what keeps them from being read and taken away: what nobody would
        make any more can be, however it came to be.
        Cheap: starts no engine and asks no cloud.
        """
        ...

    def known(self, fleet: str) -> Sequence[ClusterName]:
        """The members of *fleet* of which there is a record, by name; those of any fleet, if it is empty.

        Asks no cloud but the place where records are kept: raises EngineMissing and EngineFailed where
        only an engine can look there, and can not.
        """
        ...

    def preview(
        self,
        member: Member,
        *,
        replace: Collection[str] = (),
        choice: PoolChoice | None = None,
        watch: Watch = Watch(),
    ) -> StackPreview:
        """What `up` would do; changes nothing. *replace* are URNs to make anew."""
        ...

    def up(
        self,
        member: Member,
        *,
        approved: StackPreview | None = None,
        replace: Collection[str] = (),
        choice: PoolChoice | None = None,
        watch: Watch = Watch(),
    ) -> StackState:
        """Make *member* true. With *approved*, first preview under way and do nothing but its steps.

        With *choice*, what is not chosen stays as it is in the cloud, even if that is not as *member* says.
        Raises PlanStale, before anything is changed, if the record is not the one that *approved*
        starts from, or if a step would be done that is not among its steps, or with other values than
        these have. What was not known when it was approved may be anything.
        """
        ...

    def down(self, member: Member, *, watch: Watch = Watch()) -> StackState:
        """Take away all of *member*, its protection first, and its stack; a second time does nothing."""
        ...

    def drift(self, member: Member, *, watch: Watch = Watch()) -> StackPreview:
        """What the cloud has that the record has not: steps lead from the record to the cloud."""
        ...

    def refresh(self, member: Member, *, watch: Watch = Watch()) -> StackState:
        """Put into the record what the cloud has."""
        ...

    def recover(self, member: Member, *, watch: Watch = Watch()) -> Recovery:
        """Mend what a dead owner left: free the engine's lock, adopt what is made but not recorded.

        Only to be called by who holds the member's lock. Does nothing where nothing is amiss.
        """
        ...

    def adopt(self, member: Member, *, watch: Watch = Watch()) -> Adoption:
        """Put into the record what the cloud has of *member* already, by name and tags.

        Changes nothing in the cloud, whatever it has; does nothing where all of it is recorded. Raises NotOurs, with nothing
        recorded, if something has the name of one of its resources and not its tags.
        """
        ...

    def state(self, member: Member, *, watch: Watch = Watch()) -> StackState:
        """What the record holds; asks no cloud."""
        ...


Connect = Callable[[Workshop], Provisioner]
"""What an entry point of the group `gpu_broker.provisioners` names."""
