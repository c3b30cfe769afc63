"""Names that must not be mixed up: each is a string with a type of its own."""

from typing import NewType

ProviderName = NewType("ProviderName", str)
"""A cloud, as written in specs and plans: `aws`."""

ZoneId = NewType("ZoneId", str)
"""A zone by the cloud's stable id (`use1-az4`), since zone names differ per account."""

MachineType = NewType("MachineType", str)
"""A hardware shape a cloud sells: `p5.48xlarge`."""

WorkloadName = NewType("WorkloadName", str)
DatasetName = NewType("DatasetName", str)
ReservationName = NewType("ReservationName", str)
ClientsName = NewType("ClientsName", str)
TeamName = NewType("TeamName", str)
ClusterName = NewType("ClusterName", str)
PoolName = NewType("PoolName", str)
