"""Output in Markdown is written anew from the commands beside it, whole or in part."""

import pytest

from tools.console.blocks import renewed

OUTPUT = "one\n\ntwo begins\ntwo ends\n\nthree\nfour\n"


def answer(folder: str, command: str) -> str:
    """A command that prints the same wherever it runs."""
    return {"print": OUTPUT, "where": f"in {folder}  \n", "silent": ""}[command]


def block(body: str, mark: str = "run in a/b") -> str:
    return f"Before.\n\n<!-- {mark} -->\n```console\n{body}```\n\nAfter.\n"


def test_the_output_is_that_of_the_commands_in_their_folder() -> None:
    page = block("$ where\nan old answer\n$ silent\n$ where\n")

    assert renewed(page, answer) == block("$ where\nin a/b\n$ silent\n$ where\nin a/b\n")


def test_what_is_up_to_date_stays_as_it_is() -> None:
    page = block("$ where\nin a/b\n")

    assert renewed(page, answer) == page


def test_a_block_without_a_mark_is_left_alone() -> None:
    page = "```console\n$ where\nwhatever\n```\n"

    assert renewed(page, answer) == page


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ("1-", OUTPUT),
        ("1", "one\n... (6 lines left out)\n"),
        ("3-4, 7", "... (2 lines left out)\ntwo begins\ntwo ends\n... (2 lines left out)\nfour\n"),
        ('"two"', "... (2 lines left out)\ntwo begins\ntwo ends\n... (3 lines left out)\n"),
        ('1, "two", "three"', OUTPUT),
        ("1-6", "one\n\ntwo begins\ntwo ends\n\nthree\n... (1 line left out)\n"),
    ],
)
def test_a_part_says_how_much_is_left_out(parts: str, shown: str) -> None:
    mark = f"run in a/b, show {parts}"

    assert renewed(block("$ print\n", mark), answer) == block(f"$ print\n{shown}", mark)


@pytest.mark.parametrize("parts", ["8", "3-9", "0-2", "4-3", '"five"', "some"])
def test_a_part_that_is_not_there_is_an_error(parts: str) -> None:
    with pytest.raises(ValueError, match=r"line|invalid"):
        renewed(block("$ print\n", f"run in a/b, show {parts}"), answer)


@pytest.mark.parametrize(
    ("body", "mark"), [("no command\n", "run in a"), ("$ print\n$ print\n", "run in a, show 1")]
)
def test_a_block_that_can_not_be_renewed_is_an_error(body: str, mark: str) -> None:
    with pytest.raises(ValueError, match="a block needs a command"):
        renewed(block(body, mark), answer)
