"""List prices of three clouds, bundled with their sources and dates; no credentials needed."""
