"""Until when a fleet may live: how it is counted, written and told."""

from datetime import UTC, datetime, timedelta

import pytest

from broker.cli.render.lifetime import lifetime_sentence, lifetime_words
from broker.planning.lifetime import (
    LIFETIME,
    Lifetime,
    has_run_out,
    lifetime_document,
    lifetime_in,
    ttl_of,
)
from broker.planning.shape import findings

NOW = datetime(2026, 11, 30, 1, 30, 1, 5, tzinfo=UTC)
EARLY, LATE = datetime(2026, 11, 30, 5, 30, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def test_the_end_is_the_next_full_minute_so_that_it_is_what_is_shown() -> None:
    assert ttl_of(timedelta(hours=4), NOW).until == datetime(2026, 11, 30, 5, 31, tzinfo=UTC)
    assert ttl_of(timedelta(hours=4), NOW.replace(second=0, microsecond=0)).until == EARLY
    assert ttl_of(None, NOW).until is None


@pytest.mark.parametrize("before", [None, EARLY])
@pytest.mark.parametrize("after", [None, EARLY, LATE])
def test_what_is_written_is_read_again(before: datetime | None, after: datetime | None) -> None:
    lifetime = Lifetime(before=before, after=after)

    assert lifetime_in(lifetime_document(lifetime)) == lifetime
    assert lifetime.has_changed is (before != after)


def test_a_plan_of_a_fleet_that_lasts_says_nothing_of_it() -> None:
    assert lifetime_document(Lifetime()) == {}
    assert lifetime_words({}) == lifetime_sentence({}) == ""


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, EARLY, "2026-11-30 05:30 UTC, when `broker reap` takes it away"),
        (EARLY, EARLY, "takes it away, as recorded"),
        (EARLY, LATE, "2026-12-01 00:00 UTC, when `broker reap` takes it away; put off from 2026"),
        (LATE, EARLY, "brought forward from 2026-12-01 00:00 UTC"),
        (EARLY, None, "it lasts from now on; recorded: until 2026-11-30 05:30 UTC"),
    ],
)
def test_people_are_told_what_becomes_of_the_end(
    before: datetime | None, after: datetime | None, told: str
) -> None:
    document = lifetime_document(Lifetime(before=before, after=after))

    assert told in lifetime_words(document)
    assert lifetime_sentence(document).startswith(" It ")


def test_it_runs_out_in_the_instant_itself_and_what_lasts_never_does() -> None:
    assert has_run_out(EARLY, EARLY)
    assert not has_run_out(EARLY, EARLY - timedelta(seconds=1))
    assert not has_run_out(EARLY, EARLY, timedelta(seconds=1))
    assert not has_run_out(None, LATE)


def test_an_end_without_its_time_zone_is_no_end() -> None:
    damaged = {"before": None, "after": "2026-11-30T05:30:00"}

    assert list(findings(damaged, LIFETIME, "plan")) == ["plan.after: not a time with its zone"]
