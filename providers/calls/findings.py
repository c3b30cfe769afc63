"""What an answer leaves open, in the words of the broker: warnings about a region that answered."""

from collections.abc import Collection, Mapping, Sequence

from broker.domain.diagnostics import Diagnostic, Severity


def unreadable(subject: str, machine_type: str) -> Diagnostic:
    """A machine type with accelerators that does not say what it is made of."""
    return Diagnostic(
        severity=Severity.WARNING,
        code="machine-type-unreadable",
        subject=subject,
        summary=f"The machine type {machine_type} lacks its vCPUs, memory or number of "
        "accelerators",
        hint="It is left out. Update gpu-broker if the cloud has changed how it says them.",
    )


def unknown_accelerator(subject: str, name: str, machine_types: Sequence[str]) -> Diagnostic:
    """Machine types whose accelerator is called *name*, of which no table knows more."""
    return Diagnostic(
        severity=Severity.WARNING,
        code="accelerator-family-unknown",
        subject=subject,
        summary=f"Which accelerator {name} is, and how much memory it has, is in no table",
        detail=f"left out: {', '.join(machine_types)}",
        hint="Update gpu-broker, or add it to the adapter's table of accelerators.",
    )


def new_accelerator(subject: str, name: str) -> Diagnostic:
    """An accelerator that no table has, but of which *subject* itself tells the memory."""
    return Diagnostic(
        severity=Severity.WARNING,
        code="accelerator-unknown",
        subject=subject,
        summary=f"{name} is an accelerator that this version does not know",
        detail="It is listed under the name and with the memory that are told of it.",
        hint="A newer version may know it.",
    )


def prices_left_out(subject: str, reasons: Mapping[str, int]) -> Diagnostic:
    """Rows of a price list that can not be used: how many for each of *reasons*."""
    return Diagnostic(
        severity=Severity.WARNING,
        code="price-left-out",
        subject=subject,
        summary=f"{sum(reasons.values())} rows of its price list can not be used",
        detail=", ".join(f"{reason}: {n}" for reason, n in sorted(reasons.items())),
        hint="What is sold at such a price is listed as of unknown price.",
    )


def prices_ambiguous(subject: str, items: Collection[str]) -> Diagnostic:
    """What a price list states two prices of at one time."""
    return Diagnostic(
        severity=Severity.WARNING,
        code="price-ambiguous",
        subject=subject,
        summary=f"The price list states two prices at one time: {len(items)} times",
        detail=", ".join(sorted(items)),
        hint="The higher one is taken.",
    )


def prices_missing(subject: str, machine_types: int) -> Diagnostic:
    """The price list has nothing about any of the machine types of a region."""
    return Diagnostic(
        severity=Severity.WARNING,
        code="prices-missing",
        subject=subject,
        summary=f"The price list knows none of the {machine_types} machine types that are listed",
        hint="They are listed as of unknown price. Try again: lists that were just changed may be "
        "empty for a while.",
    )
