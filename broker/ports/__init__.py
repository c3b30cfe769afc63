"""What the broker asks of the outside: Protocols whose docstrings are the promise."""
