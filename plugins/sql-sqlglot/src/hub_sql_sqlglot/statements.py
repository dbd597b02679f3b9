"""What each statement of a text writes, and which tables its rows come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from sqlglot import exp

# What databases keep of themselves; nobody's data.
_SYSTEM: Final = frozenset({"information_schema", "pg_catalog", "sys", "system"})
_DUMMY: Final = "dual"
# Before the path of files, where Spark and its like have them for a table.
_FORMATS: Final = frozenset(
    {"avro", "binaryfile", "csv", "delta", "hudi", "iceberg", "json", "orc", "parquet", "text"}
)
_DATA: Final = (exp.Insert, exp.Update, exp.Delete, exp.Merge)
_MADE: Final = frozenset({"TABLE", "VIEW"})


class Statement(NamedTuple):
    """One statement: the tables that it writes, and the query that fills the one, if it does.

    ``sources`` are the tables that it reads: not those that it writes, nor its own WITH names.
    """

    tree: exp.Expr
    targets: tuple[exp.Table, ...]
    sources: tuple[exp.Table, ...]
    query: exp.Query | None
    is_temporary: bool


class Text(NamedTuple):
    """The statements of a text, and the names that live no longer than it does."""

    statements: Sequence[Statement]
    passing: frozenset[str]

    @property
    def inputs(self) -> Iterator[str]:
        """The tables that the text reads and has not made before."""
        made: set[str] = set()
        for each in self.statements:
            for table in each.sources:
                if written(table).lower() not in made | self.passing:
                    yield written(table)
            if isinstance(each.tree, exp.Create) or each.is_temporary:
                made.update(written(table).lower() for table in each.targets)

    @property
    def outputs(self) -> Iterator[str]:
        """The tables that the text writes and leaves behind."""
        for each in self.statements:
            for table in each.targets:
                if written(table).lower() not in self.passing:
                    yield written(table)


def text_of(trees: Sequence[exp.Expr]) -> Text:
    """Return what the statements of a text do."""
    statements = [_statement(tree) for tree in trees]
    passing: set[str] = set()
    made: set[str] = set()
    for each in statements:
        names = {written(table).lower() for table in each.targets}
        if each.is_temporary:
            passing |= names
        if isinstance(each.tree, exp.Create | exp.Select):
            made |= names
        if isinstance(each.tree, exp.Drop):
            passing |= made & {written(table).lower() for table in each.tree.find_all(exp.Table)}
    return Text(statements, frozenset(passing))


def written(table: exp.Table) -> str:
    """Return a table's name as the text has it, without quotes."""
    return ".".join(part.name for part in table.parts)


def is_name(table: exp.Table) -> bool:
    """Whether a table has a name: it is no function, file, stage or parameter."""
    is_path = "/" in table.name and table.db.lower() in _FORMATS
    return isinstance(table.this, exp.Identifier) and bool(table.name) and not is_path


def is_own(table: exp.Table) -> bool:
    """Whether a table is what a WITH around it defines.

    What a WITH defines is known behind it, and within it only if it is recursive.
    """
    inside: exp.Expr | None = None
    node: exp.Expr | None = None if table.db else table
    while node is not None:
        if isinstance(node, exp.CTE):
            inside = node
        defining = node.args.get("with_")
        if isinstance(defining, exp.With) and table.name.lower() in _known(defining, inside):
            return True
        node = node.parent
    return False


def _known(defining: exp.With, inside: exp.Expr | None) -> list[str]:
    """Return the names of a WITH that are known inside one of its definitions, or behind it."""
    names = []
    for each in defining.expressions:
        if each is inside and not defining.recursive:
            break
        names.append(each.alias_or_name.lower())
        if each is inside:
            break
    return names


def _statement(tree: exp.Expr) -> Statement:
    targets = [_of_alias(tree, each) for each in _targets(tree)]
    sources = tuple(_sources(tree, targets))
    names = [each for each in targets if is_name(each)]
    return Statement(tree, tuple(names), sources, _query(tree), _is_temporary(tree, names))


