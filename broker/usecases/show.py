"""`broker show`: a saved plan, as it was when it was made."""

from pathlib import Path
from typing import Any

from broker.planning.plan_shape import checked
from broker.ports.stores import PlanStore


def show(path: Path, plans: PlanStore) -> dict[str, Any]:
    """Load the plan document in *path*; raises PlanFileInvalid and SignatureInvalid."""
    return checked(plans.load(path).document)
