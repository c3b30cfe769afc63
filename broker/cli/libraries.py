"""What the libraries of clouds and engines print by themselves."""


def quieten_libraries() -> None:
    """What SDKs log and warn of goes nowhere: Python would print it between our own lines.

    What matters of it comes to us as an error, and is told as a finding.
    """
    import logging
    import warnings

    warnings.simplefilter("ignore")
    logging.getLogger().addHandler(logging.NullHandler())
