"""The calls of discovery: each returns plain payloads of all pages, or raises a CloudError."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any, TypeVar

from broker.domain.errors import NotFound
from broker.ports.clock import Clock
from providers.aws.clients import PRICES, AwsClients
from providers.aws.errors import translated
from providers.aws.price_list import WANTED
from providers.calls.effort import Effort
from providers.calls.pages import pages
from providers.calls.told import request_told

Payload = Mapping[str, Any]
T = TypeVar("T")

SERVED_FROM_ONE_PLACE = frozenset({"pricing", "savingsplans"})

MOST_TYPES = 100
"""Machine types in one page of their hardware (EC2 API, DescribeInstanceTypes)."""

MOST_VALUES = 50
"""Machine types in one filter of the price list, whose text must stay below 1,024 characters."""

BLOCK_HOURS = 24
"""The length of the capacity blocks that are asked for: the shortest there is."""


class AwsCalls:
    """What is asked about one *region*, within the patience of one *effort*; for one thread."""

    def __init__(self, clients: AwsClients, region: str, effort: Effort, clock: Clock) -> None:
        self._clients = clients
        self._region = region
        self._effort = effort
        self._clock = clock

    def regions(self) -> list[Payload]:
        """Every region with its opt-in state."""
        return self._pages("ec2", "describe_regions", "Regions", AllRegions=True)

    def zones(self) -> list[Payload]:
        """Every zone of the region, those that are not opted into too."""
        return self._pages(
            "ec2", "describe_availability_zones", "AvailabilityZones", AllAvailabilityZones=True
        )

    def offerings(self) -> list[Payload]:
        """Which machine type is sold in which zone, by the id of the zone."""
        return self._pages(
            "ec2",
            "describe_instance_type_offerings",
            "InstanceTypeOfferings",
            LocationType="availability-zone-id",
            MaxResults=1000,
        )

    def machine_types(self, names: Sequence[str]) -> list[Payload]:
        """The hardware of those of *names* that the region describes.

        A filter, not a list of names: that is refused whole if one of them is not known yet.
        """
        return [
            row
            for batch in _batches(names, MOST_TYPES)
            for row in self._pages(
                "ec2",
                "describe_instance_types",
                "InstanceTypes",
                Filters=[{"Name": "instance-type", "Values": batch}],
                MaxResults=MOST_TYPES,
            )
        ]

    def spot_prices(self, names: Sequence[str], since: datetime) -> list[Payload]:
        """The spot prices of *names* by zone: those that held at *since*, and each change after."""
        return self._pages(
            "ec2",
            "describe_spot_price_history",
            "SpotPriceHistory",
            StartTime=since,
            ProductDescriptions=["Linux/UNIX"],
            InstanceTypes=list(names),
            MaxResults=1000,
        )

    def products(self, names: Sequence[str], places: Sequence[str]) -> list[str]:
        """Items of the price list for *names* in *places*: the region, and groups of zones."""
        return [
            item
            for batch in _batches(names, MOST_VALUES)
            for item in self._pages(
                "pricing",
                "get_products",
                "PriceList",
                ServiceCode="AmazonEC2",
                Filters=[
                    *(_equal(field, value) for field, value in WANTED.items()),
                    _any_of("regionCode", places),
                    _any_of("instanceType", batch),
                ],
                MaxResults=100,
            )
        ]

    def savings_plans(self, names: Sequence[str]) -> list[Payload]:
        """What *names* cost under a savings plan of their family, without an upfront fee."""
        return [
            row
            for batch in _batches(names, MOST_TYPES)
            for row in self._pages(
                "savingsplans",
                "describe_savings_plans_offering_rates",
                "searchResults",
                "nextToken",
                savingsPlanTypes=["EC2Instance"],
                savingsPlanPaymentOptions=["No Upfront"],
                products=["EC2"],
                serviceCodes=["AmazonEC2"],
                filters=[
                    {"name": "region", "values": [self._region]},
                    {"name": "tenancy", "values": ["shared"]},
                    {"name": "productDescription", "values": ["Linux/UNIX"]},
                    {"name": "instanceType", "values": batch},
                ],
                maxResults=1000,
            )
        ]

    def quotas(self) -> list[Payload]:
        """All quotas of EC2, those that count vCPUs and others."""
        return self._pages(
            "service-quotas", "list_service_quotas", "Quotas", ServiceCode="ec2", MaxResults=100
        )

    def capacity_blocks(self, name: str) -> list[Payload]:
        """Blocks of one node of *name* that can be bought now; none where they are not sold."""
        try:
            return self._pages(
                "ec2",
                "describe_capacity_block_offerings",
                "CapacityBlockOfferings",
                InstanceType=name,
                InstanceCount=1,
                CapacityDurationHours=BLOCK_HOURS,
            )
        except NotFound:
            return []

    def reservations(self) -> list[Payload]:
        """The account's own capacity reservations that are in force."""
        return self._pages(
            "ec2",
            "describe_capacity_reservations",
            "CapacityReservations",
            Filters=[{"Name": "state", "Values": ["active"]}],
            MaxResults=1000,
        )

    def placement_scores(self, names: Sequence[str], nodes: int) -> list[Payload]:
        """How likely *nodes* of any of *names* can be had as spot, by zone: the ten best."""
        return self._pages(
            "ec2",
            "get_spot_placement_scores",
            "SpotPlacementScores",
            InstanceTypes=list(names),
            TargetCapacity=nodes,
            TargetCapacityUnitType="units",
            SingleAvailabilityZone=True,
            RegionNames=[self._region],
        )

    def _pages(
        self, service: str, operation: str, key: str, next_page: str = "NextToken", **asked: Any
    ) -> list[Any]:
        in_turn = service in SERVED_FROM_ONE_PLACE
        place = PRICES if in_turn else self._region
        client = self._attempt(lambda: self._clients.client(service, place, self._effort))
        call = getattr(client, operation)

        def ask(token: str | None) -> Any:
            page = {next_page: token} if token else {}
            turn = self._clients.shared.taken(self._effort) if in_turn else nullcontext()
            with turn, request_told(f"{service} {operation}", f"aws/{place}"):
                return self._attempt(lambda: call(**asked, **page))

        def read(token: str | None) -> tuple[list[Any], str | None]:
            answer = self._effort.persist(lambda: ask(token))
            return answer.get(key) or [], answer.get(next_page) or None

        return [row for page in pages(read, self._effort.question) for row in page]

    def _attempt(self, ask: Callable[[], T]) -> T:
        with translated(self._effort.question, self._clock.now()):
            return ask()


def _batches(names: Sequence[str], most: int) -> Iterator[list[str]]:
    for start in range(0, len(names), most):
        yield list(names[start : start + most])


def _equal(field: str, value: str) -> dict[str, str]:
    return {"Type": "TERM_MATCH", "Field": field, "Value": value}


def _any_of(field: str, values: Sequence[str]) -> dict[str, str]:
    return {"Type": "ANY_OF", "Field": field, "Value": ",".join(values)}
