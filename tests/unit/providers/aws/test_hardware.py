"""Payloads of DescribeInstanceTypes, as moto recorded them, into hardware."""

from fractions import Fraction
from typing import Any

import pytest
from moto.ec2.models.instance_types import INSTANCE_TYPES

from broker.domain.accelerators import Accelerator, AcceleratorKind
from broker.domain.errors import CatalogInvalid
from broker.domain.offers import CapacityType
from providers.aws.accelerators import bundled_tables, known_accelerators
from providers.aws.hardware import Hardware, family, hardware, may_have_accelerator, series

TABLE = known_accelerators(bundled_tables())


def made(name: str, **changed: Any) -> Hardware:
    parts = hardware({**INSTANCE_TYPES[name], **changed}, TABLE)
    assert parts is not None
    return parts


@pytest.mark.parametrize(
    ("name", "accelerator", "count"),
    [
        ("p4d.24xlarge", "A100", 8),
        ("p4de.24xlarge", "A100-80GB", 8),
        ("p3dn.24xlarge", "V100-32GB", 8),
        ("p6-b300.48xlarge", "B300", 8),
        ("g5.xlarge", "A10G", 1),
        ("g6.48xlarge", "L4", 8),
        ("g6f.large", "L4", Fraction(1, 8)),
        ("g6f.2xlarge", "L4", Fraction(1, 4)),
        ("gr6f.4xlarge", "L4", Fraction(1, 2)),
        ("g7e.2xlarge", "RTXPRO6000", 1),
        ("g7.2xlarge", "RTXPRO4500", 1),
        ("inf1.24xlarge", "Inferentia", 16),
        ("inf2.48xlarge", "Inferentia2", 12),
        ("trn2.48xlarge", "Trainium2", 16),
        ("dl2q.24xlarge", "AI100", 8),
    ],
)
def test_names_counts_and_slices(name: str, accelerator: str, count: Fraction) -> None:
    parts = made(name)

    assert (parts.accelerator.name, parts.count, parts.known) == (accelerator, count, True)


def test_memory_is_what_the_maker_says_not_what_is_left_of_it() -> None:
    assert made("g6.xlarge").accelerator.memory_mib == 24576
    assert made("trn2.48xlarge").accelerator.memory_mib == 98304


def test_a_slice_is_told_by_its_memory_where_its_share_is_not_told() -> None:
    gpu = {"Count": 0, "Manufacturer": "NVIDIA", "Name": "L4", "MemoryInfo": {"SizeInMiB": 5722}}

    assert made("g6f.2xlarge", GpuInfo={"Gpus": [gpu]}).count == Fraction(1, 4)


def test_every_accelerated_type_on_record_is_known() -> None:
    found = [hardware(payload, TABLE) for payload in INSTANCE_TYPES.values()]
    accelerated = [parts for parts in found if parts is not None]

    assert len(accelerated) > 75
    assert [parts.machine_type for parts in accelerated if not parts.known] == []


def test_no_type_that_is_never_described_has_an_accelerator() -> None:
    passed_over = [name for name in INSTANCE_TYPES if not may_have_accelerator(name)]

    assert len(passed_over) > 1000
    assert [n for n in passed_over if hardware(INSTANCE_TYPES[n], TABLE) is not None] == []


def test_a_new_accelerator_is_listed_under_the_name_that_the_cloud_tells() -> None:
    gpu = {"Count": 8, "Manufacturer": "NVIDIA", "Name": "R 100", "MemoryInfo": {"SizeInMiB": 9}}
    parts = made("p5.48xlarge", GpuInfo={"Gpus": [gpu]})

    assert parts.accelerator == Accelerator("R100", "", 9, AcceleratorKind.GPU, "NVIDIA")
    assert not parts.known


def test_without_its_memory_a_device_is_known_only_if_it_has_one_size() -> None:
    def gpus(name: str) -> dict[str, Any]:
        gpu = {"Count": 8, "Manufacturer": "NVIDIA", "Name": name, "MemoryInfo": {"SizeInMiB": 0}}
        return {"Gpus": [gpu]}

    assert made("p5e.48xlarge", GpuInfo=gpus("H200")).accelerator.memory_mib == 144384
    for name in ("A100", "R100"):
        with pytest.raises(ValueError, match=f"no memory is told of {name}"):
            made("p5e.48xlarge", GpuInfo=gpus(name))


def test_nothing_is_guessed_of_a_device_without_count_and_memory() -> None:
    gpu = {"Count": 0, "Manufacturer": "NVIDIA", "Name": "H200", "MemoryInfo": {"SizeInMiB": 0}}

    with pytest.raises(ValueError, match="neither a count nor a memory"):
        made("p5e.48xlarge", GpuInfo={"Gpus": [gpu]})


@pytest.mark.parametrize("missing", ["VCpuInfo", "MemoryInfo"])
def test_a_payload_without_what_is_promised_is_an_error(missing: str) -> None:
    payload = {key: value for key, value in INSTANCE_TYPES["p5.48xlarge"].items() if key != missing}

    with pytest.raises(LookupError):
        hardware(payload, TABLE)


@pytest.mark.parametrize(
    ("name", "gbps"),
    [
        ("p4d.24xlarge", 400),  # 4x 100 Gigabit
        ("p5.48xlarge", 3200),
        ("p6-b200.48xlarge", 3200),  # more than its cards add up to
        ("g6.xlarge", Fraction(5, 2)),  # up to 10, and always 2.5
    ],
)
def test_bandwidth_is_what_is_promised(name: str, gbps: Fraction) -> None:
    assert made(name).network_gbps == gbps


def test_how_it_is_sold() -> None:
    assert CapacityType.CAPACITY_BLOCK in made("p5.48xlarge").sold_as
    assert made("g6.xlarge").sold_as == {CapacityType.ON_DEMAND, CapacityType.SPOT}


def test_families_and_series() -> None:
    assert [family(n) for n in ("p5.48xlarge", "g6e.xlarge", "trn2u.48xlarge", "dl1.24xlarge")] == [
        "P",
        "G and VT",
        "Trn",
        "DL",
    ]
    assert series("p4de.24xlarge") == "p4"


def test_a_damaged_table_is_said(tmp_path: Any) -> None:
    (tmp_path / "accelerators.csv").write_text("name,model\nH100,H100\n")

    with pytest.raises(CatalogInvalid) as caught:
        known_accelerators(tmp_path)
    assert caught.value.diagnostics[0].code == "catalog-damaged"
