"""The tables are what the build makes of the public data, and the build refuses what is wrong.

With BROKER_DATA naming the folder of public data sets, the committed tables are built again and
compared; without it, their manifest is.
"""

import csv
import hashlib
import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from broker.domain.geography import RegionKey
from broker.domain.money import Money
from providers.listprices.adapter import ListPrices
from providers.listprices.atlas import ListPricesAtlas
from providers.listprices.bundle import COLUMNS, MANIFEST, bundled

PROJECT = Path(__file__).parents[4]

OFFER = (
    "InstanceType", "AcceleratorName", "AcceleratorCount", "vCPUs", "MemoryGiB", "Price",
    "SpotPrice", "Region", "AvailabilityZone", "Price1YrReserved", "Price3YrReserved", "Source",
)  # fmt: skip

SMALL = {
    "catalog/aws.csv": [
        OFFER,
        ("p4d.24xlarge", "A100", "8.0", "96.0", "1152.0", "21.957642", "", "us-east-1", "",
         "13.5", "", "tsaol/aws-gpu"),
    ],
    "catalog/aws_p5_p6_spot_by_az.csv": [
        OFFER,
        ("p5e.48xlarge", "H200", "8.0", "192.0", "2048.0", "", "10.0644", "us-east-1",
         "use1-az1", "", "", "skypilot-catalog v9@2c3d7ea (partial: see README)"),
        ("p5e.48xlarge", "H200", "8.0", "192.0", "2048.0", "41.2", "12.5", "us-east-1",
         "use1-atl2-az1", "", "", "skypilot-catalog v9@2c3d7ea (partial: see README)"),
    ],
    "catalog/azure.csv": [
        OFFER,
        ("Standard_NV6ads_A10_v5", "A10", "0.1667", "6.0", "55.0", "0.454", "", "westeurope", "",
         "", "", "karpenter-provider-azure"),
    ],
    "catalog/gcp.csv": [
        OFFER,
        ("g2-standard-4", "L4", "1.0", "4.0", "16.0", "0.70683228", "0.28", "us-central1",
         "us-central1-a", "0.5", "0.4", "Cyclenerd pricing.yml"),
    ],
    "prices/gcp_gpu_prices_weekly_2026-05_08.csv": [
        ("commit_date", "region", "machine_type", "kind", "usd_per_hour"),
        ("2026-08-03", "europe-west3", "g2-standard-4", "on_demand", "0.91"),
        ("2026-07-27", "europe-west3", "g2-standard-4", "on_demand", "9.99"),
        ("2026-08-03", "us-central1", "g2-standard-4", "on_demand", "9.99"),
    ],
    "prices/aws_us-east-1_ondemand_2026-07-20.csv": [
        ("instance_type", "usd_per_hour"),
        ("dl1.24xlarge", "13.109040"),
    ],
    "prices/aws_network_bandwidth_mbps.csv": [("instance_type", "mbps"), ("p4d.24xlarge", "400000")],
    "prices/azure_instance_types.csv": [
        ("instance_type", "sku_family"),
        ("Standard_NV6ads_A10_v5", "StandardNVADSA10v5Family"),
    ],
    "regions/regions.csv": [
        ("vendor_id", "api_reference", "name", "country_id", "state", "city", "lat", "lon", "status"),
        ("aws", "us-east-1", "US East (N. Virginia)", "US", "", "", "38.9", "-77.4", "ACTIVE"),
        ("aws", "eu-west-1", "Europe (Ireland)", "IE", "", "", "53.4", "-6.2", "ACTIVE"),
        ("aws", "cn-north-1", "China (Beijing)", "CN", "", "", "39.8", "116.5", "INACTIVE"),
        ("azure", "westeurope", "West Europe", "NL", "", "", "52.3", "4.9", "ACTIVE"),
        ("gcp", "us-central1", "us-central1", "US", "Iowa", "Council Bluffs", "41.1", "-95.7",
         "ACTIVE"),
        ("gcp", "europe-west3", "europe-west3", "DE", "", "Frankfurt", "50.1", "8.9", "ACTIVE"),
    ],
    "regions/gpu_servers.csv": [
        ("vendor_id", "name", "family", "gpu_count", "vcpus", "memory_amount"),
        ("aws", "dl1.24xlarge", "dl1", "8", "96", "786432"),
        ("gcp", "tpu7x-standard-4t", "tpu7x", "4", "224", "983040"),
    ],
    "network/latency.csv": [
        ("src_region", "src_tier", "dst_region", "dst_tier", "min_rtt"),
        ("aws:us-east-1", "PREMIUM", "gcp:us-central1-a", "PREMIUM", "31.5"),
        ("gcp:us-central1-a", "PREMIUM", "aws:us-east-1", "PREMIUM", "30.25"),
        ("gcp:us-central1-a", "STANDARD", "aws:us-east-1", "PREMIUM", "9"),
    ],
    "network/cost.csv": [
        ("src", "dest", "cost"),
        ("gcp:us-central1-a", "gcp:us-central1-a", "0.0"),
        ("gcp:us-central1-a", "gcp:europe-west3-a", "0.08"),
        ("gcp:us-central1-a", "aws:us-east-1", "0.12"),
        ("gcp:us-central1-a", "azure:westeurope", "0.19"),
    ],
    "network/aws_transfer_costs.csv": [
        ("src", "dst", "cost"),
        ("us-east-1", "internet", "0.09"),
        ("us-east-1", "eu-west-1", "0.02"),
    ],
    "network/azure_rtt_p95_2026-07-30.csv": [
        ("Source", "West Europe", "Denmark East"),
        ("West Europe", "", "22"),
        ("Denmark East", "20", ""),
    ],
}  # fmt: skip


