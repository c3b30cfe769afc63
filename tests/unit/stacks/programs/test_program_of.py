"""Which program makes which member, what it refuses, and what is loaded when."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from broker.domain.errors import UsageInvalid
from broker.domain.members import MemberPool, Sharing, SharingKind
from broker.domain.offers import CapacityType
from stacks.programs.program_of import PROGRAMS, TOUCHED, program_of
from stacks.programs.refusals import refusals
from tests.conftest import ROOT
from tests.fakes.recorded_stacks import a_member, a_pool

REGIONS = {"aws": "us-east-1", "azure": "westeurope", "gcp": "europe-west4"}
FOLDER = ROOT / "stacks" / "programs"


def codes(cloud: str, *pools: MemberPool) -> list[str]:
    return [found.code for found in refusals(a_member(cloud, REGIONS.get(cloud, "here"), *pools))]


def test_a_plain_pool_is_refused_nowhere() -> None:
    assert [codes(cloud, a_pool()) for cloud in REGIONS] == [[], [], []]


def cut(profile: str) -> Sharing:
    return Sharing(kind=SharingKind.MIG, replicas=4, profile=profile)


MIXED = Sharing(kind=SharingKind.MIG, replicas=5, layout=(("1g.10gb", 4), ("3g.40gb", 1)))


@pytest.mark.parametrize(
    ("cloud", "options", "code"),
    [
        ("kubernetes", {}, "cloud-without-program"),
        ("aws", {"capacity_type": CapacityType.FLEX}, "capacity-type-without-program"),
        ("azure", {"capacity_type": CapacityType.FLEX}, "capacity-type-without-program"),
        ("azure", {"capacity_type": CapacityType.CAPACITY_BLOCK}, "capacity-type-without-program"),
        ("aws", {"capacity_type": CapacityType.CAPACITY_BLOCK}, "capacity-block-not-bought"),
        ("gcp", {"capacity_type": CapacityType.CAPACITY_BLOCK}, "capacity-block-not-bought"),
        ("gcp", {"capacity_type": CapacityType.RESERVED}, "pool-needs-zone"),
        (
            "gcp",
            {"machine_type": "a3-ultragpu-8g", "reservation": "block-a"},
            "pool-needs-zone",
        ),
        ("aws", {"zone": "usw2-lax1-az1"}, "zone-without-program"),
        ("azure", {"zone": "losangeles"}, "zone-without-program"),
        (
            "azure",
            {"machine_type": "Standard_ND96isr_H200_v5", "capacity_type": CapacityType.RESERVED},
            "capacity-type-without-program",
        ),
        (
            "aws",
            {"accelerator": "Trainium2", "sharing": Sharing(kind=SharingKind.MPS, replicas=2)},
            "sharing-not-possible",
        ),
        ("azure", {"sharing": Sharing(kind=SharingKind.MIG, replicas=7)}, "sharing-not-possible"),
        (
            "gcp",
            {"sharing": Sharing(kind=SharingKind.TIME_SLICING, replicas=49)},
            "sharing-not-possible",
        ),
        ("aws", {"sharing": Sharing(kind=SharingKind.MIG, replicas=7)}, "sharing-not-possible"),
        ("gcp", {"sharing": MIXED}, "sharing-not-possible"),
        ("azure", {"sharing": MIXED}, "sharing-not-possible"),
        ("azure", {"sharing": cut("1g.20gb"), "accelerator": "H100"}, "sharing-not-possible"),
        ("azure", {"sharing": cut("1g.10gb"), "accelerator": "A100"}, "sharing-not-possible"),
    ],
)
def test_what_no_program_can_make_is_refused_in_words(
    cloud: str, options: dict[str, Any], code: str
) -> None:
    member = a_member(cloud, REGIONS.get(cloud, "here"), a_pool(**options))

    [found] = refusals(member)

    assert found.code == code
    assert found.summary
    assert found.hint
    with pytest.raises(UsageInvalid) as refused:
        program_of(member)
    assert refused.value.diagnostics == (found,)


def test_all_refusals_are_told_at_once() -> None:
    flex = a_pool("flex", capacity_type=CapacityType.FLEX)
    block = a_pool("block", capacity_type=CapacityType.CAPACITY_BLOCK)

    assert codes("aws", flex, block) == [
        "capacity-type-without-program",
        "capacity-block-not-bought",
    ]


@pytest.mark.parametrize(
    ("cloud", "accelerator", "profile"),
    [
        ("aws", "H100", "1g.20gb"),
        ("gcp", "H100", "1g.20gb"),
        ("azure", "H100", "1g.10gb"),
        ("azure", "A100", "1g.5gb"),
        ("azure", "A100-80GB", "3g.40gb"),
    ],
)
def test_a_cut_that_the_cloud_can_name_is_not_refused(
    cloud: str, accelerator: str, profile: str
) -> None:
    assert codes(cloud, a_pool(accelerator=accelerator, sharing=cut(profile))) == []


@pytest.mark.parametrize(
    "options",
    [
        {"is_compact": True},
        {"capacity_type": CapacityType.RESERVED, "reservation": "block-a"},
    ],
)
def test_what_a_zone_or_a_name_settles_is_not_refused(options: dict[str, Any]) -> None:
    assert codes("gcp", a_pool(**options)) == []


@pytest.mark.parametrize(
    "options",
    [
        {"zone": "2"},
        {"zone": "westeurope-az1", "reservation": "block-a"},
        {"capacity_type": CapacityType.RESERVED, "machine_type": "Standard_NC24ads_A100_v4"},
    ],
)
def test_what_azure_can_be_told_is_not_refused(options: dict[str, Any]) -> None:
    assert codes("azure", a_pool(**options)) == []


def loaded_after(statement: str) -> set[str]:
    script = (
        "import sys\n"
        "from tests.fakes.recorded_stacks import a_member, a_pool\n"
        f"{statement}\n"
        "print(' '.join(n for n, m in sys.modules.items() if 'Lazy' not in type(m).__name__))\n"
    )
    # The fakes themselves load the library that all clouds share.
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return set(done.stdout.split())


SDKS = {"pulumi_aws", "pulumi_azure_native", "pulumi_gcp", "pulumi_kubernetes"}


def test_to_choose_a_program_loads_no_library() -> None:
    loaded = loaded_after(
        "from stacks.programs.program_of import program_of\n"
        "program_of(a_member('aws', 'us-east-1', a_pool()))"
    )

    assert not SDKS & loaded


def test_to_make_ready_loads_the_asked_cloud_alone() -> None:
    loaded = loaded_after(
        "from stacks.programs.program_of import warm\nwarm({'gcp', 'nobody-knows'})"
    )

    assert SDKS & loaded == {"pulumi_gcp", "pulumi_kubernetes"}
    assert {f"pulumi_gcp.{part}" for part in TOUCHED["gcp"][1]} <= loaded
    assert "pulumi_kubernetes.helm.v3" in loaded


SHORT = {"aws": "aws", "azure": "azure", "gcp": "gcp"}


@pytest.mark.parametrize("cloud", PROGRAMS)
def test_every_part_that_a_program_uses_is_made_ready(cloud: str) -> None:
    files = [*(FOLDER / cloud).glob("*.py"), FOLDER / f"{PROGRAMS[cloud]}.py"]

    used = {part for path in files for part in parts_used(path, SHORT[cloud])}

    assert used == set(TOUCHED[cloud][1])


def parts_used(path: Path, library: str) -> set[str]:
    """The middle words of `library.part.Thing`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            match = re.fullmatch(rf"{library}\.([a-z]\w*)\.\w+", ast.unparse(node))
            if match:
                found.add(match[1])
    return found
