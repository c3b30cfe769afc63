"""Run every benchmark: `python -m benchmarks`, or `make bench`."""

import subprocess

from benchmarks.measuring import machine, python


def main() -> None:
    """One after the other, each in a process of its own, so that none finds another's leavings."""
    print(machine(), flush=True)
    for name in (
        "start_up",
        "joint",
        "steps",
        "made_fleets",
        "greedy_rules",
        "explaining",
        "replanning",
        "parts",
        "scale",
        "discovery",
        "discovery_rest",
        "price_store",
        "provisioning",
    ):
        print(flush=True)
        subprocess.run(python("-u", "-m", f"benchmarks.{name}"), check=True)


if __name__ == "__main__":
    main()
