"""The promises of a source of offers (broker.ports.capacity), as a suite for pytest.

A package that adds a provider runs it so, in a file of its own tests:

    import pytest
    from providers.conformance.capacity import CapacityProviderPromises, Subject

    class TestMine(CapacityProviderPromises):
        @pytest.fixture
        def subject(self) -> Subject:
            return Subject(provider=lambda: Mine(connection, endpoint=stand_in.url))

`provider` is asked about all of its regions, several times: point it to a stand-in of a few regions.
What needs more of a subject (damaged data, a cloud that fails) is tried as far as the subject shows
it: give it every failure that your cloud can have.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC
from enum import StrEnum
from pathlib import Path
from threading import Thread

import pytest

from broker.domain.errors import CatalogInvalid
from broker.domain.geography import RegionKey
from broker.domain.offers import CapacityType
from broker.domain.regions import RegionResult, RegionStatus
from broker.ports.capacity import CapacityProvider

NOWHERE = RegionKey.parse("aws/atlantis-1")
"""A region that no cloud has."""


class Failure(StrEnum):
    """The ways in which a cloud fails in one region."""

    THROTTLED = "throttled"
    """It asks to be asked less often, again and again."""
    UNAVAILABLE = "unavailable"
    """It answers that it can not answer (503)."""
    HANG = "hang"
    """It takes the question and says nothing."""
    TRUNCATED = "truncated"
    """Its answer ends in the middle."""
    LOOP = "loop"
    """The next page is one that was read already."""
    DENIED = "denied"
    """The credentials may not ask this."""
    EXPIRED = "expired"
    """The credentials were good and are no more."""
    NOT_OPTED_IN = "not-opted-in"
    """The account has not switched the region on."""


MEANING: Mapping[Failure, RegionStatus] = {
    Failure.THROTTLED: RegionStatus.THROTTLED,
    Failure.UNAVAILABLE: RegionStatus.ERROR,
    Failure.HANG: RegionStatus.TIMEOUT,
    Failure.TRUNCATED: RegionStatus.ERROR,
    Failure.LOOP: RegionStatus.ERROR,
    Failure.DENIED: RegionStatus.DENIED,
    Failure.EXPIRED: RegionStatus.DENIED,
    Failure.NOT_OPTED_IN: RegionStatus.NOT_OPTED_IN,
}
"""The one status in which each of them has to end."""

Failing = tuple[CapacityProvider, RegionKey]
"""A provider, patient for a moment only, and the region in which its cloud fails."""

THREADS = 8


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is put to the test.

    *provider* makes one whose cloud is well and has an offer without a price. *damaged* makes one
    whose own tables are to be found in a folder that is empty, for a provider that has tables.
    *failing* shows the failures that its cloud can have. *secrets* are credentials that it is given
    and must tell nobody.
    """

    provider: Callable[[], CapacityProvider]
    damaged: Callable[[Path], CapacityProvider] | None = None
    failing: Mapping[Failure, Callable[[], Failing]] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


def everything(provider: CapacityProvider) -> list[RegionResult]:
    """Its answers about all of its regions."""
    return [provider.discover(region) for region in provider.regions()]


