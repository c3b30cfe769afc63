"""Desired minus recorded: a plan that can be read, saved and carried out."""
