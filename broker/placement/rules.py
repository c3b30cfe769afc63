"""What a single offer must satisfy for a single workload: one rule, one function.

A rule returns None if the offer passes, or the reason in words. The rules are sorted by what
they look at, so that `screening` asks each once per kind of offer or region, not once per pair.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from broker.domain.spec import BYTES_PER_GB, Dataset, Replication
from broker.domain.workloads import SECONDS_PER_HOUR, Nearness, Workload
from broker.placement.problem import Problem
from broker.placement.quotas import in_words, quota_use_per_node, quotas_of
from broker.placement.reservations import lasts_for, newest_price
from broker.placement.shapes import Item, NodeShape, item, most_on_one_node, node_shape

BITS_PER_BYTE = 8

Rule = Callable[[Workload, Offer, Problem], str | None]
RegionRule = Callable[[Workload, RegionKey, Problem], str | None]


def right_accelerator(workload: Workload, offer: Offer, problem: Problem) -> str | None:
    """The model, its memory and the MIG profile are among those asked for."""
    if item(workload, offer) is not None:
        return None
    wanted = " or ".join(str(choice) for choice in workload.accelerators.any_of)
    return f"has {offer.accelerator.name}, not {wanted}"


def fits_one_node(workload: Workload, offer: Offer, problem: Problem) -> str | None:
    """One replica fits on one empty node: devices, vCPUs and memory, less what the node keeps.

    An offer with another accelerator passes: it is excluded already.
    """
    wanted = item(workload, offer)
    if wanted is None:
        return None
    node = node_shape(offer)
    if most_on_one_node(wanted, node):
        return None
    return _shortage(wanted, node)


def _shortage(wanted: Item, node: NodeShape) -> str:
    if wanted.milli_vcpus > node.milli_vcpus:
        return (
            f"has {_decimal(node.milli_vcpus, 1000)} vCPUs to give per node, "
            f"{_decimal(wanted.milli_vcpus, 1000)} wanted"
        )
    if wanted.memory_mib > node.memory_mib:
        return (
            f"has {_decimal(node.memory_mib, 1024)} GiB of memory to give per node, "
            f"{_decimal(wanted.memory_mib, 1024)} wanted"
        )
    devices = node.devices * node.device_size
    if wanted.slices:
        return f"has {devices} accelerators per node, of which none has room for the slices wanted"
    return f"has {devices} accelerators per node, {wanted.share or wanted.devices} wanted"


def _decimal(amount: int, unit: int) -> str:
    return f"{(Decimal(amount) / unit).quantize(Decimal('0.1')).normalize():f}"


def in_scope(workload: Workload, region: RegionKey, problem: Problem) -> str | None:
    """The cloud is named under `providers`, and the region is not left out there."""
    scope = next((s for s in problem.spec.providers if s.provider == region.provider), None)
    if scope is None:
        return f"cloud {region.provider} is not among the fleet's providers"
    if scope.includes(region):
        return None
    known = problem.network.regions.get(region)
    if known and known.is_closed:
        return f"region {region} is of the {known.partition} partition, not listed by name"
    return f"region {region} is not among the fleet's regions"


def lawful_residency(workload: Workload, region: RegionKey, problem: Problem) -> str | None:
    """The region lies in one of the workload's jurisdictions; an unknown region does not."""
    if not workload.residency:
        return None
    known = problem.network.regions.get(region)
    if known is None:
        return f"jurisdiction of {region} is unknown"
    if known.jurisdictions & workload.residency:
        return None
    return f"{region} is in {known.country}, not in {' or '.join(sorted(workload.residency))}"


def near_clients(workload: Workload, region: RegionKey, problem: Problem) -> str | None:
    """At least one place of its clients is within the round-trip bound; unmeasured is too far."""
    if workload.latency is None:
        return None
    places = client_places(workload, problem)
    if any(within_reach(workload, region, place, problem) for place in places):
        return None
    times = [problem.network.round_trip_ms(region, place) for place in places]
    measured = [time for time in times if time is not None]
    bound = f"{workload.latency.round_trip_ms:g} ms"
    if not measured:
        return f"round trip to {workload.latency.clients} was never measured; bound {bound}"
    return f"round trip to {workload.latency.clients} {min(measured):.1f} ms, bound {bound}"


def client_places(workload: Workload, problem: Problem) -> tuple[RegionKey, ...]:
    """Where the clients of *workload* are; none if it has no latency bound."""
    if workload.latency is None:
        return ()
    return next(c.places for c in problem.spec.clients if c.name == workload.latency.clients)


def within_reach(workload: Workload, region: RegionKey, place: RegionKey, problem: Problem) -> bool:
    """Whether a replica in *region* serves *place* in time."""
    if workload.latency is None:
        return True
    time = problem.network.round_trip_ms(region, place)
    return time is not None and time <= workload.latency.round_trip_ms


