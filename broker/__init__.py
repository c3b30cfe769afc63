"""The broker decides: a pure core in a thin shell, promising `broker` as its command."""

__broker__ = "0.1.0"
