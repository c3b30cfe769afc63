"""Dollars as AWS writes them."""

from broker.domain.money import Money

MOST_CHARACTERS = 40
"""No amount is longer; one with an exponent could be."""


def dollars(text: object) -> Money | None:
    """The amount, if it is above zero and one at all; else None, since that is no price.

    >>> [str(dollars(text)) for text in ("1.50", "0.0000000000", "-1", "NaN", "9e99999", None)]
    ['1.50', 'None', 'None', 'None', 'None', 'None']
    """
    amount = parsed(text)
    return amount if amount is not None and amount.micros > 0 else None


def parsed(text: object) -> Money | None:
    """The amount, whatever its sign; None for what is none."""
    if not isinstance(text, str) or len(text) > MOST_CHARACTERS or "e" in text.lower():
        return None
    try:
        return Money.parse(text)
    except ValueError:
        return None
