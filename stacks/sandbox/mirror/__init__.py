"""AWS's resources made a second time, in the HTTP sandbox, which checks and keeps them as AWS does."""
