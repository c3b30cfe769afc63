"""Read a fleet.yaml from disk: the one place where the spec opens a file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from broker.domain.canonical import digest
from broker.domain.diagnostics import Diagnostic, Where
from broker.domain.errors import SpecInvalid
from broker.domain.spec import FLEET_FILE
from broker.spec.findings import Findings
from broker.spec.nodes import ListNode, MapNode, Node, described, plain
from broker.spec.planned_values import check_unchanged, planned, value_documents
from broker.spec.substitution import REFERS, Substitution, secrets_of, told
from broker.spec.variable_fields import VARIABLES, declared_public
from broker.spec.variables import FILE as VALUES_FILE
from broker.spec.variables import (
    Assigned,
    Filed,
    Sources,
    Variable,
    refuse_assigned,
    valued,
)
from broker.spec.yaml_reader import read_yaml

MAX_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Values of variables from outside of the fleet: options as they were typed, later ones winning.

    A path is that of a file with values. *environment* is asked for BROKER_VAR_NAME. *planned* are what
    a saved plan has kept of the values with which it was made: they are stronger than all others.
    """

    typed: tuple[Assigned | Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    planned: Mapping[str, Any] = field(default_factory=dict)


NOTHING_GIVEN = Given()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file as data with places, and what was found wrong without stopping the reading.

    *root* has values in place of variables. *written* is what it was without them, and *values* are
    what a plan keeps of them: None and nothing for a fleet without variables.
    """

    source: str
    root: Node
    findings: tuple[Diagnostic, ...] = ()
    written: Node | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[Where, tuple[Variable, ...]] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The same for files that differ only in comments, order of keys and layout.

        Another value of a variable makes another spec.
        """
        if self.written is None:
            return digest(plain(self.root))
        return _digest(self.written, self.values)

    def told(self, findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """*findings* with the variables that gave what they are about, and no sensitive value."""
        if not self.origins:
            return tuple(findings)
        return tuple(told(finding, self.origins, self.secrets) for finding in findings)

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


def load(path: Path, given: Given = NOTHING_GIVEN) -> Document:
    """Read the file at *path* (or the fleet.yaml in that folder), with values for its variables.

    Raises SpecInvalid if it, or a file with values, is no YAML, and for variables without a value.
    """
    path = fleet_file(path)
    return _valued(read_text(path), str(path), given, beside=path.parent / VALUES_FILE)


def parse(text: str, source: str, given: Given = NOTHING_GIVEN) -> Document:
    """Read *text*; *source* is what findings call the file. Raises what `load` raises."""
    return _valued(text, source, given, beside=None)


def planned_digest(path: Path, values: Mapping[str, Any]) -> str:
    """The digest of the file at *path* with the *values* that a saved plan has kept: SpecInvalid."""
    path = fleet_file(path)
    text = read_text(path)
    root, _ = read_yaml(text, str(path))
    return _digest(root, values) if _has_variables(root, text) else digest(plain(root))


def public_names(path: Path) -> frozenset[str]:
    """Variables of the file at *path* whose values may be shown: none where it can not be read."""
    try:
        root = load_written(path)
    except SpecInvalid:
        return frozenset()
    return declared_public(root.find(VARIABLES) if isinstance(root, MapNode) else None)


def states(path: Path, key: str) -> bool:
    """Whether the file at *path* has that *key* at its top: SpecInvalid."""
    root = load_written(path)
    return isinstance(root, MapNode) and root.find(key) is not None


def load_written(path: Path) -> Node:
    """What the file at *path* says, references to variables and all: SpecInvalid."""
    path = fleet_file(path)
    root, _ = read_yaml(read_text(path), str(path))
    return root


def _valued(text: str, source: str, given: Given, *, beside: Path | None) -> Document:
    root, found = read_yaml(text, source)
    if not _has_variables(root, text):
        refuse_assigned(each for each in given.typed if isinstance(each, Assigned))
        return Document(source=source, root=root, findings=found)
    findings = Findings(list(found))
    declared = root.find(VARIABLES) if isinstance(root, MapNode) else None
    values = valued(declared, _sources(given, beside), findings)
    names = [e.key.text for e in declared.entries] if isinstance(declared, MapNode) else []
    kept = value_documents(values)
    check_unchanged(given.planned, kept, findings)
    putting = Substitution(declared=tuple(names), values=values, findings=findings)
    filled = putting.put_into(_without_variables(root))
    document = Document(
        source=source,
        root=filled,
        written=root,
        values=kept,
        origins=putting.origins,
        secrets=secrets_of(values.values()),
    )
    if findings.has_errors:
        raise SpecInvalid(*document.told(findings.in_order()))
    return replace(document, findings=findings.in_order())


def _has_variables(root: Node, text: str) -> bool:
    """Whether it declares any, or refers to one; a comment does neither."""
    return _declares(root) or (REFERS in text and _refers(root))


def _refers(node: Node) -> bool:
    match node:
        case MapNode():
            return any(REFERS in e.key.text or _refers(e.value) for e in node.entries)
        case ListNode():
            return any(map(_refers, node.items))
        case _:
            return REFERS in node.text


def _declares(root: Node) -> bool:
    return isinstance(root, MapNode) and root.find(VARIABLES) is not None


def _without_variables(root: Node) -> Node:
    if not isinstance(root, MapNode):
        return root
    return replace(root, entries=tuple(e for e in root.entries if e.key.text != VARIABLES))


def _digest(written: Node, values: Mapping[str, Any]) -> str:
    return digest({"written": plain(_without_variables(written)), "variables": dict(values)})


def _sources(given: Given, beside: Path | None) -> Sources:
    """Where values come from, each file of them read."""
    found = beside if beside is not None and beside.is_file() else None
    return Sources(
        planned=planned(given.planned),
        typed=[each if isinstance(each, Assigned) else _filed(each) for each in given.typed],
        beside=None if found is None else _filed(found),
        environment=given.environment,
    )


def _filed(path: Path) -> Filed:
    """A file with values: SpecInvalid, with every finding, if it is none."""
    root, found = read_yaml(read_text(path, _NO_VALUES), str(path))
    if not isinstance(root, MapNode):
        wrong = Diagnostic(
            code="value-wrong",
            subject=str(path),
            summary=f"Expected a mapping from variables to values, found {described(root)}",
            hint="For example `region: eu-west-1`, a line for each variable.",
            where=root.where,
        )
        raise SpecInvalid(*found, wrong)
    if found:
        raise SpecInvalid(*found)
    return Filed(file=str(path), values=root)


_NO_FLEET = "`broker init` writes one; or give the path of a file or folder."
_NO_VALUES = "-var-file takes a file with a line `NAME: VALUE` for each variable."


def read_text(path: Path, hint: str = _NO_FLEET) -> str:
    """What is in the file at *path*; *hint* says what to do where there is none. Raises SpecInvalid."""
    return decoded(_bytes(path, hint), str(path))


def _bytes(path: Path, hint: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise SpecInvalid(
            Diagnostic(
                code="file-missing",
                subject=str(path),
                summary=f"There is no file {path}",
                hint=hint,
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


def decoded(content: bytes, source: str) -> str:
    """*content* as text; raises SpecInvalid where it is no UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise SpecInvalid(
            Diagnostic(
                code="file-not-utf8",
                subject=source,
                summary=f"Byte 0x{content[error.start]:02x} is not UTF-8 text",
                hint="Save the file as UTF-8.",
                where=Where(source, before.count(b"\n") + 1, column),
            )
        ) from error
