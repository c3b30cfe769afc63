"""Proofs about the journal that need neither the journal nor trust in whoever keeps it (RFC 6962).

Making them follows section 2.1 of RFC 6962; checking them follows sections 2.1.3.2 and 2.1.4.2 of
RFC 9162, which say the same in another way, so that the one is no copy of the other.
"""

from collections.abc import Sequence

from broker.journal.merkle import node_hash, tree_root


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The path that leads from the leaf *index* to the root of *leaves*, its sister first."""
    _check(0 <= index < len(leaves), "there is no such entry")
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if index < split:
        return [*inclusion_proof(left, index), tree_root(right)]
    return [*inclusion_proof(right, index - split), tree_root(left)]


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """What shows that the first *old_size* of *leaves* are a tree of which all are the continuation."""
    _check(0 < old_size <= len(leaves), "there is no such earlier journal")
    return _subproof(leaves, old_size, is_known=True)


def _subproof(leaves: Sequence[bytes], old_size: int, *, is_known: bool) -> list[bytes]:
    """*is_known*: whether the checker has the root of the old part of *leaves* already."""
    if old_size == len(leaves):
        return [] if is_known else [tree_root(leaves)]
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if old_size <= split:
        return [*_subproof(left, old_size, is_known=is_known), tree_root(right)]
    return [*_subproof(right, old_size - split, is_known=False), tree_root(left)]


def includes(root: bytes, size: int, index: int, leaf: bytes, path: Sequence[bytes]) -> bool:
    """Whether *path* proves that *leaf* is number *index* of the *size* leaves under *root*."""
    if not 0 <= index < size:
        return False
    node, last, computed = index, size - 1, leaf
    for sister in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            computed = node_hash(sister, computed)
            node, last = _up_while_left(node, last)
        else:
            computed = node_hash(computed, sister)
        node, last = node >> 1, last >> 1
    return last == 0 and computed == root


def is_continued(
    old_root: bytes, old_size: int, root: bytes, size: int, path: Sequence[bytes]
) -> bool:
    """Whether *path* proves that the tree under *root* begins with the one under *old_root*."""
    if not 0 < old_size <= size:
        return False
    if old_size == size:
        return not path and old_root == root
    steps = list(path)
    if old_size & (old_size - 1) == 0:  # a full tree is a node of the new one
        steps.insert(0, old_root)
    return bool(steps) and _folded(steps, old_size - 1, size - 1) == (old_root, root)


def _folded(steps: Sequence[bytes], node: int, last: int) -> tuple[bytes, bytes] | None:
    """The old and the new root that *steps* lead to; None if they are too few or too many."""
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = steps[0]
    for sister in steps[1:]:
        if last == 0:
            return None
        if node & 1 or node == last:
            old, new = node_hash(sister, old), node_hash(sister, new)
            node, last = _up_while_left(node, last)
        else:
            new = node_hash(new, sister)
        node, last = node >> 1, last >> 1
    return (old, new) if last == 0 else None


def _up_while_left(node: int, last: int) -> tuple[int, int]:
    """Pass the levels on which the last node has no sister."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last


def _split(size: int) -> int:
    """The largest power of two that is less than *size*."""
    return 1 << ((size - 1).bit_length() - 1)


def _check(holds: bool, message: str) -> None:  # noqa: FBT001  # an assertion
    if not holds:
        raise IndexError(message)
