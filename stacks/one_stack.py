"""One stack of the engine: its folder, its environment, and each thing that the engine does to it."""

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from pulumi.automation import LocalWorkspace, OutputMap, Stack, UpdateSummary
from pulumi.automation.events import EngineEvent

from stacks.command import Bounds, CommandEnded, EngineCommand
from stacks.damage import drop_old_copies, is_damaged, last_whole, put_back
from stacks.engine import Engine
from stacks.language import use_tidy_server
from stacks.places import (
    Place,
    drop_old_logs,
    kept_in_files,
    made,
    records_in,
    share_plugins,
    speak_directly,
    whole_files,
    write,
)
from stacks.record_files import exported, record_file
from stacks.records import Document
from stacks.room import Room

Program = Callable[[], None]
Heard = Callable[[EngineEvent], None]

SCRATCH = "scratch-"

NOT_THERE = "no stack named"
"""How the engine says that it has no record of a stack."""


class OneStack:
    """Runs the engine for one stack, with a home and a work folder that no other stack shares.

    The engine changes files in both, and two runs at once would spoil them (pulumi/pulumi issue
    8186). Raises CommandEnded where the engine does not end well.
    """

    def __init__(self, engine: Engine, place: Place, program: Program) -> None:
        self._engine = engine
        self._place = place
        self._program = program

    @contextmanager
    def elsewhere(self, *, keeps_secrets: bool = False) -> Iterator["OneStack"]:
        """Be the same stack in a record of its own, which is gone afterwards: what is done here stays out of the real one.

        With *keeps_secrets*, secrets are encrypted as in the real one, by a key of a cloud too.
        """
        folder = Path(mkdtemp(prefix=SCRATCH, dir=made(self._place.folder)))
        try:
            scratch = replace(
                self._place,
                folder=folder,
                records=records_in(folder / "records"),
                secrets_provider=self._place.secrets_provider if keeps_secrets else None,
            )
            yield OneStack(self._engine, scratch, self._program)
        finally:
            rmtree(folder, ignore_errors=True)

    @property
    def room(self) -> Room:
        """What the disks have to give on which a run writes."""
        return self._place.room()

    def tidy(self) -> None:
        """Remove what a killed run has left half-written; only for who holds the member's lock."""
        for left in self._place.folder.glob(f"{SCRATCH}*"):
            rmtree(left, ignore_errors=True)
        kept = kept_in_files(self._place.records)
        if kept is not None:
            for part in kept.glob(f"stacks/{self._place.project}/{self._place.name}.json.*.tmp"):
                part.unlink(missing_ok=True)

    def drop_old_copies(self) -> None:
        """Keep a few of the copies that each run leaves; only for who holds the member's lock."""
        drop_old_copies(self._place)

    def is_damaged(self) -> bool:
        """Whether the record can not be read."""
        return is_damaged(self._place)

    def put_back(self) -> None:
        """Put its last whole copy in the place of a damaged record; only for who holds the member's lock."""
        put_back(self._place)

    def last_whole(self) -> Document | None:
        """What the last whole copy of the record holds; None if there is none."""
        return last_whole(self._place)

    def export(self, bounds: Bounds) -> Document | None:
        """Return the engine's record, secrets encrypted; None if there is no such stack.

        Raises CommandEnded where it can not be read. The engine is started only where it is no whole file.
        """
        record = record_file(self._place)
        document = None if record is None else exported(record)
        document = document or self._exported(bounds)
        if document is not None:
            self.encrypt_as(document)
        return document

    def _exported(self, bounds: Bounds) -> Document | None:
        try:
            said = self._stack(bounds).told("stack", "export")
        except CommandEnded as ended:
            if NOT_THERE in ended.stderr:
                return None
            raise
        document: Document = json.loads(said)
        return document

    def create(self, bounds: Bounds) -> None:
        """Begin an empty record; the stack must not be there."""
        stack = self._stack(bounds)
        stack.workspace.create_stack(self._place.name)

    def preview(
        self,
        bounds: Bounds,
        heard: Heard,
        replace: Collection[str] = (),
        *,
        target: Collection[str] = (),
        exclude: Collection[str] = (),
        plan: Path | None = None,
    ) -> None:
        """Tell *heard* what `up` would do, and write it into the file *plan* in the engine's own words."""
        self._stack(bounds).preview(
            on_event=heard,
            on_output=_quiet,
            replace=sorted(replace) or None,
            target=sorted(target) or None,
            exclude=sorted(exclude) or None,
            plan=None if plan is None else str(plan),
        )

    def up(
        self,
        bounds: Bounds,
        heard: Heard,
        *,
        replace: Collection[str] = (),
        target: Collection[str] = (),
        exclude: Collection[str] = (),
        plan: Path | None = None,
    ) -> None:
        """Do what the program says; with *target*, to those alone; with *plan*, nothing that is not in it.

        Nothing is done to those to *exclude*.
        """
        self._stack(bounds).up(
            on_event=heard,
            on_output=_quiet,
            replace=sorted(replace) or None,
            target=sorted(target) or None,
            exclude=sorted(exclude) or None,
            plan=None if plan is None else str(plan),
        )

    def preview_refresh(self, bounds: Bounds, heard: Heard, *, run_program: bool = False) -> None:
        """Tell *heard* how the clouds differ from the record."""
        self._stack(bounds).preview_refresh(
            on_event=heard, on_output=_quiet, run_program=run_program
        )

    def refresh(
        self,
        bounds: Bounds,
        heard: Heard,
        target: Collection[str] = (),
        *,
        run_program: bool = False,
    ) -> None:
        """Put into the record what the clouds have; with *target*, of those alone."""
        self._stack(bounds).refresh(
            on_event=heard,
            on_output=_quiet,
            target=sorted(target) or None,
            run_program=run_program,
        )

    def destroy(self, bounds: Bounds, heard: Heard, *, run_program: bool) -> None:
        """Delete everything; hooks, and what opens a cluster today, are known only if the program runs."""
        self._stack(bounds).destroy(on_event=heard, on_output=_quiet, run_program=run_program)

    def unprotect(self, bounds: Bounds) -> None:
        """Let the engine delete what a program has told it to protect."""
        self._stack(bounds).told("state", "unprotect", "--all", "--yes")

    def cancel(self, bounds: Bounds) -> None:
        """Free the engine's own lock, whoever holds it."""
        self._stack(bounds).told("cancel", "--yes")

    def put(self, bounds: Bounds, document: Document) -> None:
        """Make *document* the record."""
        path = self._place.folder / "import.json"
        made(self._place.folder)
        try:
            path.write_text(json.dumps(document))
            self._stack(bounds).told("stack", "import", "--file", str(path))
        finally:
            path.unlink(missing_ok=True)

    def remove(self, bounds: Bounds) -> None:
        """Forget the record, and the folder."""
        self._stack(bounds).workspace.remove_stack(self._place.name)
        rmtree(self._place.folder, ignore_errors=True)

    def is_locked(self) -> bool | None:
        """Whether the engine holds its own lock; None where that can not be seen."""
        kept = kept_in_files(self._place.records)
        if kept is None:
            return None
        own = kept / "locks" / "organization" / self._place.project / self._place.name
        return any(own.rglob("*.json"))

    def _stack(self, bounds: Bounds) -> "_Stack":
        use_tidy_server()
        speak_directly()
        work, home = made(self._place.folder / "work"), made(self._place.folder / "home")
        project = {"name": self._place.project, "runtime": "python"}
        write(work / "Pulumi.yaml", json.dumps(project))
        share_plugins(home, self._place.plugins)
        drop_old_logs(home / "logs")
        workspace = LocalWorkspace(
            work_dir=str(work),
            pulumi_home=str(home),
            program=self._program,
            env_vars={
                **self._place.environment,
                "PULUMI_BACKEND_URL": whole_files(self._place.records),
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            },
            secrets_provider=self._place.secrets_provider,
            pulumi_command=EngineCommand(self._engine, bounds),
        )
        return _Stack(self._place.name, workspace)

    def encrypt_as(self, document: Document) -> None:
        """Write how the secrets of *document* are encrypted where the engine looks, unless it is there.

        It is not where another computer made the stack, and in a record that is still to be begun.
        """
        path = made(self._place.folder / "work") / f"Pulumi.{self._place.name}.yaml"
        told = document["deployment"].get("secrets_providers") or {}
        state = told.get("state") or {}
        if path.exists() or not state:
            return
        if told.get("type") == "passphrase":
            settings = {"encryptionsalt": state["salt"]}
        else:
            settings = {"secretsprovider": state["url"], "encryptedkey": state["encryptedkey"]}
        write(path, json.dumps(settings))


class _Stack(Stack):
    """The SDK's stack without the questions that it asks around each run.

    It would select the stack before, and read outputs (with secrets) and history after: three more
    starts of the engine's program. What was done is read from one export.
    """

    def __init__(self, name: str, workspace: LocalWorkspace) -> None:
        self.name = name
        self.workspace = workspace

    def outputs(self) -> OutputMap:
        return {}

    def info(self, show_secrets: bool = True) -> UpdateSummary:  # noqa: FBT001, FBT002
        return _NO_SUMMARY

    def told(self, *arguments: str) -> str:
        """Run any command on this stack and return what it prints."""
        said: str = self._run_pulumi_cmd_sync(list(arguments)).stdout
        return said


_NO_SUMMARY = UpdateSummary.__new__(UpdateSummary)


def _quiet(_: str) -> None:
    """Let the engine talk; what matters comes as events."""
