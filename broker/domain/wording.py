"""How numbers of things are written in sentences."""


def many(number: int, noun: str, plural: str = "") -> str:
    """A number of things, in the singular for one of them; *plural* where it is no `nouns`.

    >>> many(1, "replica"), many(1200, "copy", "copies")
    ('1 replica', '1,200 copies')
    """
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
