"""Read a fleet.yaml from disk: the one place where the spec opens a file."""

from dataclasses import dataclass
from pathlib import Path

from broker.domain.canonical import digest
from broker.domain.diagnostics import Diagnostic, Where
from broker.domain.errors import SpecInvalid
from broker.domain.spec import FLEET_FILE
from broker.spec.nodes import ListNode, MapNode, Node, plain
from broker.spec.yaml_reader import read_yaml

MAX_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file as data with places, and what was found wrong without stopping the reading."""

    source: str
    root: Node
    findings: tuple[Diagnostic, ...] = ()

    @property
    def digest(self) -> str:
        """The same for files that differ only in comments, order of keys and layout."""
        return digest(plain(self.root))

    def where(self, *steps: str | int) -> Where | None:
        """The place of a value: `where("workloads", 0, "gang")`; None if there is none."""
        node: Node | None = self.root
        for step in steps:
            match node, step:
                case MapNode(), str():
                    node = node.find(step)
                case ListNode(), int() if step < len(node.items):
                    node = node.items[step]
                case _:
                    return None
        return None if node is None else node.where


def fleet_file(given: Path) -> Path:
    """The file that *given* means: itself, or the fleet.yaml in it if it is a folder."""
    try:
        is_folder = given.is_dir()
    except OSError:  # a name that no disk can hold: reading it says so
        is_folder = False
    return given / FLEET_FILE if is_folder else given


def is_there(given: Path) -> bool:
    """Whether *given* means a file that is there.

    One of which nobody can tell counts as there, so that reading it says why: a spec may say what must
    not be destroyed.
    """
    try:
        return fleet_file(given).is_file()
    except OSError:
        return True


def load(path: Path) -> Document:
    """Read the file at *path* (or the fleet.yaml in that folder); SpecInvalid if it is no YAML."""
    path = fleet_file(path)
    return parse(_text(_bytes(path), path), str(path))


def parse(text: str, source: str) -> Document:
    """Read *text*; *source* is what findings call the file. Raises SpecInvalid."""
    root, findings = read_yaml(text, source)
    return Document(source=source, root=root, findings=findings)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise SpecInvalid(
            Diagnostic(
                code="file-missing",
                subject=str(path),
                summary=f"There is no file {path}",
                hint="`broker init` writes one; or give the path of a file or folder.",
            )
        ) from error
    except OSError as error:
        raise SpecInvalid(
            Diagnostic(
                code="file-unreadable",
                subject=str(path),
                summary=f"Can not read {path}: {error.strerror}",
            )
        ) from error
    if len(content) > MAX_BYTES:
        raise SpecInvalid(
            Diagnostic(
                code="file-too-large",
                subject=str(path),
                summary=f"{path} has more than {MAX_BYTES:,} bytes",
                hint="Describe equal workloads once, with `replicas`.",
            )
        )
    return content


def _text(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise SpecInvalid(
            Diagnostic(
                code="file-not-utf8",
                subject=str(path),
                summary=f"Byte 0x{content[error.start]:02x} is not UTF-8 text",
                hint="Save the file as UTF-8.",
                where=Where(str(path), before.count(b"\n") + 1, column),
            )
        ) from error
