"""How the code is laid out: what docs/architecture.md says of it, from the code itself.

    python benchmarks/house.py                    # the table
    python benchmarks/house.py --modules          # each module, its first line and who imports it
    python benchmarks/house.py --walk talk.mp4    # which functions are handed the source, to HTML
    git worktree add ../then REVISION && python benchmarks/house.py ../then/src/sentigram

A room is a folder right under `sentigram`; modules that lie there themselves are a room together.
Lines of code are lines that hold a token that is not a comment; docstrings are counted apart.
"""

from __future__ import annotations

import argparse
import ast
import io
import sys
import tempfile
import threading
import tokenize
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

PACKAGE = "sentigram"
HERE = Path(__file__).resolve().parents[1] / "src" / PACKAGE


@dataclass(frozen=True)
class Module:
    """A file of the package.

    Attributes:
        name: Dotted.
        first_line: Of its docstring.
        n_code: Lines of code.
        n_docstring: Lines of docstrings.
        imports: Dotted names of modules of the package.
        functions: Their names, with those of methods.
        classes: Their names.
        longest: Lines of its longest function.
        n_noqa: Comments that switch a rule off.
    """

    name: str
    first_line: str
    n_code: int
    n_docstring: int
    imports: frozenset[str]
    functions: tuple[str, ...]
    classes: tuple[str, ...]
    longest: int
    n_noqa: int

    @property
    def room(self) -> str:
        """The folder right under the package, or `(top)`."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 2 or (self.is_package and len(parts) > 1) else "(top)"

    @property
    def package(self) -> str:
        """The package it lies in."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @property
    def is_package(self) -> bool:
        """Whether it is the face of a folder."""
        return self.name in PACKAGES


PACKAGES: set[str] = set()


