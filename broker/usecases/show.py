"""`broker show`: a saved plan, as it was when it was made."""

from pathlib import Path
from typing import Any

from broker.planning.plan_shape import checked
from broker.ports.stores import PlanStore
from broker.usecases.removal_documents import is_removal


def show(path: Path, plans: PlanStore) -> dict[str, Any]:
    """Load the plan document, or that of a removal, in *path*; raises PlanFileInvalid and SignatureInvalid."""
    document = plans.load(path).document
    return document if is_removal(document) else checked(document)
