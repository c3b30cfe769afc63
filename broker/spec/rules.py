"""What the keys of one workload demand of each other."""

from datetime import datetime
from fractions import Fraction

from broker.domain.diagnostics import Severity
from broker.domain.offers import CapacityType
from broker.domain.wording import many
from broker.domain.workloads import LOSES_ALL_WITH_ONE, SECONDS_PER_HOUR
from broker.spec.findings import Findings
from broker.spec.scalars import Growth
from broker.spec.values import Record


def check_workload(workload: Record, findings: Findings) -> None:
    """Apply every rule."""
    for rule in (
        _order_replicas,
        _bound_spread,
        _keep_gangs_together,
        _divide_no_gang,
        _leave_a_replica_somewhere,
        _let_no_burst_grow,
        _count_answers,
        _order_window,
        _fit_hours_into_window,
        _checkpoint_spot_gangs,
        _reserve_only_for_ever,
        _pin_image,
    ):
        rule(workload, findings)


def replicas(workload: Record) -> tuple[int, int]:
    """The least and the most replicas; 1 if nothing is said."""
    gang: int | None = workload.content("gang")
    stated = workload.content("replicas")
    if isinstance(stated, Record):
        least: int = stated.content("min") or 1
        most: int = stated.content("max") or least
        return least, most
    only: int = gang or stated or 1
    return only, only


def grows(workload: Record) -> bool:
    """Whether quotas must leave room for the most replicas."""
    stated = workload.record("replicas")
    return stated is not None and stated.content("growth") is Growth.WITHIN_QUOTAS


def window(workload: Record) -> tuple[datetime | None, datetime | None]:
    """From when until when, if stated."""
    run = workload.record("runs")
    return (run.content("from"), run.content("until")) if run else (None, None)


def hours(workload: Record) -> Fraction | None:
    """How long the work takes; None for work that always runs."""
    run = workload.record("runs")
    if run is None:
        return None
    stated: Fraction | None = run.content("hours")
    starts, ends = window(workload)
    if stated is not None or starts is None or ends is None:
        return stated
    return Fraction(int((ends - starts).total_seconds()), SECONDS_PER_HOUR)


def _order_replicas(workload: Record, findings: Findings) -> None:
    stated = workload.record("replicas")
    least, most = replicas(workload)
    if stated is not None and least > most:
        findings.at(
            stated,
            code="replicas-reversed",
            summary=f"`min` is {least}, more than `max`, which is {most}",
            hint=f"Write `{{min: {most}, max: {least}}}` if they were swapped.",
        )


def _bound_spread(workload: Record, findings: Findings) -> None:
    spread = workload.record("spread")
    regions: int = spread.content("regions") or 1 if spread else 1
    least, _ = replicas(workload)
    if spread is not None and regions > least:
        findings.at(
            spread,
            code="spread-too-wide",
            summary=f"{many(least, 'replica')} can not be spread over {regions} regions",
            hint=f"At least `replicas: {regions}`, or at most `spread: {{regions: {least}}}`.",
        )


def _keep_gangs_together(workload: Record, findings: Findings) -> None:
    spread = workload.record("spread")
    if spread is not None and (spread.content("regions") or 1) > 1 and workload.find("gang"):
        findings.at(
            spread,
            code="gang-spread",
            summary="A gang runs in one region, and can not be spread",
            hint="Use `replicas`, or leave out `spread`.",
        )


def _divide_no_gang(workload: Record, findings: Findings) -> None:
    shares = workload.record("at-most")
    if shares is not None and workload.find("gang"):
        findings.at(
            shares,
            code="gang-divided",
            summary="A gang runs on one offer in one place, and has no shares",
            hint="Use `replicas`, or leave out `at-most`.",
        )


def _leave_a_replica_somewhere(workload: Record, findings: Findings) -> None:
    shares = workload.record("at-most")
    zone = shares.find("zone") if shares else None
    least, _ = replicas(workload)
    if zone is not None and zone.content * least < 1:
        findings.at(
            zone,
            code="share-too-small",
            summary=f"A share of {float(zone.content):g} of {least} replica(s) in one zone is "
            "less than one",
            hint="Ask for a larger share or more replicas.",
        )


def _let_no_burst_grow(workload: Record, findings: Findings) -> None:
    stated = workload.record("replicas")
    if stated is not None and grows(workload) and workload.record("runs") is not None:
        findings.at(
            stated,
            code="growth-of-burst",
            summary="Work that ends does not scale with its load",
            hint="Leave out `growth`, or say `runs: always`.",
        )


def _count_answers(workload: Record, findings: Findings) -> None:
    latency = workload.record("latency")
    size = latency.find("response-kib") if latency else None
    if latency is not None and size is not None and latency.find("requests-per-replica") is None:
        findings.at(
            size,
            code="answers-uncounted",
            summary="Answers have a size, but nobody says how many there are",
            hint="State `requests-per-replica` beside it, such as 50.",
        )


def _order_window(workload: Record, findings: Findings) -> None:
    run = workload.record("runs")
    starts, ends = window(workload)
    if run is not None and starts is not None and ends is not None and ends <= starts:
        findings.at(
            run,
            code="window-reversed",
            summary="`until` is not after `from`",
            hint="Write the earlier instant as `from`, such as 2026-12-01T08:00:00Z.",
        )


def _fit_hours_into_window(workload: Record, findings: Findings) -> None:
    run = workload.record("runs")
    starts, ends = window(workload)
    needed = hours(workload)
    if run is None or starts is None or ends is None or needed is None or ends <= starts:
        return
    available = Fraction(int((ends - starts).total_seconds()), SECONDS_PER_HOUR)
    if needed > available:
        findings.at(
            run,
            code="window-too-short",
            summary=f"{float(needed):g} hours of work do not fit between `from` and `until`",
            hint=f"They are {float(available):g} hours apart: at most that, or a later `until`.",
        )


def _checkpoint_spot_gangs(workload: Record, findings: Findings) -> None:
    spot = next(
        (value for value in workload.items("capacity") if value.content is CapacityType.SPOT), None
    )
    kind = workload.content("kind")
    if (
        spot is not None
        and kind in LOSES_ALL_WITH_ONE
        and workload.find("gang") is not None
        and workload.find("checkpoint") is None
    ):
        findings.at(
            spot,
            code="spot-without-checkpoint",
            summary=f"A {kind} gang on spot loses all its work with one node",
            hint="State its `checkpoint`, such as `{every: 10m, size-gib: 46, "
            "store: s3://bucket/folder}`, or leave out spot.",
        )


def _reserve_only_for_ever(workload: Record, findings: Findings) -> None:
    reserved = next(
        (value for value in workload.items("capacity") if value.content is CapacityType.RESERVED),
        None,
    )
    if reserved is not None and workload.record("runs") is not None:
        findings.at(
            reserved,
            code="reserved-for-burst",
            summary="Reserved capacity is paid for months; this work ends",
            hint="Leave out reserved, or say `runs: always`.",
        )


def _pin_image(workload: Record, findings: Findings) -> None:
    image = workload.find("image")
    if image is not None and "@sha256:" not in image.content:
        findings.at(
            image,
            severity=Severity.WARNING,
            code="image-not-pinned",
            summary="The image may change under the same name",
            hint=f"Add its digest: `{image.content}@sha256:…`.",
        )
