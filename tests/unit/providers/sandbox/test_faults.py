"""Which fault is due when, and where a seed sows them."""

from providers.sandbox.faults import PASSING, Fault, FaultKind, Faults, sown

REGIONS = [f"region-{n:02}" for n in range(20)]


def test_a_fault_begins_after_some_requests_and_ends_after_some_more() -> None:
    faults = Faults([Fault(region="here", kind=FaultKind.HANG, after=1, times=2)])

    assert [faults.due("here") for _ in range(5)] == [
        None,
        FaultKind.HANG,
        FaultKind.HANG,
        None,
        None,
    ]
    assert faults.due("there") is None


def test_a_fault_without_an_end_lasts() -> None:
    faults = Faults([Fault(region="here", kind=FaultKind.DENIED)])

    assert {faults.due("here") for _ in range(100)} == {FaultKind.DENIED}
    assert faults.lasting("here") is FaultKind.DENIED
    assert faults.lasting("there") is None


def test_a_seed_sows_each_kind_once_for_ever_and_some_for_a_while() -> None:
    faults = sown(REGIONS, seed=7)

    assert [fault.kind for fault in faults if fault.times is None] == list(FaultKind)
    assert [fault.kind for fault in faults if fault.times] == list(PASSING)
    assert len({fault.region for fault in faults}) == len(faults)
    assert REGIONS[0] not in {fault.region for fault in faults}


def test_the_same_seed_sows_the_same_whatever_the_order_of_regions() -> None:
    assert sown(REGIONS, seed=7) == sown(reversed(REGIONS), seed=7)
    assert sown(REGIONS, seed=7) != sown(REGIONS, seed=8)


def test_with_few_regions_the_last_kinds_are_left_out() -> None:
    assert [fault.kind for fault in sown(REGIONS[:3], seed=7)] == list(FaultKind)[:2]
    assert sown(REGIONS[:1], seed=7) == ()
