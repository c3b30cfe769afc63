"""Google Cloud: machine types and quotas by its REST interfaces, prices composed from its catalog."""
