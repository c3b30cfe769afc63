"""The parts of a member on EKS."""
