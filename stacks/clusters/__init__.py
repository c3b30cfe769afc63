"""The APIs of the clusters that are there: which pods run on them, asked before anything goes."""
