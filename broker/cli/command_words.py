"""A command line as it may be written down."""

from collections.abc import Sequence


def without_values(argv: Sequence[str]) -> list[str]:
    """*argv* without values of variables, which may be sensitive.

    >>> without_values(["plan", "-var", "token=abc", "--var=token=abc", "-out=p"])
    ['plan', '-var', 'token=...', '--var=token=...', '-out=p']
    """
    words = []
    for before, word in zip(["", *argv], argv, strict=False):
        option, equals, value = word.partition("=")
        if before in ("-var", "--var"):
            words.append(f"{option}=...")
        elif option in ("-var", "--var") and equals:
            words.append(f"{option}={value.partition('=')[0]}=...")
        else:
            words.append(word)
    return words
