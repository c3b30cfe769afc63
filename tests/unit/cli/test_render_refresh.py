"""What a refresh came to, for people and for programs."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from broker.catalog.changes import changes
from broker.cli.render.refresh import (
    MOST_ALIKE,
    MOST_FINDINGS,
    MOST_SHOWN,
    change_lines,
    complete_line,
    findings_shown,
    region_line,
    render_changes,
    render_refresh,
)
from broker.cli.render.style import Style
from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.geography import RegionKey
from broker.domain.money import Money
from broker.domain.offers import Offer
from broker.domain.regions import RegionResult, RegionStatus
from broker.usecases.refresh import Refreshed
from tests.fakes.problems import EAST, FRANKFURT, NETHERLANDS, NOW, WEST, offer

LATER = NOW + timedelta(hours=5)
WHY = Diagnostic(code="cloud-access-denied", subject="aws/us-west-2", summary="No right to ask")
DOUBT = Diagnostic(
    severity=Severity.WARNING, code="price-unit", subject="an offer", summary="Not believed"
)


def answer(region: Any, *offers: Offer, **changed: Any) -> RegionResult:
    made = RegionResult(
        region=region,
        status=RegionStatus.OK,
        offers=offers,
        fetched_at=LATER,
        source=region.provider,
    )
    return replace(made, **changed)


def refreshed(
    *after: RegionResult, before: tuple[RegionResult, ...] = (), first: bool = False
) -> Refreshed:
    return Refreshed(asked=after, kept=after, changes=changes(before, after), first=first, at=LATER)


GOOD = answer(EAST, offer("p5", "98"), offer("p6", None), findings=(DOUBT,))
DENIED = answer(
    WEST,
    offer("p5", "99", region=WEST),
    status=RegionStatus.DENIED,
    fetched_at=NOW,
    findings=(WHY,),
)
OFF = answer(FRANKFURT, status=RegionStatus.NOT_OPTED_IN)
OTHER = answer(NETHERLANDS, offer("a3", "88", region=NETHERLANDS))


def test_every_region_is_counted_and_those_that_failed_are_named() -> None:
    text = render_refresh(refreshed(GOOD, DENIED, OFF, OTHER), "sha256:abc", Style())

    head, aws, gcp, _, failed_head, off, denied, _, total, digest = text.splitlines()
    assert head.split("  ")[0] == "CLOUD"
    assert aws.split() == ["aws", "aws", "3", "1", "1", "1", "3", "1", "0", "5", "h"]
    assert gcp.split() == ["gcp", "gcp", "1", "1", "0", "0", "1", "0", "0", "0", "min"]
    assert failed_head.split() == ["NOT", "OK", "STATUS", "KEPT", "AGE", "WHY"]
    assert denied.split() == ["aws/us-west-2", "denied", "1", "5", "h", "No", "right", "to", "ask"]
    assert off.split() == ["aws/eu-central-1", "not-opted-in", "0", "-"]
    assert total.startswith("4 regions: 2 ok, 1 denied, 1 not-opted-in. 4 offers; 4 came")
    assert digest == "Snapshot sha256:abc"


def test_what_is_about_no_region_alone_is_told_first() -> None:
    behind = replace(DOUBT, code="clock-behind")
    told = replace(refreshed(GOOD), findings=(behind,))

    assert findings_shown(told) == [behind, DOUBT]
    document = json.loads(complete_line(told, "sha256:abc"))
    assert [d["code"] for d in document["diagnostics"]] == ["clock-behind", "price-unit"]


def test_who_has_no_account_at_all_is_told_from_who_lacks_a_right() -> None:
    nobody = replace(WHY, code="cloud-credentials-missing")
    lacking = replace(DENIED, offers=(), findings=(nobody,))

    assert refreshed(lacking).has_no_credentials
    assert not refreshed(lacking, GOOD).has_no_credentials
    assert not refreshed(DENIED).has_no_credentials


def test_many_regions_that_fail_alike_share_a_line() -> None:
    denied = [
        replace(DENIED, region=RegionKey.parse(f"aws/r-{number}"), source="aws")
        for number in range(MOST_ALIKE + 1)
    ]

    many = render_refresh(refreshed(*denied, OTHER), "sha256:abc", Style())
    few = render_refresh(refreshed(*denied[1:], OTHER), "sha256:abc", Style())

    assert f"aws, {MOST_ALIKE + 1} regions  denied     6  5 h  No right to ask" in many
    assert "aws/r-1" not in many
    assert "aws/r-1" in few
    (told,) = findings_shown(refreshed(*denied, OTHER))
    assert (told.code, told.subject) == ("cloud-access-denied", "aws")
    off = [replace(one, status=RegionStatus.NOT_OPTED_IN) for one in denied]
    assert findings_shown(refreshed(*off, OTHER)) == [], "nothing is wrong with that"


def test_the_last_line_accounts_for_every_region() -> None:
    line = json.loads(complete_line(refreshed(GOOD, DENIED, OFF), "sha256:abc"))

    assert (line["type"], line["@level"], line["digest"]) == (
        "refresh_complete", "warn", "sha256:abc",
    )  # fmt: skip
    assert [
        (row["region"], row["status"], row["age_seconds"], row["offers"])
        for row in line["coverage"]
    ] == [
        ("us-east-1", "ok", 0, 2),
        ("us-west-2", "denied", 5 * 3600, 1),
        ("eu-central-1", "not-opted-in", 0, 0),
    ]
    assert [one["code"] for one in line["diagnostics"]] == ["price-unit", "cloud-access-denied"]


def test_a_region_is_told_as_it_comes() -> None:
    line = json.loads(region_line(DENIED, LATER))

    assert (line["type"], line["@level"], line["status"]) == ("region_complete", "warn", "denied")
    assert line["diagnostics"][0]["summary"] == "No right to ask"


def test_what_moved_begins_with_the_largest() -> None:
    before = answer(EAST, offer("a", "10"), offer("b", "10"), offer("gone", "5"))
    after = answer(EAST, offer("a", "11"), offer("b", None), offer("c", "4"))
    made = refreshed(after, DENIED, before=(before, replace(DENIED, status=RegionStatus.OK)))

    assert render_changes(made, Style()).splitlines() == [
        "  ~ aws/us-east-1/a/on-demand  10.0000 -> 11.0000  (+10.0%)",
        "  ~ aws/us-east-1/b/on-demand  10.0000 -> unknown",
        "  + aws/us-east-1/c/on-demand  4.0000",
        "  - aws/us-east-1/gone/on-demand  5.0000",
        "  ! aws/us-west-2 (aws): ok -> denied",
    ]
    assert [
        (line["type"], line["before"], line["after"])
        for line in map(json.loads, change_lines(made))
    ] == [
        ("offer_came", None, "4.00"),
        ("offer_went", "5.00", None),
        ("price_moved", "10.00", "11.00"),
        ("price_moved", "10.00", None),
        ("status_moved", "ok", "denied"),
    ]


def test_long_lists_are_cut_and_say_so() -> None:
    many = [offer(f"t{n:03}", "10") for n in range(MOST_SHOWN + 7)]
    dearer = [replace(one, price=Money.parse("11")) for one in many]
    made = refreshed(answer(EAST, *dearer), before=(answer(EAST, *many),))

    lines = render_changes(made, Style()).splitlines()

    assert len(lines) == MOST_SHOWN + 1
    assert lines[-1].strip() == "... 7 more (-json lists all)"


def test_nothing_moved_and_nothing_to_compare_with_are_told_apart() -> None:
    assert "Nothing moved" in render_changes(refreshed(GOOD, before=(GOOD,)), Style())
    assert "first refresh" in render_changes(refreshed(GOOD, first=True), Style())


def test_findings_of_good_regions_are_shown_and_the_first_of_many() -> None:
    noisy = replace(GOOD, findings=(DOUBT,) * (MOST_FINDINGS + 3))

    shown = findings_shown(refreshed(noisy, DENIED))

    assert len(shown) == MOST_FINDINGS + 1
    assert shown[-1].summary == "3 more like that; -json lists all"
    assert WHY not in shown, "it stands in the table"
