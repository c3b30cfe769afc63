"""What constrains: data files, one table per body of law; no code."""

__broker__ = "0.1.0"
