"""The production sources as syntax trees: the hub's and every plugin's."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Source:
    """One module: its dotted name, where it is and what it says."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def is_package(self) -> bool:
        """Whether the module is a package's __init__."""
        return self.path.name == "__init__.py"


@cache
def sources() -> tuple[Source, ...]:
    """Every module of hub/ and of plugins/*/src."""
    roots = [ROOT, *sorted(ROOT.glob("plugins/*/src"))]
    return tuple(
        source
        for root in roots
        for package in ([ROOT / "hub"] if root == ROOT else sorted(root.iterdir()))
        for source in _modules(root, package)
    )


def hub_sources(*packages: str) -> Iterator[Source]:
    """Walk the hub's own modules, or those of the packages given by their dotted names."""
    wanted = packages or ("hub",)
    for source in sources():
        if any(f"{source.name}.".startswith(f"{package}.") for package in wanted):
            yield source


def plugin_sources() -> Iterator[Source]:
    """Walk the plugins' modules."""
    return (source for source in sources() if source.path.is_relative_to(ROOT / "plugins"))


def imported_names(source: Source) -> dict[str, str]:
    """Map each name that the module's imports bind to the dotted name that it stands for."""
    names = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                names[bound] = alias.name if alias.asname else bound
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def imported_modules(source: Source) -> Iterator[tuple[str, int]]:
    """Yield the dotted name and the line of every import, wherever in the module it stands."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def parse(text: str, name: str = "planted", path: Path = ROOT / "planted.py") -> Source:
    """Make a source of a text, to try a rule on."""
    return Source(name, path, text, ast.parse(text, filename=str(path)))


def _modules(root: Path, package: Path) -> Iterator[Source]:
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield parse(path.read_text(encoding="utf-8"), name, path)
