"""Makes members true by the real Pulumi engine, driven through its Automation API."""

import os
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace as with_changes
from pathlib import Path
from threading import Lock

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import EngineFailed, UsageInvalid
from broker.domain.ids import ClusterName
from broker.domain.members import Member, StackPreview, StackState
from broker.ports.provisioning import (
    Adoption,
    PoolChoice,
    Provisioner,
    Recovery,
    Watch,
    Workshop,
)
from stacks import readiness, records
from stacks.adoption import adopt
from stacks.aims import ALL, Aim, Wants, aim_at, aim_past, without
from stacks.approval import require_approval
from stacks.command import GRACE_SECONDS
from stacks.disk import on_disk
from stacks.engine import find_engine
from stacks.listing import listed
from stacks.loading import for_good
from stacks.loose_ends import as_recorded, tie_up
from stacks.member_runs import MemberRuns, RememberingProgram, alone
from stacks.one_stack import OneStack, Program
from stacks.places import Place, environment_of, kept_in_files, records_in, stacks_in
from stacks.programs.program_of import unchecked_program_of, warm
from stacks.programs.refusals import refusals
from stacks.recovery import Lookup
from stacks.secrets import hidden
from stacks.sizes import as_it_runs, without_autoscaling

ProgramOf = Callable[[Member], Program]
Warm = Callable[[Collection[str]], None]

UNWATCHED = Watch()

_warming = Lock()
"""The SDKs' lazy modules are not safe in threads: one loads them, before its program runs."""


