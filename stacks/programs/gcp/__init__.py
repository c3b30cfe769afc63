"""The parts of a member on GKE."""