def location(name: str, shown: str) -> dict[str, object]:
    """One entry of Microsoft's list of locations."""
    metadata = {"regionType": "Physical", "latitude": "55.6", "longitude": "12.5"}
    return {"name": name, "displayName": shown, "metadata": metadata}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder like that of the public data sets, with a few rows in each file."""
    folder = tmp_path / "data"
    for path, rows in SMALL.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", newline="") as target:
            csv.writer(target).writerows(rows)
    (folder / "prices/known_skus.yaml").write_text("- name: Standard_X\n  family: x\n")
    places = [location("westeurope", "West Europe"), location("denmarkeast", "Denmark East")]
    (folder / "prices/locations.json").write_text(json.dumps(places))
    return folder


def build(data: Path, into: Path) -> subprocess.CompletedProcess[str]:
    """Run the script as a developer does."""
    script = PROJECT / "tools" / "build_listprices.py"
    return subprocess.run(
        [sys.executable, str(script), "--data", str(data), "--into", str(into)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def built(data: Path, tmp_path: Path) -> Path:
    """The tables of the small folder."""
    into = tmp_path / "tables"
    outcome = build(data, into)
    assert outcome.returncode == 0, outcome.stderr
    return into


def change(data: Path, path: str, old: str, new: str) -> None:
    """Put *new* in the place of *old*, which must be there."""
    text = (data / path).read_text()
    assert old in text
    (data / path).write_text(text.replace(old, new))


def test_the_committed_tables_are_as_built(tmp_path: Path) -> None:
    names = [*(f"{table}.csv" for table in COLUMNS), MANIFEST]
    committed = {name: (bundled() / name).read_bytes() for name in names}
    manifest = json.loads(committed[MANIFEST])["tables"]
    for table in COLUMNS:
        assert hashlib.sha256(committed[f"{table}.csv"]).hexdigest() == manifest[table]["sha256"]

    public = os.environ.get("BROKER_DATA")
    if public:
        outcome = build(Path(public), tmp_path)
        assert outcome.returncode == 0, outcome.stderr
        assert {name: (tmp_path / name).read_bytes() for name in names} == committed


def test_the_folder_of_tables_holds_nothing_else() -> None:
    names = {file.name for file in bundled().iterdir()}

    assert names == {*(f"{table}.csv" for table in COLUMNS), MANIFEST}


def test_the_same_data_gives_the_same_bytes(data: Path, built: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    build(data, again)

    for file in sorted(built.iterdir()):
        assert (again / file.name).read_bytes() == file.read_bytes()


def test_rows_in_another_order_give_the_same_bytes(data: Path, built: Path, tmp_path: Path) -> None:
    for path in ("regions/regions.csv", "network/latency.csv", "network/cost.csv"):
        heading, *rows = (data / path).read_text().splitlines(keepends=True)
        (data / path).write_text("".join([heading, *reversed(rows)]))
    again = tmp_path / "again"
    build(data, again)

    for file in sorted(built.iterdir()):
        assert (again / file.name).read_bytes() == file.read_bytes()


def test_offers_are_built(built: Path) -> None:
    provider = ListPrices(built)
    found = {
        offer.name: (offer.price, offer.count)
        for region in provider.regions()
        for offer in provider.discover(region).offers
    }

    whole, four, eight = Fraction(1), Fraction(4), Fraction(8)
    assert found == {
        "aws/us-east-1/dl1.24xlarge/on-demand": (Money.parse("13.10904"), eight),
        "aws/us-east-1/p4d.24xlarge/on-demand": (Money.parse("21.957642"), eight),
        "aws/us-east-1/p4d.24xlarge/reserved-12mo": (Money.parse("13.5"), eight),
        "aws/us-east-1/p5e.48xlarge/on-demand": (None, eight),
        "aws/us-east-1/use1-atl2-az1/p5e.48xlarge/on-demand": (Money.parse("41.2"), eight),
        "aws/us-east-1/use1-atl2-az1/p5e.48xlarge/spot": (Money.parse("12.5"), eight),
        "aws/us-east-1/use1-az1/p5e.48xlarge/spot": (Money.parse("10.0644"), eight),
        "azure/westeurope/Standard_NV6ads_A10_v5/on-demand": (
            Money.parse("0.454"),
            Fraction(1, 6),
        ),
        "gcp/europe-west3/g2-standard-4/on-demand": (Money.parse("0.91"), whole),
        "gcp/us-central1/g2-standard-4/reserved-12mo": (Money.parse("0.5"), whole),
        "gcp/us-central1/g2-standard-4/reserved-36mo": (Money.parse("0.4"), whole),
        "gcp/us-central1/us-central1-a/g2-standard-4/on-demand": (
            Money.parse("0.706832"),
            whole,
        ),
        "gcp/us-central1/us-central1-a/g2-standard-4/spot": (Money.parse("0.28"), whole),
        "gcp/us-central1/us-central1-c/tpu7x-standard-4t/on-demand": (None, four),
    }


def test_a_stated_price_stands_before_an_unknown_one(data: Path, tmp_path: Path) -> None:
    row = SMALL["catalog/aws_p5_p6_spot_by_az.csv"][1]
    priced = (*row[:5], "39.8", "", *row[7:8], "use1-az2", *row[9:])
    with (data / "catalog/aws_p5_p6_spot_by_az.csv").open("a", newline="") as target:
        csv.writer(target).writerow(priced)
    build(data, tmp_path / "tables")

    offers = ListPrices(tmp_path / "tables").discover(RegionKey.parse("aws/us-east-1")).offers

    (on_demand,) = [
        offer for offer in offers if offer.name == "aws/us-east-1/p5e.48xlarge/on-demand"
    ]
    assert on_demand.price == Money.parse("39.8")


def test_places_and_distances_are_built(built: Path) -> None:
    atlas = ListPricesAtlas(built)

    assert {str(region.key): region.country for region in atlas.regions()} == {
        "aws/eu-west-1": "IE",
        "aws/us-east-1": "US",
        "aws/us-gov-east-1": "US",
        "aws/us-gov-west-1": "US",
        "azure/denmarkeast": "DK",
        "azure/westeurope": "NL",
        "gcp/europe-west3": "DE",
        "gcp/us-central1": "US",
    }
    assert [(str(t.a), str(t.b), t.milliseconds) for t in atlas.round_trips()] == [
        ("aws/us-east-1", "gcp/us-central1", 30.25),
        ("azure/denmarkeast", "azure/westeurope", 20.0),
    ]
    assert [
        (str(price.source), price.destination and str(price.destination), str(price.per_gb))
        for price in atlas.egress_prices()
    ] == [
        ("aws/us-east-1", None, "0.09"),
        ("aws/us-east-1", "aws/eu-west-1", "0.02"),
        ("gcp/us-central1", None, "0.19"),
        ("gcp/us-central1", "gcp/europe-west3", "0.08"),
    ]


@pytest.mark.parametrize(
    ("path", "old", "new", "complaint"),
    [
        ("catalog/azure.csv", "0.454", "0.0", "above zero"),
        ("catalog/azure.csv", "0.454", "-0.1", "above zero"),
        ("catalog/azure.csv", "0.1667", "0.21", "no simple fraction"),
        ("catalog/azure.csv", "0.1667", "0", "no simple fraction"),
        ("catalog/azure.csv", ",A10,", ",A11,", "A11"),
        ("catalog/aws.csv", "p4d.24xlarge", "x4d.24xlarge", "no quota group"),
        ("catalog/aws.csv", "p4d.24xlarge,A100", "p5e.48xlarge,A100", "two lists disagree"),
        ("catalog/gcp.csv", "Cyclenerd pricing.yml", "hearsay", "hearsay"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_written(
    data: Path, tmp_path: Path, path: str, old: str, new: str, complaint: str
) -> None:
    change(data, path, old, new)

    outcome = build(data, tmp_path / "tables")

    assert outcome.returncode != 0
    assert complaint in outcome.stderr
    assert not (tmp_path / "tables").exists()
