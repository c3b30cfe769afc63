"""The tree is that of RFC 6962."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.journal.merkle import EMPTY_ROOT, CompactRange, leaf_hash, tree_root
from tests.fakes.merkle import tree_hash

# The inputs and roots of the reference implementation's tests (certificate-transparency,
# merkletree/merkle_tree_test.cc and its successors).
BODIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_a_tree_without_leaves_is_the_hash_of_nothing() -> None:
    assert CompactRange().root == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_published_roots_come_out(size: int) -> None:
    assert tree_root([leaf_hash(body) for body in BODIES[:size]]).hex() == ROOTS[size - 1]


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_every_tree_is_the_one_of_the_definition(bodies: list[bytes]) -> None:
    tree = CompactRange()
    for size, body in enumerate(bodies, start=1):
        tree = tree.appended(leaf_hash(body))

        assert tree.root == tree_hash(bodies[:size])
        assert tree.size == size
        assert tree.is_whole
