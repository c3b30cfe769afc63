"""What a command costs before it does anything: CPU seconds and modules imported."""

import subprocess
import tempfile
from pathlib import Path

from benchmarks.measuring import ROOT, least, print_table, python

STARTUP_FLEET = ROOT / "examples" / "startup"

TOY = """\
import sys
import click
@click.command()
@click.option("--name")
def toy(name): "A program of one option."
toy(sys.argv[1:] or ["--help"])
"""
"""The comparator: the help of a program of one option, on the same library."""

COUNTING = """\
import atexit, os, sys
atexit.register(lambda: sys.stderr.write(f"\\nmodules {len(sys.modules)}"))
"""

COMMANDS = {
    "python -c pass": "pass",
    "a toy on click, --help": TOY,
    "broker -help": "from broker.cli.main import main; sys.argv[1:] = ['-help']; main()",
    "broker version": "from broker.cli.main import main; sys.argv[1:] = ['version']; main()",
    "broker validate": "from broker.cli.main import main; sys.argv[1:] = ['validate']; main()",
    "broker offers": "from broker.cli.main import main; sys.argv[1:] = ['offers']; main()",
    "broker plan": "from broker.cli.main import main; sys.argv[1:] = ['plan']; main()",
}


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [_row(name, source, Path(folder)) for name, source in COMMANDS.items()]
    print_table(
        "Start-up (validate and plan: examples/startup); budget of `broker -help`: 0.15",
        ["command", "CPU s", "over python", "modules", "peak MiB"],
        [
            [name, f"{cpu:.3f}", f"{cpu - rows[0][1]:+.3f}", str(modules), f"{peak:.0f}"]
            for name, cpu, modules, peak in rows
        ],
    )


def _row(name: str, source: str, folder: Path) -> tuple[str, float, int, float]:
    script = folder / "script.py"
    script.write_text(f"import sys\n{source}\n")
    usage = least(python(str(script)), STARTUP_FLEET, runs=7)
    return name, usage.cpu_seconds, _modules(source), usage.peak_mib


def _modules(source: str) -> int:
    """How many modules are there at the end."""
    done = subprocess.run(
        python("-c", f"{COUNTING}\n{source}"),
        cwd=STARTUP_FLEET,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stderr.rpartition("modules ")[2])


if __name__ == "__main__":
    main()
