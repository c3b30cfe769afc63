"""Rules about the accelerators a workload asks for."""

from collections.abc import Iterator
from fractions import Fraction

from broker.domain.accelerators import MIB_PER_GIB, MIG_PROFILES, Accelerator, MigProfile
from broker.domain.diagnostics import Diagnostic
from broker.domain.workloads import AcceleratorChoice
from broker.spec.findings import Findings
from broker.spec.values import Record, Value
from broker.spec.world import World, check_model


def choices(accelerators: Record) -> Iterator[tuple[Value, AcceleratorChoice]]:
    """Each model named, with its place; memory and profile fall back to those beside `any-of`."""
    for choice in accelerators.records("any-of") or (accelerators,):
        model = choice.find("model")
        if model is not None:
            yield (
                model,
                AcceleratorChoice(
                    model=model.content,
                    minimum_memory_mib=choice.content("memory-gib")
                    or accelerators.content("memory-gib"),
                    mig_profile=choice.content("mig") or accelerators.content("mig"),
                ),
            )


def check_devices(workload: Record, world: World, findings: Findings) -> None:
    """Each choice must exist, be large enough, and be divisible as asked."""
    accelerators = workload.record("accelerators")
    if accelerators is None:
        return
    for model, choice in choices(accelerators):
        if check_model(model, world, findings) and _check_memory(model, choice, world, findings):
            _check_profile(model, choice, world, findings)
        _check_whole_slices(accelerators, model, choice.mig_profile, findings)


def _check_memory(
    model: Value, choice: AcceleratorChoice, world: World, findings: Findings
) -> bool:
    if any(choice.accepts(known) for known in world.accelerators):
        return True
    largest = max(known.memory_mib for known in _named(choice.model, world)) // MIB_PER_GIB
    findings.at(
        model,
        code="accelerator-too-small",
        summary=f"No {choice.model} has {_gib(choice.minimum_memory_mib)} of memory",
        hint=f"The largest has {largest} GiB: `memory-gib: {largest}`, which is for one device.",
    )
    return False


def _check_profile(
    model: Value, choice: AcceleratorChoice, world: World, findings: Findings
) -> None:
    profile = choice.mig_profile
    if profile is None or any(
        choice.accepts(known) and profile.share_of(known) is not None
        for known in world.accelerators
    ):
        return
    findings.at(
        model,
        code="mig-profile-unknown",
        summary=f"{choice.model} can not be cut into slices of {profile}",
        hint=_profiles_of(choice.model, world),
    )


def _check_whole_slices(
    accelerators: Record, model: Value, profile: MigProfile | None, findings: Findings
) -> None:
    count: Fraction | None = accelerators.content("count")
    if profile is not None and count is not None and count < 1:
        findings.add(
            Diagnostic(
                code="mig-slice-divided",
                subject=accelerators.path,
                summary=f"`count` is {float(count):g} of a {profile} slice, which is not divided",
                hint="Count whole slices (`count: 1`), or leave out `mig` for a share of a device.",
                where=model.where,
            )
        )


def _profiles_of(model: str, world: World) -> str:
    """Those of all variants, the smallest first."""
    names = {
        profile for known in _named(model, world) for profile in MIG_PROFILES.get(known.name, {})
    }
    if not names:
        return f"Leave out `mig`. Those that can be cut are {', '.join(MIG_PROFILES)}."
    return f"It has {', '.join(map(str, sorted(map(MigProfile.parse, names))))}."


def _named(model: str, world: World) -> list[Accelerator]:
    return [known for known in world.accelerators if model in (known.model, known.name)]


def _gib(mib: int | None) -> str:
    return f"{(mib or 0) / MIB_PER_GIB:g} GiB"
