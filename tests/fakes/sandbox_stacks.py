"""Stacks of the real engine over the sandbox cloud, with what they did in few words."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from broker.domain.offers import Offer
from stacks.command import Bounds, CommandEnded
from stacks.one_stack import OneStack, Place
from stacks.sandbox.cloud import PulumiSandbox
from tests.fakes.engine import ENGINE

Program = Callable[[], None]
SECONDS = 120.0
UNSEEN = ("same", "read", "refresh")


def library(name: str, *parts: str) -> Any:
    """The SDK of a cloud with those parts loaded, whatever it warns of while it loads them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = import_module(f"pulumi_{name}")
        for part in parts:
            hasattr(getattr(loaded, part), "outputs")  # loads it: dir() would not
    return loaded


@contextmanager
def sandbox(
    folder: Path,
    offers: Sequence[Offer] = (),
    *,
    environment: Mapping[str, str] | None = None,
    fault_seed: int | None = None,
) -> Iterator[dict[str, str]]:
    """The environment that leads to a sandbox cloud, which is there for the block."""
    served = PulumiSandbox()
    try:
        yield dict(
            served.start(
                offers, folder=folder, environment=environment or {}, fault_seed=fault_seed
            )
        )
    finally:
        served.stop()


class SandboxStack:
    """One stack of *program*, which may be another one later; its own home and record in *folder*."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], program: Program, name: str = "dev"
    ) -> None:
        self.program = program
        self.environment = environment
        self.seconds = SECONDS
        record = folder / "record"
        record.mkdir(parents=True)
        place = Place(
            project="life",
            name=name,
            folder=folder,
            records=f"file://{record}",
            environment={**environment, "PULUMI_CONFIG_PASSPHRASE": "passphrase"},
        )
        self.one = OneStack(ENGINE, place, self._run)
        self.one.create(self.bounds)

    def _run(self) -> None:
        self.program()

    @property
    def bounds(self) -> Bounds:
        return Bounds(timeout_seconds=self.seconds, grace_seconds=1)

    def preview(self, **told: Any) -> list[str]:
        """What it would do: `create network`."""
        return self._heard(self.one.preview, **told)

    def up(self, **told: Any) -> list[str]:
        """Do it; the steps."""
        return self._heard(self.one.up, **told)

    def destroy(self) -> list[str]:
        return self._heard(self.one.destroy, run_program=False)

    def drift(self) -> list[str]:
        """What the cloud has otherwise."""
        return self._heard(self.one.preview_refresh)

    def refresh(self) -> list[str]:
        return self._heard(self.one.refresh)

    def resources(self) -> dict[str, dict[str, Any]]:
        """What is recorded, by name."""
        document = self.one.export(self.bounds)
        assert document is not None
        listed = document["deployment"].get("resources") or []
        return {str(one["urn"]).rpartition("::")[2]: one for one in listed}

    def _heard(self, run: Callable[..., Any], **told: Any) -> list[str]:
        steps: list[str] = []

        def heard(event: Any) -> None:
            told = event.resource_pre_event or event.res_outputs_event
            if told is None:
                return
            name = told.metadata.urn.rpartition("::")[2]
            step = f"{getattr(told.metadata.op, 'value', told.metadata.op)} {name}"
            is_seen = step.partition(" ")[0] not in UNSEEN
            if is_seen and step not in steps and not told.metadata.type.startswith("pulumi:"):
                steps.append(step)

        try:
            run(self.bounds, heard, **told)
        except CommandEnded as ended:
            ended.add_note(ended.stdout + ended.stderr)
            raise
        return steps


def refused(run: Callable[[], object]) -> str:
    """What the engine said when it failed."""
    try:
        run()
    except CommandEnded as ended:
        return ended.stdout + ended.stderr
    message = "it did not fail"
    raise AssertionError(message)
