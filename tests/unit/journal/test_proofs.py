"""A proof convinces exactly of what is so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.journal.merkle import leaf_hash, tree_root
from broker.journal.proofs import consistency_proof, includes, inclusion_proof, is_continued

LEAVES = [leaf_hash(bytes([number])) for number in range(40)]
SIZES = range(1, len(LEAVES) + 1)


@pytest.mark.parametrize("size", SIZES)
def test_each_entry_is_proven_and_no_other_is(size: int) -> None:
    leaves = LEAVES[:size]
    root = tree_root(leaves)
    for index in range(size):
        path = inclusion_proof(leaves, index)

        assert includes(root, size, index, leaves[index], path)
        for other in range(size):
            assert other == index or not includes(root, size, other, leaves[index], path)
            assert other == index or not includes(root, size, index, leaves[other], path)


@pytest.mark.parametrize("size", SIZES)
def test_each_earlier_journal_is_proven(size: int) -> None:
    root = tree_root(LEAVES[:size])
    for old in range(1, size + 1):
        path = consistency_proof(LEAVES[:size], old)

        assert is_continued(tree_root(LEAVES[:old]), old, root, size, path)
        assert not is_continued(tree_root(LEAVES[1 : old + 1]), old, root, size, path)
        assert not is_continued(tree_root(LEAVES[:old]), old, leaf_hash(b"x"), size, path)


@given(st.data())
def test_a_changed_proof_proves_nothing(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 40))
    root = tree_root(LEAVES[:size])
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_proof(LEAVES[:size], index)
    old = data.draw(st.integers(1, size - 1))
    history = consistency_proof(LEAVES[:size], old)

    for changed in changes(path, data):
        assert not includes(root, size, index, LEAVES[index], changed)
    for changed in changes(history, data):
        assert not is_continued(tree_root(LEAVES[:old]), old, root, size, changed)


def changes(path: list[bytes], data: st.DataObject) -> list[list[bytes]]:
    """*path* with a step more, a step less, and a step that differs."""
    at = data.draw(st.integers(0, len(path) - 1))
    flipped = bytes([path[at][0] ^ 1]) + path[at][1:]
    return [
        [*path, leaf_hash(b"more")],
        path[:at] + path[at + 1 :],
        [*path[:at], flipped, *path[at + 1 :]],
        [*path[:at], leaf_hash(b"put in"), *path[at:]],
    ]


@pytest.mark.parametrize(("size", "index"), [(3, 3), (3, -1), (0, 0)])
def test_there_is_no_proof_of_what_is_not_there(size: int, index: int) -> None:
    with pytest.raises(IndexError):
        inclusion_proof(LEAVES[:size], index)

    assert not includes(tree_root(LEAVES[:size]), size, index, LEAVES[0], [])


@pytest.mark.parametrize("old", [0, 4])
def test_there_is_no_continuation_of_what_was_not_there(old: int) -> None:
    with pytest.raises(IndexError):
        consistency_proof(LEAVES[:3], old)

    assert not is_continued(tree_root(LEAVES[:old]), old, tree_root(LEAVES[:3]), 3, [])
