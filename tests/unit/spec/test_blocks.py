"""What `moved`, `removed` and `import` say, and what is wrong with them."""

import pytest

from broker.domain.blocks import Moved, Removed
from tests.fakes.specs import codes_of, findings_of, fleet_text, spec_of


def test_every_block_arrives() -> None:
    spec = spec_of(
        fleet_text(
            extra="moved: [{from: workload.old, to: workload.train}]\n"
            "removed: [{from: cluster.aws-us-east-1, destroy: false}]\n"
            "import: [{to: cluster.gcp-us-central1}]"
        )
    )

    (moved,), (removed,), (imported,) = spec.moved, spec.removed, spec.imported
    assert isinstance(moved, Moved)
    assert (moved.source, moved.destination) == ("workload.old", "workload.train")
    assert isinstance(removed, Removed)
    assert (removed.cluster, imported.cluster) == ("aws-us-east-1", "gcp-us-central1")
    assert moved.where is not None


def test_a_chain_of_names_ends_in_one_of_this_file() -> None:
    extra = "moved: [{from: workload.a, to: workload.b}, {from: workload.b, to: workload.train}]"

    assert codes_of(fleet_text(extra=extra)) == []


@pytest.mark.parametrize(
    ("extra", "code", "subject"),
    [
        ("moved: [{from: workload.a, to: workload.trian}]", "block-address-unknown", "moved[0].to"),
        ("moved: [{from: workload.train, to: workload.b}]", "moved-still-there", "moved[0].from"),
        ("moved: [{from: data.a, to: workload.train}]", "moved-kind", "moved[0].to"),
        ("moved: [{from: cluster.a, to: cluster.b}]", "value-wrong", "moved[0].from"),
        ("moved: [{from: workload.a}]", "key-missing", "moved[0]"),
        (
            "removed: [{from: cluster.aws-us-esat-1, destroy: false}]",
            "block-address-unknown",
            "removed[0].from",
        ),
        (
            "removed: [{from: cluster.aws-us-east-1, destroy: true}]",
            "removed-destroys",
            "removed[0].destroy",
        ),
        ("removed: [{from: cluster.aws-us-east-1}]", "key-missing", "removed[0]"),
        ("import: [{to: pool.a.b}]", "value-wrong", "import[0].to"),
        (
            "import: [{to: cluster.aws-us-east-1}, {to: cluster.aws-us-east-1}]",
            "block-twice",
            "import[1].to",
        ),
        (
            (
                "import: [{to: cluster.aws-us-east-1}]\n"
                "removed: [{from: cluster.aws-us-east-1, destroy: false}]"
            ),
            "block-twice",
            "import[0].to",
        ),
        (
            "moved: [{from: workload.a, to: workload.train}, {from: workload.b, to: workload.train}]",
            "block-twice",
            "moved[1].to",
        ),
    ],
)
def test_what_is_wrong_is_told(extra: str, code: str, subject: str) -> None:
    assert (code, subject) in codes_of(fleet_text(extra=extra))


def test_the_nearest_address_is_suggested() -> None:
    (work, cluster) = findings_of(
        fleet_text(
            extra="moved: [{from: workload.a, to: workload.trian}]\n"
            "import: [{to: cluster.aws-us-esat-1}]"
        )
    )

    assert work.hint == "Did you mean `workload.train`?"
    assert "`cluster.aws-us-east-1`" in cluster.hint


def test_a_data_set_is_renamed_too() -> None:
    extra = (
        "data: [{name: corpus, size: 1TB, at: aws/us-east-1}]\n"
        "moved: [{from: data.text, to: data.corpus}]"
    )

    (moved,) = spec_of(fleet_text(extra=extra)).moved
    assert moved.destination == "data.corpus"
