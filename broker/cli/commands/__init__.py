"""One file per command: arguments in, one use case, a rendering out."""