def is_near(region: RegionKey, other: RegionKey, nearness: Nearness, problem: Problem) -> bool:
    """Whether a replica in *other* is near enough to one in *region*; unmeasured is too far."""
    time = problem.network.round_trip_ms(region, other)
    return time is not None and time <= nearness.round_trip_ms


def reachable_data(workload: Workload, region: RegionKey, problem: Problem) -> str | None:
    """Each data set it reads is there, or may be copied and kept there at known prices."""
    for dataset in datasets_of(workload, problem):
        if dataset.home == region:
            continue
        if dataset.replication is Replication.FORBIDDEN:
            return f"{dataset.name} is in {dataset.home} and must not be copied"
        if problem.network.egress_price_per_gb(dataset.home, region) is None:
            return f"price of moving {dataset.name} from {dataset.home} to {region} is unknown"
        if region.provider not in problem.network.storage_per_gb_month:
            return f"price of keeping a copy of {dataset.name} in {region} is unknown"
    return None


def known_overhead(workload: Workload, region: RegionKey, problem: Problem) -> str | None:
    """What a cluster costs there is known: an unknown one would make the region look cheap."""
    if cluster_hourly(region, problem) is not None:
        return None
    return f"price of a cluster in {region} is unknown"


def cluster_hourly(region: RegionKey, problem: Problem) -> Money | None:
    """Control plane, NAT and the like of a cluster in *region*; None where nobody states it."""
    for scope in problem.spec.providers:
        if scope.provider == region.provider and scope.cluster_hourly is not None:
            return scope.cluster_hourly
    return problem.network.overhead_hourly.get(region.provider)


def done_in_time(workload: Workload, region: RegionKey, problem: Problem) -> str | None:
    """Once its data is copied there and it may start, its hours end before it has to be done.

    Copies are made at the same time, from the beginning of the month: they take size / throughput.
    """
    run, begins = workload.run, problem.begins or newest_price(problem.offers)
    if run.hours is None or run.ends is None or begins is None:
        return None
    copying = max(
        (copy_hours(d) for d in datasets_of(workload, problem) if not is_there(d, region, problem)),
        default=Fraction(0),
    )
    ready = begins + timedelta(seconds=float(copying * SECONDS_PER_HOUR))
    start = ready if run.starts is None else max(run.starts, ready)
    late = start + timedelta(seconds=float(run.hours * SECONDS_PER_HOUR)) - run.ends
    if late <= timedelta(0):
        return None
    after = f" after {float(copying):.1f} h of copying" if copying else ""
    return f"would be done {late.total_seconds() / SECONDS_PER_HOUR:.1f} h late{after}"


def copy_hours(dataset: Dataset) -> Fraction:
    """How long a copy takes to make."""
    return dataset_gb(dataset) * BITS_PER_BYTE / dataset.copy_gbps / SECONDS_PER_HOUR


def is_there(dataset: Dataset, region: RegionKey, problem: Problem) -> bool:
    """Whether *dataset* lives in *region*, or the recorded fleet has that copy already."""
    copies = problem.recorded.replicas if problem.recorded else ()
    return dataset.home == region or any(
        (copy.dataset, copy.source, copy.destination, copy.size_bytes)
        == (dataset.name, dataset.home, region, dataset.size_bytes)
        for copy in copies
    )


def datasets_of(workload: Workload, problem: Problem) -> Iterator[Dataset]:
    """The data sets that *workload* reads, in the order of the spec."""
    return (dataset for dataset in problem.spec.datasets if dataset.name in workload.reads)


def dataset_gb(dataset: Dataset) -> Fraction:
    """Its size in GB of 10^9 bytes."""
    return Fraction(dataset.size_bytes, BYTES_PER_GB)


def firm_enough(workload: Workload, offer: Offer, problem: Problem) -> str | None:
    """The capacity type is among those the workload accepts.

    What is reserved is as firm as what is bought on demand, and paid already.
    """
    if offer.capacity_type in workload.capacity_types or (
        offer.reservation and CapacityType.ON_DEMAND in workload.capacity_types
    ):
        return None
    accepted = " or ".join(sorted(workload.capacity_types))
    reason = f"is {offer.capacity_type}, the workload accepts {accepted}"
    bar = workload.bar(offer.capacity_type)
    return f"{reason}; {bar}" if bar else reason


def is_committed_beyond(workload: Workload, offer: Offer) -> bool:
    """Whether *offer* has to be paid long after *workload* ends: its hours there are no price of it."""
    is_commitment = offer.capacity_type is CapacityType.RESERVED and not offer.reservation
    return is_commitment and workload.run.is_burst


