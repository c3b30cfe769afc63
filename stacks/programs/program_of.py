"""Which program makes a member, and how its cloud's library is made ready for several threads."""

from collections.abc import Callable, Collection
from importlib import import_module

from broker.domain.errors import UsageInvalid
from broker.domain.members import Member
from stacks.programs.refusals import refusals

PROGRAMS = {"aws": "eks", "azure": "aks", "gcp": "gke"}

TOUCHED = {
    "aws": ("pulumi_aws", ("budgets", "ec2", "eks", "iam", "kms", "sns", "vpc")),
    "azure": (
        "pulumi_azure_native",
        (
            "authorization",
            "compute",
            "consumption",
            "containerservice",
            "keyvault",
            "managedidentity",
            "monitor",
            "network",
            "resources",
        ),
    ),
    "gcp": (
        "pulumi_gcp",
        ("billing", "compute", "container", "kms", "organizations", "projects", "serviceaccount"),
    ),
}
"""The parts of each library that the programs use; a test compares them with the programs."""


def program_of(member: Member) -> Callable[[], None]:
    """What the engine is to run for *member*; only its cloud's library is loaded, and not before.

    Raises UsageInvalid with all that `refusals` finds: such a member can not be made.
    """
    found = refusals(member)
    if found:
        raise UsageInvalid(*found)
    return unchecked_program_of(member)


def unchecked_program_of(member: Member) -> Callable[[], None]:
    """The same of a member that is there, so that it can be read and taken away, even if it is refused."""
    name = PROGRAMS[member.region.provider]

    def program() -> None:
        getattr(import_module(f"stacks.programs.{name}"), name)(member)

    return program


def warm(providers: Collection[str]) -> None:
    """Load what the programs of *providers* use; to be called before they run in several threads.

    The libraries load their parts at first use, and two threads that do so at once fail.
    """
    for provider in sorted(set(providers) & set(PROGRAMS)):
        library, parts = TOUCHED[provider]
        loaded = import_module(library)
        for part in parts:
            # A part is loaded by the first name that is looked for in it: `dir` looks for none.
            hasattr(getattr(loaded, part), "outputs")
        # It loads the library of add-ons, whose parts are lazy too.
        import_module(f"stacks.programs.{PROGRAMS[provider]}")
        hasattr(import_module("pulumi_kubernetes").helm.v3, "Release")