class PulumiProvisioner:
    """Makes each member as a stack of its own: the fleet is the project, the member the stack."""

    def __init__(
        self,
        workshop: Workshop,
        *,
        program_of: ProgramOf | None = None,
        warm: Warm | None = None,
        environment: Mapping[str, str] = os.environ,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self.workshop = workshop
        self._program_of = program_of
        self._warm = warm
        self._environment = environment
        self._grace_seconds = grace_seconds
        self._hidden = hidden(workshop.passphrase, workshop.environment, environment)

    @property
    def name(self) -> str:
        """As it appears in plans and messages."""
        return "pulumi"

    def readiness(
        self, members: Sequence[Member], *, there: Sequence[Member] = ()
    ) -> Sequence[Diagnostic]:
        """What is missing here: the engine, SDKs, or plug-ins that no sandbox stands in for."""
        concerned = [*members, *there]
        findings = readiness.findings(concerned, self._environment, self.workshop.environment)
        return [*findings, *(each for member in members for each in self._refusals(member))]

    def _refusals(self, member: Member) -> Sequence[Diagnostic]:
        """Why the programs would not make it; other programs make whatever they are told."""
        return [] if self._program_of else refusals(member)

    def _require_makeable(self, member: Member) -> None:
        found = self._refusals(member)
        if found:
            raise UsageInvalid(*found)

    @on_disk
    def known(self, fleet: str) -> Sequence[ClusterName]:
        """The members of *fleet* that have a record; of no fleet in particular, only files are looked at.

        Others' fleets have their records in a shared place too.
        """
        folder = self._folder / "records"
        project, backend = self.workshop.fleet or fleet, self.workshop.backend
        if backend is None and not folder.exists():
            return []
        if backend is None or kept_in_files(backend) is not None:
            names = stacks_in(backend or records_in(folder), project)
        elif project:
            engine = find_engine(self._environment)
            around = self._environment_of_runs()
            names = listed(engine, backend, project, around, self._hidden)
        else:
            names = []
        return [ClusterName(name) for name in names]

    @on_disk
    def preview(
        self,
        member: Member,
        *,
        replace: Collection[str] = (),
        choice: PoolChoice | None = None,
        watch: Watch = UNWATCHED,
    ) -> StackPreview:
        """What `up` would do; a member without a record is previewed in one that is gone afterwards."""
        self._require_makeable(member)
        with self._asking(member, watch) as (runs, document):
            return runs.preview(document, replace, self._aim(runs, document, choice))

    @on_disk
    def up(
        self,
        member: Member,
        *,
        approved: StackPreview | None = None,
        replace: Collection[str] = (),
        choice: PoolChoice | None = None,
        watch: Watch = UNWATCHED,
    ) -> StackState:
        """Make *member* true, or what is chosen of it, if what would be done is what was *approved*."""
        self._require_makeable(member)
        with self._changing(member, watch) as (runs, document):
            aim = self._aim(runs, document, choice)
            if approved is not None:
                require_approval(member, runs.preview(document, replace, aim), approved)
            if document is None:
                runs.briefly(runs.stack.create)
            runs.run(
                lambda bounds, heard: runs.stack.up(
                    bounds, heard, replace=replace, target=aim.target, exclude=aim.exclude
                )
            )
            return runs.state()

    @on_disk
    def down(self, member: Member, *, watch: Watch = UNWATCHED) -> StackState:
        """Take away what protects it, then all of it, then its record."""
        with self._changing(member, watch) as (runs, document):
            if document is not None:
                self._unprotect(member, runs, document)
                runs.run_reading(
                    document,
                    lambda bounds, heard, has_to: runs.stack.destroy(
                        bounds, heard, run_program=has_to
                    ),
                )
                runs.briefly(runs.stack.remove)
            return records.state(member.name, None)

    @on_disk
    def drift(self, member: Member, *, watch: Watch = UNWATCHED) -> StackPreview:
        """What the clouds have that the record has not."""
        with self._asking(member, watch) as (runs, document):
            return without_autoscaling(runs.drift(document), member)

    @on_disk
    def refresh(self, member: Member, *, watch: Watch = UNWATCHED) -> StackState:
        """Put into the record what the clouds have."""
        with self._changing(member, watch) as (runs, document):
            if document is not None:
                runs.run_reading(
                    document,
                    lambda bounds, heard, has_to: runs.stack.refresh(
                        bounds, heard, run_program=has_to
                    ),
                )
            return runs.state()

    @on_disk
    def recover(self, member: Member, *, watch: Watch = UNWATCHED) -> Recovery:
        """Free the engine's lock, and adopt what the clouds have made and nobody has recorded."""
        with alone(self._folder / "locks", member) as held:
            runs = self._runs(member, watch, held)
            runs.stack.tidy()
            with runs.stack.room.kept():
                recovery, _ = tie_up(runs, self._lookup(), is_owner_dead=True)
            return recovery

    @on_disk
    def adopt(self, member: Member, *, watch: Watch = UNWATCHED) -> Adoption:
        """Record what the cloud has of it already."""
        self._require_makeable(member)
        with self._changing(member, watch) as (runs, document):
            return adopt(runs, self._lookup(), document)

    @on_disk
    def state(self, member: Member, *, watch: Watch = UNWATCHED) -> StackState:
        """What the record holds."""
        document, _ = as_recorded(self._runs(member, watch))
        return records.state(member.name, document)

    @contextmanager
    def _asking(
        self, member: Member, watch: Watch
    ) -> Iterator[tuple[MemberRuns, records.Document | None]]:
        """Yield runs that change nothing of *member*, and its record."""
        document, is_copy = as_recorded(self._runs(member, watch))
        runs = self._runs(as_it_runs(member, document), watch)
        if document is None or not is_copy:
            yield runs, document
            return
        with runs.elsewhere(document) as scratch:
            yield scratch, document

    @contextmanager
    def _changing(
        self, member: Member, watch: Watch
    ) -> Iterator[tuple[MemberRuns, records.Document | None]]:
        """Yield the only runs that change *member*, and its record, which has no loose ends.

        With one, the engine would only warn, and make a second of what was being made (measured).
        """
        with alone(self._folder / "locks", member) as held:
            runs = self._runs(member, watch, held)
            runs.stack.drop_old_copies()
            with runs.stack.room.kept():
                _, document = tie_up(runs, self._lookup(), is_owner_dead=False)
                yield self._runs(as_it_runs(member, document), watch, held), document

    def _aim(
        self, runs: MemberRuns, document: records.Document | None, choice: PoolChoice | None
    ) -> Aim:
        """At what of its stack the engine is to aim; a stack that is not there yet is made whole."""
        if choice is None or document is None:
            return ALL

        def wants(member: Member) -> Wants:
            return self._runs(as_it_runs(member, document), runs.watch, *runs.kept_open).wants()

        others, wanted = wants(without(runs.member, choice)), runs.wants()
        if choice.is_rest:
            return aim_past(wanted, others)
        held = {resource["urn"] for resource in records.resources(document)}
        return aim_at(wanted, wants(choice.before), others, held)

    def _unprotect(self, member: Member, runs: MemberRuns, document: records.Document) -> None:
        """Let the cloud delete it.

        What is left of pools that the member has no more depends on it and is no target: the engine
        complains of that, once the protection is gone.
        """
        protected = [r["urn"] for r in records.resources(document) if records.is_protected(r)]
        if protected:
            bare = self._runs(with_changes(member, is_protected=False), runs.watch, *runs.kept_open)
            try:
                bare.run(lambda bounds, heard: bare.stack.up(bounds, heard, target=protected))
            except EngineFailed:
                left = runs.export()
                if left is None or any(map(records.is_protected, records.resources(left))):
                    raise
        if any(r.get("protect") for r in records.resources(document)):
            runs.briefly(runs.stack.unprotect)

    def _runs(self, member: Member, watch: Watch, *kept_open: int) -> MemberRuns:
        program = RememberingProgram(lambda: self._make(member))
        return MemberRuns(
            member=member,
            program=program,
            stack=OneStack(find_engine(self._environment), self._place(member), program),
            workshop=self.workshop,
            watch=watch,
            hidden=self._hidden,
            grace_seconds=self._grace_seconds,
            kept_open=kept_open,
        )

    def _place(self, member: Member) -> Place:
        home = self._environment.get("PULUMI_HOME") or Path.home() / ".pulumi"
        return Place(
            project=self.workshop.fleet or member.fleet,
            name=str(member.name),
            folder=self._folder / "members" / member.name,
            records=self.workshop.backend or records_in(self._folder / "records"),
            environment=self._environment_of_runs(),
            secrets_provider=self.workshop.secrets_provider,
            plugins=Path(home) / "plugins",
        )

    def _environment_of_runs(self) -> dict[str, str]:
        return environment_of(
            self.workshop.passphrase, self.workshop.environment, self._environment
        )

    @property
    def _folder(self) -> Path:
        return self.workshop.folder.resolve()

    def _make(self, member: Member) -> None:
        """Run the program of *member*; the SDK of its cloud is loaded first, if it is run at all."""
        make, load = self._programs()
        with _warming, for_good(), warnings.catch_warnings():
            # The SDKs tell of what they no longer want to be used when they are loaded, used or not.
            warnings.simplefilter("ignore", DeprecationWarning)
            load({str(member.region.provider)})
        make(member)()

    def _programs(self) -> tuple[ProgramOf, Warm]:
        if self._program_of is not None:
            return self._program_of, self._warm or (lambda _: None)
        return unchecked_program_of, warm

    def _lookup(self) -> Lookup:
        return (
            Lookup.IN_SANDBOX
            if readiness.is_sandboxed(self.workshop.environment)
            else Lookup.IN_CLOUD
        )


_: type[Provisioner] = PulumiProvisioner
