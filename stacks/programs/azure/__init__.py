"""The parts of a member on AKS."""
