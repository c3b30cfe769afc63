"""One hash for all entries, as RFC 6962 computes it, kept up to date at each of them.

A compact range holds the roots of the largest full subtrees, from left to right: one for each bit
that is set in the number of leaves. That is enough to add a leaf and to know the root.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256().digest()


def leaf_hash(body: bytes) -> bytes:
    """That of an entry: no inner node has it, since it begins with another byte."""
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """That of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class CompactRange:
    """The first *size* leaves; *subtrees* are the roots of full subtrees, the largest first.

    >>> grown = CompactRange().extended(leaf_hash(body) for body in (b"a", b"b", b"c"))
    >>> grown.size, len(grown.subtrees)
    (3, 2)
    """

    size: int = 0
    subtrees: tuple[bytes, ...] = ()

    def appended(self, leaf: bytes) -> "CompactRange":
        """With one leaf more."""
        subtrees = [*self.subtrees, leaf]
        full = self.size
        while full & 1:  # two subtrees of one size make one of twice the size
            right, left = subtrees.pop(), subtrees.pop()
            subtrees.append(node_hash(left, right))
            full >>= 1
        return CompactRange(self.size + 1, tuple(subtrees))

    def extended(self, leaves: Iterable[bytes]) -> "CompactRange":
        """With *leaves* more."""
        grown = self
        for leaf in leaves:
            grown = grown.appended(leaf)
        return grown

    @property
    def root(self) -> bytes:
        """The Merkle tree hash of all leaves."""
        if not self.subtrees:
            return EMPTY_ROOT
        *rest, root = self.subtrees
        for left in reversed(rest):
            root = node_hash(left, root)
        return root

    @property
    def is_whole(self) -> bool:
        """Whether there are as many subtrees as so many leaves have."""
        return len(self.subtrees) == self.size.bit_count()


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """The root over the hashes *leaves*."""
    return CompactRange().extended(leaves).root
