"""The scalar forms of a fleet.yaml: names, amounts, sizes, places and their kin."""

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil

from broker.domain.accelerators import MIB_PER_GIB, MigProfile
from broker.domain.geography import RegionKey
from broker.domain.money import MICROS_PER_UNIT, Money
from broker.spec.measures import (
    BYTES_PER_GIB,
    DURATION_PATTERN,
    INSTANT_PATTERN,
    SIZE_PATTERN,
    parse_duration,
    parse_instant,
    parse_size,
)
from broker.spec.shapes import Choice, Either, Number, Text

MILLIS = 1000
BYTES_PER_KIB = 1024

NAME_PATTERN = "[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
CLOUD_PATTERN = "[a-z][a-z0-9-]{0,30}"
LABEL_KEY_PATTERN = "[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?"

LINE = Text(expected="one line of text", pattern=r"\S([^\n]*\S)?")
NAME = Text(expected="a name of a-z, 0-9 and -, starting with a letter", pattern=NAME_PATTERN)
RESERVATION_NAME = Text(
    expected="a name of a-z, 0-9 and -, starting with a letter, or two parts as in group/name",
    pattern=rf"{NAME_PATTERN}|[A-Za-z0-9._-]+/[A-Za-z0-9._-]+",
    longest=170,
)
WORD = Text(expected="one word", pattern=r"\S+")

PLACE = Text(expected="cloud/region", pattern=r"[^\s/]+/[^\s/]+", parse=RegionKey.parse, longest=64)
CLOUD_OR_PLACE = Text(expected="cloud or cloud/region", pattern=r"[^\s/]+(/[^\s/]+)?", longest=64)

SIZE = Text(expected="a size such as 12TB or 46GiB", pattern=SIZE_PATTERN, parse=parse_size)
DURATION = Text(
    expected="a duration such as 10m or 1h30m", pattern=DURATION_PATTERN, parse=parse_duration
)
INSTANT = Text(
    expected="an instant with its offset, such as 2026-12-01T08:00:00Z",
    pattern=INSTANT_PATTERN,
    parse=parse_instant,
)
MIG = Text(
    expected="a MIG profile such as 1g.10gb",
    pattern=r"[1-7]g\.[0-9]{1,3}gb",
    parse=MigProfile.parse,
)
STORE = Text(
    expected="the address of a store without credentials, such as s3://bucket/folder",
    pattern=r"[a-z][a-z0-9+.-]{1,20}://[^\s@]+",
)
IMAGE = Text(
    expected="an image such as registry.example/train@sha256:…",
    pattern=(
        r"[a-z0-9]([a-zA-Z0-9._:-]*[a-zA-Z0-9])?(/[a-z0-9]([a-z0-9._-]*[a-z0-9])?)*"
        r"(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?"
    ),
)


def _exact_money(number: Fraction) -> Money:
    return Money(round(number * MICROS_PER_UNIT))


MOST_MONEY = 10**12
AMOUNT = Either(
    expected='an amount such as 260000 or "2.50"',
    options=(
        Number(expected="a number", least=0, most=MOST_MONEY, parse=_exact_money),
        Text(
            expected="an amount",
            pattern=r"[0-9]{1,12}(\.[0-9]{1,6})?",
            parse=lambda text: Money.parse(Decimal(text)),
        ),
    ),
)

COUNT = Either(
    expected="a whole number of devices, or a share of one between 0 and 1",
    options=(
        Number(expected="a whole number", whole=True, least=1, most=1024),
        Number(expected="a share", above=0, below=1),
    ),
)


def whole(least: int, most: int) -> Number:
    """A whole number from *least* to *most*."""
    return Number(
        expected=f"a whole number from {least:,} to {most:,}",
        whole=True,
        least=least,
        most=most,
        parse=int,
    )


REPLICAS = whole(1, 100_000)

MILLI_VCPUS = Number(
    expected="a number of vCPUs", least=0, most=10_000, parse=lambda n: ceil(n * MILLIS)
)
GIB_IN_MIB = Number(
    expected="a number of GiB", least=0, most=1_000_000, parse=lambda n: ceil(n * MIB_PER_GIB)
)
GIB_IN_BYTES = Number(
    expected="a number of GiB", least=0, most=1_000_000, parse=lambda n: ceil(n * BYTES_PER_GIB)
)
KIB_IN_BYTES = Number(
    expected="a number of KiB above 0", above=0, most=10**9, parse=lambda n: ceil(n * BYTES_PER_KIB)
)
POSITIVE = Number(expected="a number above 0", above=0, most=10**9)
NOT_NEGATIVE = Number(expected="a number, 0 or more", least=0, most=10**9)
SHARE = Either(
    expected="a share from 0 to 1, or from 0% to 100%",
    options=(
        Number(expected="a number", least=0, most=1),
        Text(
            expected="a percentage",
            pattern=r"([0-9]{1,2}(\.[0-9]{1,6})?|100)%",
            parse=lambda text: Fraction(Decimal(text.removesuffix("%"))) / 100,
        ),
    ),
)
HOURS = Number(expected="a number of hours above 0", above=0, most=8784)


class Always(StrEnum):
    """Work that never ends."""

    ALWAYS = "always"


class Growth(StrEnum):
    """Whether room for more replicas is looked for."""

    UNCHECKED = "unchecked"
    WITHIN_QUOTAS = "within-quotas"


class Over(StrEnum):
    """Over which regions a quota adds up what is used."""

    EACH_REGION = "each-region"
    ALL_REGIONS = "all-regions"


class PaidAs(StrEnum):
    """How capacity that is paid already was sold."""

    RESERVED = "reserved"
    CAPACITY_BLOCK = "capacity-block"


class All(StrEnum):
    """Every region of a cloud."""

    ALL = "all"


class ApiVersion(StrEnum):
    """The grammars that are read."""

    V1 = "broker/v1"


ALWAYS = Choice(words=Always)
ALL = Choice(words=All)
API_VERSION = Choice(words=ApiVersion)


class DataTier(StrEnum):
    """How soon a data set can be read."""

    HOT = "hot"
    WARM = "warm"
    COLD = "cold"
