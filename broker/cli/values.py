"""Kinds of option values, and what to say when a value is not of its kind."""

import re
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Never

import click
from click.shell_completion import CompletionItem

from broker.domain.money import Money

_AMOUNT = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)
"""Short and without an exponent: `1e999999999` would take forever to write out."""


class Names(click.ParamType[tuple[str, ...]]):
    """One name or several, comma-separated."""

    name = "names"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Take the list apart."""
        if isinstance(value, tuple):
            return value
        names = tuple(name.strip() for name in str(value).split(",") if name.strip())
        return names or self.refuse(value, param, ctx)

    def refuse(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Never:
        """Nothing was named."""
        self.fail(f"{value!r} names nothing", param, ctx)


class Seconds(click.FloatRange):
    """How long something may take: `30s`, `2m`; a plain number is of seconds."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read a duration as specs have it, or a number."""
        text = str(value).strip()
        plain = _AMOUNT.fullmatch(text) is not None
        seconds = float(text) if plain else _seconds(text)
        if seconds is None:
            self.fail(f"{value!r} is not a duration such as 30s or 2m", param, ctx)
        if self.min is not None and seconds < self.min:
            self.fail(f"{value!r} is too short: {_shown(self.min)} at the least", param, ctx)
        if self.max is not None and seconds > self.max:
            self.fail(f"{value!r} is too long: {_shown(self.max)} at the most", param, ctx)
        return float(seconds)


class Members(click.ParamType[tuple[StrEnum, ...]]):
    """One member of *enum* or several, comma-separated."""

    name = "members"

    def __init__(self, enum: type[StrEnum]) -> None:
        self.enum = enum

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[StrEnum, ...]:
        """Find each; `on_demand` is `on-demand` too."""
        if isinstance(value, tuple):
            return value
        return tuple(self._member(name, param, ctx) for name in str(value).split(","))

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete the last of the list."""
        before, comma, last = incomplete.rpartition(",")
        return [
            CompletionItem(f"{before}{comma}{member}")
            for member in self.enum
            if member.startswith(last)
        ]

    def _member(
        self, name: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> StrEnum:
        try:
            return self.enum(name.strip().lower().replace("_", "-"))
        except ValueError:
            self.fail(f"{name!r} is none of {', '.join(self.enum)}", param, ctx)


class Price(click.ParamType[Money]):
    """An amount of dollars per hour."""

    name = "price"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Money:
        """Read it, with or without a dollar sign."""
        if isinstance(value, Money):
            return value
        text = str(value).strip().removeprefix("$")
        if _AMOUNT.fullmatch(text) is None:
            self.fail(f"{value!r} is not a price such as 12.50", param, ctx)
        return Money.parse(text)


class Gib(click.ParamType[Decimal]):
    """An amount of memory."""

    name = "gib"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Decimal:
        """Read GiB, with or without the unit."""
        text = str(value).strip().lower()
        for unit in ("gib", "gb", "g"):
            text = text.removesuffix(unit).rstrip()
        if _AMOUNT.fullmatch(text) is None:
            self.fail(f"{value!r} is not a number of GiB such as 80", param, ctx)
        return Decimal(text)


class Age(click.ParamType[timedelta]):
    """How old something may be."""

    name = "age"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read a duration as specs have it."""
        if isinstance(value, timedelta):
            return value
        seconds = _seconds(str(value).strip())
        if not seconds:
            self.fail(f"{value!r} is not an age such as 12h or 7d", param, ctx)
        return timedelta(seconds=seconds)


LONGEST_LIFE_SECONDS = 3650 * 86_400
"""Ten years: whoever means for good says `none`."""


class Lifespan(click.ParamType["timedelta | Lasting"]):
    """How long a fleet may live: `4h`, or `none` for one that lasts."""

    name = "lifespan"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> "timedelta | Lasting":
        """Read a duration as specs have it, or the word."""
        if isinstance(value, (timedelta, Lasting)):
            return value
        text = str(value).strip().lower()
        if text == "none":
            return Lasting()
        seconds = _seconds(text)
        if not seconds or seconds > LONGEST_LIFE_SECONDS:
            self.fail(
                f"{value!r} is neither a duration such as 4h or 2d, of ten years at most, nor none",
                param,
                ctx,
            )
        return timedelta(seconds=seconds)


class Lasting:
    """What `none` says of how long a fleet may live."""


def _shown(seconds: float) -> str:
    """A duration as it is typed: `24h`, `90s`, `0.1s`."""
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds / length:g}{unit}"
    return f"{seconds:g}s"


def _seconds(text: str) -> int | None:
    """Those of a duration with its units; None for what is none."""
    from broker.spec.measures import DURATION_PATTERN, parse_duration

    if re.fullmatch(DURATION_PATTERN, text, re.ASCII) is None:
        return None
    return parse_duration(text) if re.search("[1-9]", text) else 0


class Share(click.ParamType[Fraction]):
    """A part of a whole."""

    name = "share"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Fraction:
        """Read `0.02` or `2%`, from 0 to 1."""
        if isinstance(value, Fraction):
            return value
        text = str(value).strip()
        number = text.removesuffix("%").strip()
        if _AMOUNT.fullmatch(number) is None:
            self.fail(f"{value!r} is not a share such as 0.02 or 2%", param, ctx)
        share = Fraction(number) / (100 if text.endswith("%") else 1)
        if share > 1:
            self.fail(f"{value!r} is more than the whole", param, ctx)
        return share


def flat(lists: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The values of an option that may be repeated and may hold several each time."""
    return tuple(value for values in lists for value in values)
