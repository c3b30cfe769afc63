"""A small world for specs: three clouds of few regions, and the accelerators they might sell."""

from broker.domain.accelerators import Accelerator, AcceleratorKind
from broker.domain.geography import Region, RegionKey


def _region(key: str, country: str, *unions: str, partition: str = "commercial") -> Region:
    return Region(
        key=RegionKey.parse(key),
        name=key,
        country=country,
        jurisdictions=frozenset({country, *unions}),
        partition=partition,
    )


REGIONS = {
    region.key: region
    for region in (
        _region("aws/eu-central-1", "DE", "EU", "EEA"),
        _region("aws/eu-west-1", "IE", "EU", "EEA"),
        _region("aws/us-east-1", "US"),
        _region("aws/us-gov-west-1", "US", "US-GOV", partition="gov"),
        _region("azure/norwayeast", "NO", "EEA"),
        _region("azure/westeurope", "NL", "EU", "EEA"),
        _region("gcp/europe-west3", "DE", "EU", "EEA"),
        _region("gcp/us-central1", "US"),
    )
}

ACCELERATORS = tuple(
    Accelerator(model, variant, gib * 1024, AcceleratorKind.GPU)
    for model, variant, gib in (
        ("A100", "", 40),
        ("A100", "80GB", 80),
        ("H100", "", 80),
        ("H200", "", 141),
        ("L4", "", 24),
        ("T4", "", 16),
    )
)
