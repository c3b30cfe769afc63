"""A lifted row holds for every node that can be filled, and says more than before."""

from fractions import Fraction
from random import Random

from broker.placement.best_pattern import OutOfWork, Steps
from broker.placement.lifting import Among, lifted
from broker.placement.patterns import best_mix, maximal_patterns
from broker.placement.shapes import Item, NodeShape

SEEDS = range(400)
SHARES = [Fraction(1, 7), Fraction(1, 4), Fraction(3, 10), Fraction(1, 2), Fraction(3, 5)]
ENOUGH = 20_000


def drawn(random: Random) -> Item:
    devices = random.choice([0, 0, 1, 2])
    return Item(
        devices=devices,
        share=Fraction(0) if devices else random.choice(SHARES),
        milli_vcpus=random.randrange(500, 6_000, 250),
        memory_mib=random.randrange(1_000, 20_000, 500),
    )


def question(seed: int) -> tuple[dict[str, Among], NodeShape]:
    """What may be on some node, of which a row names half, by the weights of a best mix."""
    random = Random(seed)  # noqa: S311
    node = NodeShape(
        devices=random.choice([1, 2, 4]),
        device_size=Fraction(1),
        milli_vcpus=random.choice([4_000, 8_000, 16_000]),
        memory_mib=random.choice([16_000, 30_000, 60_000]),
    )
    items = [drawn(random) for _ in range(random.randrange(3, 7))]
    most = [random.randrange(1, 5) for _ in items]
    half = len(items) // 2
    wanted = [random.uniform(0.2, m) for m in most[:half]]
    weights = (*best_mix(items[:half], most[:half], node, wanted).weights, *[Fraction(0)] * 6)
    entries = zip(items, most, weights, strict=False)
    return {f"work-{n}": Among(*entry) for n, entry in enumerate(entries)}, node


def comes_to(weights: list[Fraction], among: dict[str, Among], node: NodeShape) -> Fraction:
    """The most that a node can weigh, by listing all ways to fill it."""
    items, most = [a.item for a in among.values()], [a.most for a in among.values()]
    full = maximal_patterns(items, most, node)
    return max(sum(w * n for w, n in zip(weights, p, strict=True)) for p in full) + Fraction(0)


def test_no_node_weighs_more_than_one() -> None:
    asked = raised = tight = 0
    for seed in SEEDS:
        try:
            among, node = question(seed)
            found = lifted(among, node, Steps(ENOUGH))
            weights = [found.get(name, each.weight) for name, each in among.items()]
            most = comes_to(weights, among, node)
        except OutOfWork:
            continue
        assert most <= 1, seed
        assert all(found.get(name, each.weight) >= each.weight for name, each in among.items())
        asked += 1
        raised += bool(found)
        tight += most == 1
    assert (asked > 250, raised > 150, tight > 150) == (True, True, True)


def test_who_fits_beside_nobody_that_weighs_comes_to_the_rest_of_a_node() -> None:
    half = Item(devices=0, share=Fraction(3, 5), milli_vcpus=1_000, memory_mib=1_000)
    node = NodeShape(devices=1, device_size=Fraction(1), milli_vcpus=8_000, memory_mib=8_000)
    among = {
        "named": Among(half, 3, Fraction(1)),
        "alike": Among(half, 3, Fraction(0)),
        "small": Among(
            Item(devices=0, share=Fraction(2, 5), milli_vcpus=0, memory_mib=0), 4, Fraction(0)
        ),
    }

    assert lifted(among, node, Steps(ENOUGH)) == {"alike": Fraction(1)}


def test_without_work_left_nothing_is_lifted() -> None:
    among, node = question(3)

    assert lifted(among, node, Steps(0)) == {}
