"""The quotas of the sandbox account, in the form of Service Quotas."""

from typing import Any

ON_DEMAND = {
    "DL": ("L-6E869C2A", 768),
    "G and VT": ("L-DB2E81BA", 12288),
    "Inf": ("L-1945791B", 3072),
    "P": ("L-417A185B", 49152),
    "Standard (A, C, D, H, I, M, R, T, Z)": ("L-1216C47A", 1152),
    "Trn": ("L-2C3B7624", 65536),
}
"""vCPUs that may run at once, by the family that the quota is named after."""

SPOT = {
    "DL": ("L-85EED4F7", 96),
    "G and VT": ("L-3819A6DF", 12288),
    "Inf": ("L-B5D1601B", 1536),
    "P4, P3 and P2": ("L-7212CCBC", 6144),
    "P5": ("L-C4BD4855", 49152),
    "P6": ("L-SANDBOX6", 6144),
    "Trn": ("L-6B0D517C", 4096),
}
"""vCPUs of spot requests, by the families that the quota is named after.

The codes are those that AWS documents for these quotas, but for the one of P6; the limits are the
sandbox's own, and wide enough for prices to decide where examples run.
"""


def service_quotas(region: str) -> list[dict[str, Any]]:
    """All quotas of EC2 in *region*."""
    named = {f"Running On-Demand {family} instances": q for family, q in ON_DEMAND.items()}
    named |= {f"All {family} Spot Instance Requests": q for family, q in SPOT.items()}
    named["EC2-VPC Elastic IPs"] = ("L-0263D0A3", 5)
    return [
        {
            "ServiceCode": "ec2",
            "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
            "QuotaArn": f"arn:aws:servicequotas:{region}:123456789012:ec2/{code}",
            "QuotaCode": code,
            "QuotaName": name,
            "Value": float(limit),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }
        for name, (code, limit) in sorted(named.items())
    ]