def _targets(tree: exp.Expr) -> Iterator[exp.Table]:
    """Yield what a statement writes, and what statements within it do."""
    for node in tree.find_all(*_DATA, exp.Create, exp.Into, exp.Cache, exp.LoadData, exp.Copy):
        if isinstance(node, exp.Create) and node.args.get("kind") not in _MADE:
            continue
        if isinstance(node, exp.Create) and (into := node.find(exp.ToTableProperty)):
            yield from into.find_all(exp.Table)  # A view that keeps its rows in a table.
            continue
        if isinstance(node, exp.Copy) and not node.args.get("kind"):
            continue  # It copies from the table.
        found = node.this
        if isinstance(node, exp.Delete) and node.args.get("tables"):
            yield from (each for each in node.args["tables"] if isinstance(each, exp.Table))
            continue
        if isinstance(found, exp.Schema):
            found = found.this
        if isinstance(found, exp.Table):
            yield found


def _of_alias(tree: exp.Expr, target: exp.Table) -> exp.Table:
    """Return the table that a target's name stands for in the statement."""
    if not target.db and isinstance(target.parent, exp.Update | exp.Delete):
        for each in tree.find_all(exp.Table):
            if each is not target and each.alias.lower() == target.name.lower():
                return each
    return target


def _sources(tree: exp.Expr, targets: Sequence[exp.Table]) -> Iterator[exp.Table]:
    is_filled = isinstance(tree, exp.Create) and (tree.expression or tree.args.get("clone"))
    reads = (exp.Query, exp.Cache, exp.Copy, *_DATA)
    if not (is_filled or isinstance(tree, reads)):
        return
    returned = [
        node.this
        for node in tree.find_all(exp.Delete, exp.Update)
        if node is not tree and node.args.get("returning")
    ]
    yield from (each for each in returned if isinstance(each, exp.Table) and is_name(each))
    # What is created, also where it keeps its rows in another table.
    targeted = {id(each) for each in (*targets, tree.this)}
    changed = {written(each).lower() for each in targets}
    aliases = {each.alias_or_name.lower() for each in tree.find_all(exp.Table) if each.alias}
    names = {each.name.lower() for each in tree.find_all(exp.Table)}
    for table in tree.find_all(exp.Table):
        name = written(table).lower()
        if id(table) in targeted or not is_name(table) or is_own(table):
            continue
        # The target once more, beside the tables that it is joined with.
        is_again = isinstance(tree, exp.Update | exp.Delete) and table.parent_select is None
        if is_again and (name in changed or name in aliases):
            continue
        is_nested = bool(table.db) and not table.catalog and table.db.lower() in aliases | names
        if is_nested and _is_beside(table):
            continue  # An array in a row of a table beside it.
        if name != _DUMMY and table.db.lower() not in _SYSTEM:
            yield table


def _is_beside(table: exp.Table) -> bool:
    select = table.parent_select
    beside = select.find_all(exp.Table) if select is not None else ()
    return any(
        each is not table and each.alias_or_name.lower() == table.db.lower() for each in beside
    )


def _query(tree: exp.Expr) -> exp.Query | None:
    if isinstance(tree, exp.Query):
        return tree if tree.find(exp.Into) else None
    if isinstance(clone := tree.args.get("clone"), exp.Clone):
        return exp.Select(expressions=[exp.Star()], from_=exp.From(this=clone.this.copy()))
    if isinstance(tree, exp.Create | exp.Insert | exp.Cache):
        found = tree.expression
        return found if isinstance(found, exp.Query) else None
    return None


def _is_temporary(tree: exp.Expr, targets: Sequence[exp.Table]) -> bool:
    if isinstance(tree, exp.Cache) or any(each.this.args.get("temporary") for each in targets):
        return True
    if isinstance(tree, exp.Create):
        return tree.find(exp.TemporaryProperty) is not None
    return (into := tree.find(exp.Into)) is not None and bool(into.args.get("temporary"))
