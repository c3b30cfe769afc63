"""The Merkle tree hash as section 2.1 of RFC 6962 defines it, word for word."""

import hashlib
from collections.abc import Sequence


def tree_hash(bodies: Sequence[bytes]) -> bytes:
    """MTH(D[n])."""
    if not bodies:
        return hashlib.sha256(b"").digest()
    if len(bodies) == 1:
        return hashlib.sha256(b"\x00" + bodies[0]).digest()
    split = largest_power_below(len(bodies))
    left, right = tree_hash(bodies[:split]), tree_hash(bodies[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def largest_power_below(count: int) -> int:
    """k, the largest power of two smaller than n."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power
