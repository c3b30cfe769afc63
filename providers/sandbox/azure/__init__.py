"""A stand-in for Azure: its resource manager and its retail list, as far as the adapter asks."""
