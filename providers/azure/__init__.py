"""Azure: machine sizes and quotas by its resource manager, prices by its public retail list."""
