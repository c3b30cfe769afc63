"""Names of the world may be typed in any case, in a spec as in options."""

import pytest

from broker.domain.geography import RegionKey
from tests.fakes.specs import findings_of, fleet_text, spec_of


def test_a_model_is_found_whatever_its_case() -> None:
    text = fleet_text(
        workloads="workloads:\n  - name: a\n    kind: batch\n"
        "    accelerators: {any-of: [{model: h100}, {model: a100-80gb}], count: 1}\n"
    )

    (workload,) = spec_of(text).workloads

    assert [choice.model for choice in workload.accelerators.any_of] == ["H100", "A100-80GB"]


def test_places_are_found_whatever_their_case() -> None:
    spec = spec_of(
        fleet_text(
            extra="providers: {aws: {regions: [US-East-1]}, gcp: {except: [US-CENTRAL1]}}\n"
            "data: [{name: d, size: 1TB, at: AWS/Us-East-1}]\n"
            "clients: [{name: c, at: [GCP/us-central1]}]\n"
            "quotas: [{at: AWS/us-east-1, accelerator: h100, limit: {nodes: 3}}]",
            workload="residency: [us, eu]",
        )
    )

    aws, gcp = spec.providers
    assert aws.regions == {"us-east-1"}
    assert "us-central1" in gcp.excluded
    assert spec.datasets[0].home == RegionKey.parse("aws/us-east-1")
    assert spec.clients[0].places == (RegionKey.parse("gcp/us-central1"),)
    assert (spec.quotas[0].region, spec.quotas[0].accelerator) == ("us-east-1", "H100")
    assert spec.workloads[0].residency == {"US", "EU"}


@pytest.mark.parametrize("word", ["kind: Training", "capacity: [Spot]", "priority: HIGH"])
def test_words_of_the_grammar_are_corrected_and_not_guessed(word: str) -> None:
    key = word.partition(":")[0]
    kind = "" if key == "kind" else "    kind: training\n"
    base = f"workloads:\n  - name: train\n{kind}    accelerators: {{model: H100}}\n"

    (finding,) = findings_of(fleet_text(workloads=base, workload=word))

    assert finding.code == "value-wrong"
    assert "`" in finding.hint
