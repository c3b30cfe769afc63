"""The owner's file: read strictly, with every finding at once."""

from pathlib import Path

import pytest

from broker.domain.errors import CatalogInvalid
from broker.domain.geography import RegionKey
from broker.domain.money import Money
from providers.kubernetes.clusters import clusters

WHOLE = """
[clusters.hall-1]
country = "DE"
jurisdictions = ["EU", "EEA"]
price-per-accelerator-hour = {H100 = "1.90", A100-80GB = 1.1, T4 = 1}

[clusters."arn:aws:eks:x"]
country = "US"
"""


GERMAN = '[clusters.a]\ncountry = "DE"\n'


def written(folder: Path, text: str) -> Path:
    file = folder / "clusters.toml"
    file.write_text(text)
    return file


def test_clusters_have_a_law_and_prices(tmp_path: Path) -> None:
    found = clusters(written(tmp_path, WHOLE))

    hall = found[RegionKey.parse("kubernetes/hall-1")]
    assert hall.place.jurisdictions == {"DE", "EU", "EEA"}
    assert hall.prices == {
        "H100": Money.parse("1.90"), "A100-80GB": Money.parse("1.10"), "T4": Money.parse("1"),
    }  # fmt: skip
    assert len(found) == 2


def test_without_a_file_there_are_no_clusters(tmp_path: Path) -> None:
    assert clusters(tmp_path / "none.toml") == {}


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("clusters = 1", ["has to hold the table clusters"]),
        ("[cluster.a]", ["has to hold the table clusters"]),
        ("][", ["is no TOML"]),
        ("[clusters.a]", ["needs a country"]),
        ('[clusters.a]\ncountry = "Germany"', ["needs a country"]),
        ('[clusters."a/b"]\ncountry = "DE"', ["a slash in its name"]),
        ('[clusters.a]\ncountry = "DE"\njurisdictions = "EU"', ["no list of names"]),
        ('[clusters.a]\ncountry = "DE"\nprice = 1', ["an unknown key price"]),
        (
            f"{GERMAN}price-per-accelerator-hour = {{H100 = 0, L4 = 'x', T4 = true, A10 = nan}}",
            ["price of H100", "price of L4", "price of T4", "price of A10"],
        ),
        ("[clusters]\na = 1\nb = 2", ["clusters.a is no table", "clusters.b is no table"]),
    ],
)
def test_what_is_wrong_is_told_all_at_once(text: str, findings: list[str], tmp_path: Path) -> None:
    with pytest.raises(CatalogInvalid) as caught:
        clusters(written(tmp_path, text))

    told = [finding.summary for finding in caught.value.diagnostics]
    assert len(told) == len(findings)
    assert all(part in summary for part, summary in zip(findings, told, strict=True))


def test_a_file_that_can_not_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(CatalogInvalid):
        clusters(tmp_path)
