"""The page of the model says what the docstrings say, with the formulas set apart."""

from broker.placement.constraints import FAMILIES
from tools import model_page


def test_what_is_indented_becomes_a_formula_with_its_shape_kept() -> None:
    said = model_page.markdown(
        "What for.\n\n        a\n          + b ≤ c\n\n        d ≥ e\n\n    More.\n    "
    )

    assert said == "What for.\n\n```text\na\n  + b ≤ c\n\nd ≥ e\n```\n\nMore.\n\n"


def test_each_family_is_a_section_with_a_formula_and_its_rows() -> None:
    sections = model_page.page(model_page.BEGIN).split("\n### ")

    for name in FAMILIES:
        (section,) = (s for s in sections if s.startswith(f"{name}\n"))
        formula = section.split("```text\n")[1].split("\n```")[0]
        assert any(relation in formula for relation in ("=", "≤", "≥"))
        assert f"tests/golden/lp/{name}.lp" in section


def test_what_stands_before_the_mark_is_kept() -> None:
    assert model_page.page(f"By hand.\n{model_page.BEGIN}old").startswith(
        f"By hand.\n{model_page.BEGIN}\n## Variables\n"
    )
