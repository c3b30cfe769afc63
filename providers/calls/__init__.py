"""Asking a cloud over HTTP with patience: deadlines, repeats, pages, and errors in our own words."""
