"""One constraint family, one function, its formula in words."""
