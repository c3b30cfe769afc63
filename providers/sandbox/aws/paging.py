"""Long answers in pages."""

from collections.abc import Mapping, Sequence
from typing import Any


def page(key: str, rows: Sequence[Any], asked: Mapping[str, Any], *, most: int) -> dict[str, Any]:
    """One page of *rows*, at most *most*, and the token of the next if there is one."""
    start = int(str(asked.get("NextToken") or "page-0").removeprefix("page-"))
    end = start + min(int(asked.get("MaxResults") or most), most)
    token = {"NextToken": f"page-{end}"} if end < len(rows) else {}
    return {key: list(rows[start:end]), **token}
