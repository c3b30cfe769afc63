"""One step of `benchmarks.provisioning`, in a process of its own: `HOW STEP SIZE PARALLEL`.

In the current folder; prints how many resources there are.
"""

import json
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from broker.domain.members import Member
from broker.planning.member_documents import member_of
from broker.ports.provisioning import Workshop
from stacks.engine import find_engine
from stacks.language import use_tidy_server
from stacks.programs.program_of import program_of, warm

Program = Callable[[], None]

PASSPHRASE = "for the benchmark"  # noqa: S105  # it keeps no secret
EACH = 5


def small(member: Member) -> Program:
    """Five resources that need nothing, of the member's cloud."""

    def aws() -> None:
        import pulumi_aws  # noqa: PLC0415  # each measured with what it loads

        for number in range(EACH):
            pulumi_aws.sns.Topic(f"topic-{number}", name=f"bench-{number}")

    def azure() -> None:
        import pulumi_azure_native as azure_native  # noqa: PLC0415

        for number in range(EACH):
            azure_native.resources.ResourceGroup(
                f"group-{number}", resource_group_name=f"bench-{number}", location="eastus2"
            )

    def gcp() -> None:
        import pulumi_gcp  # noqa: PLC0415

        for number in range(EACH):
            pulumi_gcp.compute.Network(f"network-{number}", name=f"bench-{number}")

    programs: dict[str, Program] = {"aws": aws, "azure": azure, "gcp": gcp}
    return programs[member.region.provider]


PROGRAMS: dict[str, Callable[[Member], Program]] = {"small": small, "members": program_of}


def members() -> list[Member]:
    """Those that the fleet was planned to have; plain Pulumi could not destroy protected ones."""
    document = json.loads(Path("members.json").read_text(encoding="utf-8"))
    return [replace(member_of(each), is_protected=False) for each in document["members"]]


def plain(step: str, size: str) -> int:
    """By nothing but the Automation API; counts the resources that are there."""
    from pulumi.automation import (  # noqa: PLC0415
        LocalWorkspaceOptions,
        ProjectBackend,
        ProjectSettings,
        PulumiCommand,
        create_or_select_stack,
    )

    engine = find_engine(os.environ)
    folder = Path(f"plain-{size}").resolve()
    (folder / "records").mkdir(parents=True, exist_ok=True)
    os.environ["PATH"] = f"{engine.path.parent}:{os.environ['PATH']}"
    found = 0
    for member in members():
        work = folder / "work" / member.name
        work.mkdir(parents=True, exist_ok=True)
        stack = create_or_select_stack(
            stack_name=member.name,
            project_name=member.fleet,
            program=PROGRAMS[size](member),
            opts=LocalWorkspaceOptions(
                work_dir=str(work),
                pulumi_home=str(folder / "home" / member.name),
                pulumi_command=PulumiCommand(root=str(engine.path.parent.parent)),
                project_settings=ProjectSettings(
                    name=member.fleet,
                    runtime="python",
                    backend=ProjectBackend(url=f"file://{folder / 'records'}"),
                ),
                env_vars={
                    "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
                    "PULUMI_SKIP_UPDATE_CHECK": "true",
                },
            ),
        )
        {"preview": stack.preview, "up": stack.up, "destroy": stack.destroy}[step]()
        if step == "up":
            resources = stack.export_stack().deployment.get("resources", [])  # type: ignore[union-attr]
            found += sum(r["custom"] and not r["type"].startswith("pulumi:") for r in resources)
    return found


def ours(step: str, size: str, parallel: int) -> int:
    """By the provisioner; counts the resources that are there."""
    from stacks.automation import PulumiProvisioner  # noqa: PLC0415

    names = ("PULUMI_DEBUG_PROVIDERS", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION")
    workshop = Workshop(
        folder=Path(f"ours-{size}-{parallel}").resolve(),
        environment={name: os.environ[name] for name in names},
        passphrase=PASSPHRASE,
    )
    # What the small programs do not use is not loaded for them: plain Pulumi would not, either.
    loaded = warm if size == "members" else None
    provisioner = PulumiProvisioner(workshop, program_of=PROGRAMS[size], warm=loaded)
    act: Callable[[Member], object] = {
        "preview": provisioner.preview,
        "up": provisioner.up,
        "destroy": provisioner.down,
    }[step]
    with ThreadPoolExecutor(parallel) as pool:
        done = list(pool.map(act, members()))
    return sum(len(getattr(each, "resources", ())) for each in done)


def main(arguments: Sequence[str]) -> None:
    """Do it."""
    how, step, size, parallel = arguments
    warnings.simplefilter("ignore")
    use_tidy_server()
    print(plain(step, size) if how == "plain" else ours(step, size, int(parallel)))


if __name__ == "__main__":
    main(sys.argv[1:])