def ordinary_zone(workload: Workload, offer: Offer, problem: Problem) -> str | None:
    """Local, wavelength and edge zones are places of another kind: not for node pools here."""
    if offer.zone_kind is ZoneKind.AVAILABILITY_ZONE:
        return None
    return f"{offer.zone} is a {offer.zone_kind}"


def known_price(workload: Workload, offer: Offer, problem: Problem) -> str | None:
    """The price is known: an unknown one is never ranked."""
    return None if offer.price is not None else "price is unknown"


def reserved_long_enough(workload: Workload, offer: Offer, problem: Problem) -> str | None:
    """The reservation does not end before the work does."""
    for reservation in problem.spec.reservations if offer.reservation else ():
        ends = reservation.ends
        if (
            reservation.key == offer.reservation_key
            and ends is not None
            and not lasts_for(reservation, workload.run, offer.fetched_at)
        ):
            return f"reservation {reservation.name} ends on {ends.date()}"
    return None


def not_banned(workload: Workload, offer: Offer, problem: Problem) -> str | None:
    """Nobody has said that the offer can not be had; a pinned workload has only its pins."""
    if offer.name in problem.banned:
        return "can not be had now"
    pinned = [name for pinned, name in problem.pins if pinned == workload.name]
    if pinned and offer.name not in pinned:
        return f"the workload is pinned to {' or '.join(pinned)}"
    return None


def in_stock(workload: Workload, offer: Offer, problem: Problem) -> str | None:
    """The cloud has not said a little while ago that it has no more of such nodes."""
    return problem.sold_out.get(offer.name)


def sold_to_us(workload: Workload, offer: Offer, problem: Problem) -> str | None:
    """The cloud does not say that this account can not buy it."""
    return problem.restricted.get(offer.name)


def fresh_price(workload: Workload, offer: Offer, problem: Problem) -> str | None:
    """The price is not older than the user allows."""
    return problem.aged.get(offer.name)


def within_window(workload: Workload, offer: Offer, problem: Problem) -> str | None:
    """What is sold ahead for a time, and paid as a whole, is for work of just that time."""
    window, run = offer.window, workload.run
    if window is None:
        return None
    hours = Fraction(int((window.ends_at - window.starts_at).total_seconds()), 3600)
    if run.hours != hours:
        wanted = "runs always" if run.hours is None else f"runs {run.hours} h"
        return f"is sold for {hours} h as a whole, the workload {wanted}"
    if (run.starts and window.starts_at < run.starts) or (run.ends and window.ends_at > run.ends):
        return f"is to be had from {window.starts_at:%Y-%m-%d %H:%M} on, not when the workload runs"
    return None


def within_quota(workload: Workload, offer: Offer, problem: Problem) -> str | None:
    """The least that would be placed (a replica, or the whole gang) is within each quota.

    What all replicas need is told too: that is what a price of the workload on the offer is of.
    """
    wanted = item(workload, offer)
    per_node = most_on_one_node(wanted, node_shape(offer)) if wanted else 0
    if not per_node:
        return None
    of_all = -(-workload.replicas.minimum // per_node)
    nodes = of_all if workload.is_gang else 1
    for quota in quotas_of(offer, problem):
        per = quota_use_per_node(offer, quota)
        if nodes * per > quota.limit:
            first = (
                f", {in_words(nodes * per, quota)} for its first replica" if of_all > nodes else ""
            )
            needs = f"needs {in_words(of_all * per, quota)} of {quota.title}{first}"
            return f"{needs}, the limit is {quota.limit}"
    return None


def priced_answers(workload: Workload, region: RegionKey, problem: Problem) -> str | None:
    """Where answers are paid for, the price of traffic out of the cloud is known."""
    if workload.latency is None or workload.latency.response_bytes is None:
        return None
    if problem.network.egress_per_gb.get((region, None)) is None:
        return f"price of traffic from {region} to clients is unknown"
    return None


HARDWARE_RULES: dict[str, Rule] = {
    "accelerator": right_accelerator,
    "node-size": fits_one_node,
}
"""Asked once per kind of offer."""

REGION_RULES: dict[str, RegionRule] = {
    "scope": in_scope,
    "residency": lawful_residency,
    "latency": near_clients,
    "data": reachable_data,
    "overhead": known_overhead,
    "deadline": done_in_time,
    "traffic-price": priced_answers,
}
"""Asked once per region."""

OFFER_RULES: dict[str, Rule] = {
    "capacity-type": firm_enough,
    "zone-kind": ordinary_zone,
    "price": known_price,
    "price-age": fresh_price,
    "restriction": sold_to_us,
    "window": within_window,
    "reservation-end": reserved_long_enough,
    "quota": within_quota,
    "stock": in_stock,
    "banned": not_banned,
}
"""Asked last. How each is asked in bulk is told in `screening`, else it is asked of every offer."""
