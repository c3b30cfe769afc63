"""What is told beside prices may be missing, with a word."""

from broker.domain.diagnostics import Severity
from providers.calls.beside import Beside
from providers.calls.failures import Question, denied, unavailable

QUESTION = Question("gcp/us-central1", permission="a right", credentials="log in")


def test_what_is_told_is_passed_on() -> None:
    beside = Beside()

    assert beside.read("scores", lambda: (1, 2)) == (1, 2)
    assert beside.findings == []


def test_what_fails_is_nothing_and_a_warning_that_names_it() -> None:
    beside = Beside()

    def refused() -> list[int]:
        raise denied(QUESTION)

    def gone() -> list[int]:
        raise unavailable(QUESTION)

    assert (beside.read("scores", refused), beside.read("quotas", gone)) == ((), ())
    assert [(f.code, f.severity) for f in beside.findings] == [
        ("cloud-access-denied", Severity.WARNING),
        ("cloud-unavailable", Severity.WARNING),
    ]
    assert [f.summary.partition(":")[0] for f in beside.findings] == [
        "No scores are known",
        "No quotas are known",
    ]
