"""What every adapter promises, as tests that any package can run on its own adapter."""

__all__: list[str] = []