class CapacityProviderPromises:
    """Derive a class of tests from it, with a fixture `subject`."""

    @pytest.fixture
    def provider(self, subject: Subject) -> CapacityProvider:
        """One as it is."""
        return subject.provider()

    @pytest.fixture
    def results(self, provider: CapacityProvider) -> list[RegionResult]:
        """All it says."""
        return everything(provider)

    def test_it_has_a_name(self, provider: CapacityProvider) -> None:
        """By which coverage and messages call it."""
        assert provider.name

    def test_regions_are_sorted_and_each_named_once(self, provider: CapacityProvider) -> None:
        """And there is at least one."""
        regions = list(provider.regions())

        assert regions
        assert regions == sorted(set(regions))

    def test_each_answer_is_about_the_region_asked_for(
        self, provider: CapacityProvider, results: list[RegionResult]
    ) -> None:
        """And so is each offer in it."""
        assert [result.region for result in results] == list(provider.regions())
        assert all(o.region == result.region for result in results for o in result.offers)

    def test_every_known_region_answers_with_offers(self, results: list[RegionResult]) -> None:
        """A stand-in that is well has something to sell everywhere."""
        assert {result.status for result in results} == {RegionStatus.OK}
        assert all(result.offers for result in results)

    def test_offers_are_sorted_by_name_and_no_name_is_used_twice(
        self, results: list[RegionResult]
    ) -> None:
        """Not even in two regions."""
        for result in results:
            names = [offer.name for offer in result.offers]
            assert names == sorted(names)

        every = [offer.name for result in results for offer in result.offers]
        assert len(every) == len(set(every))

    def test_a_price_is_above_zero_or_unknown(self, results: list[RegionResult]) -> None:
        """What has no price is still listed."""
        prices = [offer.price for result in results for offer in result.offers]

        assert None in prices
        assert all(price.micros > 0 for price in prices if price is not None)

    def test_counts_are_whole_or_a_part_of_one_device(self, results: list[RegionResult]) -> None:
        """A machine has whole accelerators, or a slice of one."""
        counts = {offer.count for result in results for offer in result.offers}

        assert all(count > 0 for count in counts)
        assert all(count.denominator == 1 for count in counts if count > 1)

    def test_every_offer_says_who_states_it_and_for_when(self, results: list[RegionResult]) -> None:
        """Instants are in UTC."""
        offers = [offer for result in results for offer in result.offers]

        assert all(offer.source for offer in offers)
        assert all(offer.fetched_at.tzinfo is UTC for offer in offers)

    def test_an_answer_is_as_old_as_its_oldest_offer(self, results: list[RegionResult]) -> None:
        """So that an age is never made better than it is."""
        for result in results:
            assert result.fetched_at == min(offer.fetched_at for offer in result.offers)

    def test_only_a_reserved_offer_has_a_term(self, results: list[RegionResult]) -> None:
        """And each of them has one."""
        for offer in (offer for result in results for offer in result.offers):
            reserved = offer.capacity_type is CapacityType.RESERVED
            assert (offer.term_months is not None) == reserved

    def test_only_a_capacity_block_has_a_window(self, results: list[RegionResult]) -> None:
        """It ends after it begins, and each block has one."""
        for offer in (offer for result in results for offer in result.offers):
            block = offer.capacity_type is CapacityType.CAPACITY_BLOCK
            assert (offer.window is not None) == block
            assert offer.window is None or offer.window.starts_at < offer.window.ends_at

    def test_quotas_are_of_the_region_and_below_no_zero(self, results: list[RegionResult]) -> None:
        """They say who states them. One that spans regions names none."""
        for result in results:
            for quota in result.quotas:
                region = None if quota.spans else result.region.region
                assert (quota.provider, quota.region) == (result.region.provider, region)
                assert quota.limit >= 0
                assert quota.stated_by

    def test_asking_twice_gives_the_same_answer(
        self, subject: Subject, provider: CapacityProvider, results: list[RegionResult]
    ) -> None:
        """From the same provider, and from another one."""
        assert everything(provider) == results
        assert everything(subject.provider()) == results

    def test_several_threads_get_the_answers_that_one_gets(
        self, subject: Subject, results: list[RegionResult]
    ) -> None:
        """All at once, of a provider that was never asked before."""
        provider = subject.provider()
        asked = [result.region for result in results] * 2
        with ThreadPoolExecutor(THREADS) as threads:
            answers = list(threads.map(provider.discover, asked))

        assert answers == [*results, *results]

    def test_an_unknown_region_is_an_error_without_offers(self, provider: CapacityProvider) -> None:
        """It is no exception."""
        result = provider.discover(NOWHERE)

        assert result.region == NOWHERE
        assert result.status is RegionStatus.ERROR
        assert result.offers == ()
        assert result.fetched_at.tzinfo is UTC

    def test_damaged_data_is_said_at_every_question(self, subject: Subject, tmp_path: Path) -> None:
        """As CatalogInvalid, for a provider that has tables of its own."""
        if subject.damaged is None:
            return
        with pytest.raises(CatalogInvalid) as regions:
            subject.damaged(tmp_path).regions()
        with pytest.raises(CatalogInvalid) as discover:
            subject.damaged(tmp_path).discover(NOWHERE)

        for caught in (regions, discover):
            assert [d.code for d in caught.value.diagnostics] == ["catalog-damaged"]

    def test_each_failure_is_one_status_with_a_reason_and_without_offers(
        self, subject: Subject, caplog: pytest.LogCaptureFixture
    ) -> None:
        """It is no exception; neither finding nor log tells a secret; other regions are well."""
        caplog.set_level(logging.DEBUG)
        for failure, failing in subject.failing.items():
            caplog.clear()
            provider, region = failing()
            result = provider.discover(region)

            assert (result.region, result.status) == (region, MEANING[failure]), failure
            assert result.offers == (), failure
            assert result.findings, failure
            assert all(finding.hint for finding in result.findings), failure
            told = f"{result.findings} {caplog.text}"
            assert [secret for secret in subject.secrets if secret in told] == [], failure

    def test_a_region_that_hangs_keeps_no_other_waiting(self, subject: Subject) -> None:
        """The question that hangs is abandoned; others are answered meanwhile."""
        if Failure.HANG in subject.failing:
            provider, hanging = subject.failing[Failure.HANG]()
            ill = {failing()[1] for failing in subject.failing.values()}
            other = next(region for region in provider.regions() if region not in ill)
            Thread(target=provider.discover, args=(hanging,), daemon=True).start()

            assert provider.discover(other).status is RegionStatus.OK
