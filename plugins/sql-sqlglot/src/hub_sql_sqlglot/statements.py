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
        passing |= {written(table).lower() for table in each.sources if _is_passing(table)}
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
    is_path = "/" in table.name and (
        table.db.lower() in _FORMATS or table.find_ancestor(exp.Copy) is not None
    )
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
    if isinstance(tree, exp.Create) and tree.args.get("kind") not in _MADE:
        return  # A routine runs nothing of what it has when it is made.
    for node in tree.find_all(*_DATA, exp.Create, exp.Into, exp.Cache, exp.LoadData, exp.Copy):
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
    reads = (exp.Query, exp.Cache, exp.Copy, exp.Export, *_DATA)
    if not (_is_filled(tree) or isinstance(tree, reads)):
        return
    # What is created, also where it keeps its rows in another table, but not what is copied.
    made = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    targeted = {id(each) for each in (*targets, *([] if isinstance(tree, exp.Copy) else [made]))}
    changed = {written(each).lower() for each in targets}
    aliases = {each.alias_or_name.lower() for each in tree.find_all(exp.Table) if each.alias}
    names = {each.name.lower() for each in tree.find_all(exp.Table)}
    for table in tree.find_all(exp.Table):
        name = written(table).lower()
        if id(table) in targeted or not is_name(table) or is_own(table):
            continue
        if table.find_ancestor(exp.LikeProperty):
            continue  # It gives its fields, and no rows.
        # The target once more, beside the tables that it is joined with.
        is_again = isinstance(tree, exp.Update | exp.Delete) and table.parent_select is None
        if is_again and (name in changed or name in aliases):
            continue
        is_nested = bool(table.db) and not table.catalog and table.db.lower() in aliases | names
        if is_nested and _is_beside(table):
            continue  # An array in a row of a table beside it.
        if name != _DUMMY and _SYSTEM.isdisjoint(name.split(".")[:-1]):
            yield table


def _is_filled(tree: exp.Expr) -> bool:
    """Whether what a statement makes has rows, or a query for them."""
    if not isinstance(tree, exp.Create) or tree.args.get("kind") not in _MADE:
        return False
    is_empty = any(each.args.get("no") for each in tree.find_all(exp.WithDataProperty))
    if tree.args["kind"] == "TABLE" and is_empty:
        return False
    # Of a mere table, as in ClickHouse, it has the fields alone.
    return isinstance(tree.expression, exp.Query) or bool(tree.args.get("clone"))


def _is_beside(table: exp.Table) -> bool:
    select = table.parent_select
    beside = select.find_all(exp.Table) if select is not None else ()
    return any(
        each is not table and each.alias_or_name.lower() == table.db.lower() for each in beside
    )


def _is_passing(table: exp.Table) -> bool:
    """Whether a table's name says that it lives no longer than a session."""
    is_marked = table.name.startswith("#") and not table.db
    return is_marked or bool(table.this.args.get("temporary"))


def _query(tree: exp.Expr) -> exp.Query | None:
    if isinstance(tree, exp.Query):
        return tree if tree.find(exp.Into) else None
    if isinstance(clone := tree.args.get("clone"), exp.Clone):
        return exp.Select(expressions=[exp.Star()], from_=exp.From(this=clone.this.copy()))
    if isinstance(tree, exp.Insert | exp.Cache) or _is_filled(tree):
        found = tree.expression
        if isinstance(found, exp.Subquery) and found.is_wrapper:
            found = found.unnest()
        return found if isinstance(found, exp.Query) else None
    return None


def _is_temporary(tree: exp.Expr, targets: Sequence[exp.Table]) -> bool:
    if isinstance(tree, exp.Cache) or any(_is_passing(each) for each in targets):
        return True
    if isinstance(tree, exp.Create):
        return tree.find(exp.TemporaryProperty) is not None
    return (into := tree.find(exp.Into)) is not None and bool(into.args.get("temporary"))