def read(folder: Path) -> dict[str, Module]:
    """All modules under a package's folder, by name."""
    paths = {}
    for path in sorted(folder.rglob("*.py")):
        parts = (PACKAGE, *path.relative_to(folder).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts = parts[:-1]
            PACKAGES.add(".".join(parts))
        paths[".".join(parts)] = path
    return {name: _module(name, path, paths.keys()) for name, path in paths.items()}


def _module(name: str, path: Path, known: Collection[str]) -> Module:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    nodes = list(ast.walk(tree))
    functions = [n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    docstrings = {line for node in nodes for line in _lines_of_text(node)}
    imports = {one for node in nodes for one in _imported(node, known)} - {name}
    return Module(
        name=name,
        first_line=(ast.get_docstring(tree) or "").split("\n")[0],
        n_code=len(_lines_of_code(text) - docstrings),
        n_docstring=len(docstrings),
        imports=frozenset(imports),
        functions=tuple(node.name for node in functions),
        classes=tuple(node.name for node in nodes if isinstance(node, ast.ClassDef)),
        longest=max((len(_lines(node)) for node in functions), default=0),
        n_noqa=text.count("# noqa"),
    )


def _lines(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _lines_of_text(node: ast.AST) -> Collection[int]:
    """The lines of a docstring, or of a text below an attribute."""
    is_text = (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
    return _lines(node) if is_text and isinstance(node, ast.stmt) else ()


def _imported(node: ast.AST, known: Collection[str]) -> set[str]:
    """Modules of the package that a statement imports."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names} & set(known)
    if not isinstance(node, ast.ImportFrom) or not node.module:
        return set()
    inner = {f"{node.module}.{alias.name}" for alias in node.names}
    modules = inner & set(known)
    return modules if modules == inner or node.module not in known else {*modules, node.module}


def _lines_of_code(text: str) -> set[int]:
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in (*skipped, tokenize.ENDMARKER):
            code |= set(range(token.start[0], token.end[0] + 1))
    return code


def importers(modules: dict[str, Module]) -> dict[str, set[str]]:
    """Who imports each module."""
    who: dict[str, set[str]] = defaultdict(set)
    for module in modules.values():
        for imported in module.imports:
            who[imported].add(module.name)
    return who


def table(modules: dict[str, Module]) -> str:
    """The figures, for a person."""
    who = importers(modules)
    rooms: dict[str, list[Module]] = defaultdict(list)
    for module in modules.values():
        rooms[module.room].append(module)
    lines = ["| room | modules | code | docstrings |", "|---|--:|--:|--:|"]
    for room, inside in sorted(rooms.items()):
        code, said = (sum(getattr(m, key) for m in inside) for key in ("n_code", "n_docstring"))
        lines.append(f"| {room} | {len(inside)} | {code:,} | {said:,} |")
    everything = list(modules.values())
    code, said = (sum(getattr(m, key) for m in everything) for key in ("n_code", "n_docstring"))
    lines.append(f"| **all** | {len(everything)} | {code:,} | {said:,} |")
    single = [
        m
        for m in everything
        if not m.is_package
        and len(who[m.name]) == 1
        and modules[next(iter(who[m.name]))].package == m.package
    ]
    files = Counter(m.name.rpartition(".")[2] for m in everything if not m.is_package)
    classes = Counter(name for m in everything for name in m.classes if not name.startswith("_"))
    arrows = {
        (m.room, modules[one].room)
        for m in everything
        for one in m.imports
        if modules[one].room != m.room and m.room != "(top)" and modules[one].room != "(top)"
    }
    lines += [
        "",
        f"modules with one importer, in their own package: {len(single)}",
        f"file names used twice or more: {sum(n > 1 for n in files.values())}: "
        + ", ".join(f"{name} {n}" for name, n in files.most_common() if n > 1),
        f"public class names used twice or more: {sum(n > 1 for n in classes.values())}: "
        + ", ".join(f"{name} {n}" for name, n in classes.most_common() if n > 1),
        f"arrows between rooms: {len(arrows)}",
        f"functions and methods: {sum(len(m.functions) for m in everything):,}",
        f"longest function: {max(m.longest for m in everything)} lines",
        f"noqa: {sum(m.n_noqa for m in everything)}",
    ]
    return "\n".join(lines)


def listing(modules: dict[str, Module]) -> str:
    """One line per module: its size, importers and first line."""
    who = importers(modules)
    return "\n".join(
        f"{name.removeprefix(PACKAGE + '.')} {module.n_code}+{module.n_docstring} "
        f"<{','.join(sorted(one.removeprefix(PACKAGE + '.') for one in who[name]))}> "
        f"{module.first_line}"
        for name, module in modules.items()
    )


def walk(source: Path) -> dict[str, int]:
    """The functions that are handed the source's path on its way to a page, and how often.

    What is called in other threads counts as well.
    """
    from sentigram.cli.app import main as sentigram

    handed: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _value: object) -> None:
        name = frame.f_globals.get("__name__", "")
        if event != "call" or not name.startswith(PACKAGE) or frame.f_code.co_name[0] == "<":
            return
        code = frame.f_code
        given = [frame.f_locals.get(key) for key in code.co_varnames[: code.co_argcount]]
        if any(isinstance(one, Path) and one == source for one in given):
            handed[f"{name.removeprefix(PACKAGE + '.')}.{code.co_qualname}"] += 1

    with tempfile.TemporaryDirectory() as out:
        threading.setprofile(note)
        sys.setprofile(note)
        sentigram(["render", str(source), "--to", "html", "--out", out, "--quiet"])
        sys.setprofile(None)
        threading.setprofile(None)
    return handed


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("folder", nargs="?", type=Path, default=HERE)
    parser.add_argument("--modules", action="store_true", help="each module by itself")
    parser.add_argument("--walk", type=Path, metavar="SOURCE", help="who is handed the source")
    options = parser.parse_args()
    if options.walk:
        handed = walk(options.walk)
        print("\n".join(f"{n} × {name}" for name, n in handed.items()))
        print(f"{len(handed)} functions are handed the source")
        return
    modules = read(options.folder.resolve())
    print(listing(modules) if options.modules else table(modules))


if __name__ == "__main__":
    main()
