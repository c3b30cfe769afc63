"""Renew every command output that the documents show, or check that it is up to date.

python tools/documents.py                 # write
python tools/documents.py --check         # exit 1, with the difference, if any is out of date
python tools/documents.py [...] PAGE ...  # these pages only
"""

import argparse
import difflib
import sys
import tempfile
from pathlib import Path

import command_page
import model_page
from console.blocks import renewed
from console.picture import picture
from console.session import ROOT, Session, environment

PICTURE = ROOT / "docs" / "images" / "plan.svg"
GRAPH = ROOT / "docs" / "images" / "decision.svg"


def main() -> None:
    """Write or check."""
    parser = argparse.ArgumentParser(description="Renew the outputs that the documents show.")
    parser.add_argument("--check", action="store_true", help="write nothing, tell the difference")
    parser.add_argument("pages", nargs="*", type=Path, metavar="PAGE", help="only these")
    asked = parser.parse_args()
    pages = [page.resolve() for page in asked.pages] or [*documents(), PICTURE, GRAPH]
    before = {path: path.read_text() if path.exists() else "" for path in pages}
    after = renew(before)
    changed = [path for path in before if before[path] != after[path]]
    if not asked.check:
        for path in changed:
            path.write_text(after[path])
            print(f"wrote {path.relative_to(ROOT)}")
        return
    for path in changed:
        print("\n".join(difference(path, before[path], after[path])))
    if changed:
        names = ", ".join(str(path.relative_to(ROOT)) for path in changed)
        sys.exit(f"out of date: {names}; `make docs` renews them")


def documents() -> list[Path]:
    """The pages that show output."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def renew(before: dict[Path, str]) -> dict[Path, str]:
    """What each file of *before* should hold."""
    after = {}
    known: dict[tuple[str, str, int], tuple[str, int]] = {}
    for path, text in before.items():
        with tempfile.TemporaryDirectory() as folder:
            session = Session(Path(folder).resolve(), known)
            if path == PICTURE:
                after[path] = drawn(Path(folder).resolve())
            elif path == GRAPH:
                after[path] = decision(session, Path(folder).resolve())
            elif path == command_page.PAGE:
                after[path] = command_page.page(renewed(text, session.run))
            elif path == model_page.PAGE:
                after[path] = model_page.page(text)
            else:
                after[path] = renewed(text, session.run)
    return after


def drawn(folder: Path) -> str:
    """The picture of a plan."""
    return picture(["broker", "plan"], folder / "examples" / "startup", environment(folder))


def decision(session: Session, folder: Path) -> str:
    """The picture that `broker plan -graph` draws."""
    session.run("examples/research", f"broker plan -graph={folder}/{GRAPH.name}")
    return (folder / GRAPH.name).read_text()


def difference(path: Path, before: str, after: str) -> list[str]:
    """As `diff -u` would show it."""
    name = str(path.relative_to(ROOT))
    return list(
        difflib.unified_diff(before.splitlines(), after.splitlines(), name, "renewed", lineterm="")
    )


if __name__ == "__main__":
    main()
