"""The reference names what exists: all of it, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from graphql import build_schema

from hub.api.rest.statuses import status_of
from hub.cli.commands import COMMANDS
from hub.cli.exits import exit_code
from hub.domain import errors
from hub.domain.incidents.routing import LABELS
from hub.domain.openlineage.conformance import FAULTS
from hub.settings import shapes
from hub.settings.tree import Settings
from hub.spi import hookspecs
from tests.docs.markdown import ROOT, code, headings, pages, read, rows, section

_METRIC_KINDS = {"Counter", "Gauge", "Histogram"}


def test_every_command_is_documented() -> None:
    documented = [code(cells[0]) for cells in rows("docs/reference/commands.md")]
    commands = [name.removeprefix("hub ") for name in documented if name.startswith("hub ")]

    assert sorted(commands) == sorted(COMMANDS)


def test_every_setting_is_documented_with_its_default_and_variable() -> None:
    documented = {
        code(cells[0]): (code(cells[1]), cells[2].strip("`"))
        for cells in rows("docs/reference/settings.md", "Settings")
    }

    assert documented == dict(_settings())


def test_every_hook_is_documented() -> None:
    hooks = {name for name in vars(hookspecs) if name.startswith("hub_")}

    assert {code(cells[0]) for cells in rows("docs/reference/hooks.md")} == hooks


def test_every_metric_is_documented_with_its_kind_and_labels() -> None:
    documented = {
        code(cells[0]): (cells[1], set(re.findall(r"`(\w+)`", cells[2])))
        for cells in rows("docs/reference/metrics.md")
    }

    assert documented == dict(_metrics())


def test_every_error_is_documented_with_its_status_and_exit_code() -> None:
    documented = {
        code(cells[0]): (int(cells[2]), int(cells[3]))
        for cells in rows("docs/reference/errors.md", "Errors")
    }
    instances = [_make(kind) for kind in _tree(errors.HubError)]

    assert documented == {
        type(error).__name__: (status_of(error), exit_code(error)) for error in instances
    }


@pytest.mark.parametrize(
    ("root", "heading"),
    [("Query", "Queries"), ("Mutation", "Mutations"), ("Subscription", "Subscriptions")],
)
def test_every_root_field_is_documented(root: str, heading: str) -> None:
    schema = build_schema(read("contracts/schema.graphql"))
    fields: dict[str, Any] = getattr(schema.type_map[root], "fields")  # noqa: B009 - of object types only

    documented = [code(cells[0]) for cells in rows("docs/reference/graphql.md", heading)]

    assert sorted(documented) == sorted(fields)


@pytest.mark.parametrize(
    ("heading", "shape"),
    [
        ("domains.yaml", shapes.Domains),
        ("receivers.yaml", shapes.Receivers),
        ("products/NAME.yaml", shapes.Product),
        ("rules/2026-11-27.yaml", shapes.RuleSet),
        ("names.yaml", shapes.Names),
        ("oncall.yaml", shapes.OnCall),
        ("maintenance.yaml", shapes.Maintenance),
    ],
)
def test_every_key_of_a_file_is_documented(heading: str, shape: type[msgspec.Struct]) -> None:
    text = section("docs/reference/files.md", heading)
    keys = {key for struct in _structs(shape) for key in struct.__struct_encode_fields__}

    missing = {key for key in keys if not re.search(rf"`[^`]*\b{key}\b[^`]*`", text)}

    assert not missing


def test_every_fault_of_a_producer_is_documented() -> None:
    documented = [tuple(cells) for cells in rows("docs/producers.md", "What is counted")]
    known = [(f"`{each.code}`", each.title, each.meaning, each.cure) for each in FAULTS]
    assert documented == known


def test_every_label_of_a_route_is_documented() -> None:
    text = section("docs/reference/files.md", "receivers.yaml")

    assert set(re.findall(r"`(\w+)`", text.partition("Labels:")[2].partition("|")[0])) == LABELS


def test_every_link_leads_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages()
        for link in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8"))
        if "://" not in link and not _resolves(page, link)
    ]

    assert not broken


def _resolves(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return target.exists() and (not anchor or anchor in headings(target))


def test_every_fault_of_producers_names_a_test_of_what_the_hub_does() -> None:
    table = section("docs/producers.md", "What producers get wrong")
    named = re.findall(r"\| `(\w+)` \|$", table, re.MULTILINE)
    told = "\n".join(page.read_text("utf-8") for page in (ROOT / "tests").rglob("test_*.py"))
    tests = set(re.findall(r"def test_(\w+)\(", told))

    assert len(named) == len(rows("docs/producers.md", "What producers get wrong"))
    assert set(named) <= tests


def _settings() -> Iterator[tuple[str, tuple[str, str]]]:
    for name, default in _leaves(msgspec.to_builtins(Settings()), ""):
        variable = "HUB_" + name.upper().replace(".", "__")
        shown = str(list(default) if isinstance(default, tuple) else default)
        # As it is written in hub.toml.
        yield name, (shown.lower() if isinstance(default, bool) else shown, variable)


def _leaves(tree: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _metrics() -> Iterator[tuple[str, tuple[str, set[str]]]]:
    for path in sorted((ROOT / "hub").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        constants = dict(_constants(tree))
        for node in constants.values():
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _METRIC_KINDS:
                kind = ast.unparse(node.func).lower()
                yield ast.literal_eval(node.args[0]), (kind, _labels(node, constants))


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            yield ast.unparse(node.target), node.value
        elif isinstance(node, ast.Assign):
            yield ast.unparse(node.targets[0]), node.value


def _labels(metric: ast.Call, constants: dict[str, ast.expr]) -> set[str]:
    """Return the third argument's texts, with names of constants looked up."""
    found = set()
    for node in (inner for argument in metric.args[2:] for inner in ast.walk(argument)):
        looked_up = constants[node.id] if isinstance(node, ast.Name) else node
        for part in ast.walk(looked_up):
            if isinstance(part, ast.Constant):
                found.add(str(part.value))
    return found


def _tree(kind: type[errors.HubError]) -> Iterator[type[errors.HubError]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from _tree(below)


def _make(kind: type[errors.HubError]) -> errors.HubError:
    if issubclass(kind, errors.PluginFailed):
        return kind("lane-files", "it failed")
    return kind("it failed")


def _structs(shape: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """Yield a shape and those of its parts; a route holds routes."""
    pending, seen = [shape], set()
    while pending:
        one = pending.pop()
        if one in seen:
            continue
        seen.add(one)
        yield one
        names = re.findall(r"[A-Z]\w+", " ".join(map(str, one.__annotations__.values())))
        pending += [getattr(shapes, name) for name in names if _is_shape(name)]


def _is_shape(name: str) -> bool:
    found = getattr(shapes, name, None)
    return isinstance(found, type) and issubclass(found, msgspec.Struct)
