"""Small faults in Python source, one at a time: what mutation testing tries (DeMillo, Lipton, Sayward 1978)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

Swaps = dict[type[ast.AST], tuple[type[ast.AST], ...]]

COMPARISONS: Swaps = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
}  # fmt: skip
ARITHMETIC: Swaps = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,), ast.Div: (ast.Mult,), ast.Mod: (ast.Mult,), ast.FloorDiv: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,), ast.And: (ast.Or,), ast.Or: (ast.And,),
}  # fmt: skip
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
TOLERANCE = 1e-6
SHORT = 8
"""Characters: such as a number or a name."""
UNTOUCHED = ("annotation", "returns", "decorator_list", "type_params")
"""Parts of a definition that do nothing while the program runs, or that only a type checker reads."""


@dataclass(frozen=True)
class Mutant:
    """One fault in one file."""

    line: int
    what: str
    source: str  # of the whole file, with the fault in it


def mutants(source: str) -> Iterator[Mutant]:
    r"""Every fault of one file, in the order of its lines as far as the tree goes.

    What is too short to tell which place is meant comes with its line.

    >>> [mutant.what for mutant in mutants("def f(x):\n    return x < 1")]
    ['return x < 1 → return None', 'x < 1 → x <= 1 in: return x < 1', 'x < 1 → x >= 1 in: return x < 1', '1 → 2 in: return x < 1']
    """
    tree, lines = ast.parse(source), source.splitlines()
    for parent, field, index, child in _places(tree):
        if hasattr(child, "lineno"):
            yield from _replaced(tree, parent, field, index, child, lines[child.lineno - 1])


def _places(parent: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Every node below, with where it hangs."""
    for field, value in ast.iter_fields(parent):
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST) and field not in UNTOUCHED and not _is_quiet(parent, field, child):
                yield parent, field, index, child
                yield from _places(child)


def _is_quiet(parent: ast.AST, field: str, child: ast.AST) -> bool:
    """Texts, type aliases and keywords such as ``frozen=True``: whether they hold is not for tests of behaviour."""
    if isinstance(parent, ast.JoinedStr | ast.FormattedValue | ast.Subscript) and field in ("values", "format_spec", "slice"):
        return not isinstance(child, ast.FormattedValue)
    return isinstance(child, ast.Import | ast.ImportFrom)


def _replaced(tree: ast.AST, parent: ast.AST, field: str, index: int | None, child: ast.AST, line: str) -> Iterator[Mutant]:
    before = ast.unparse(child)
    where = f" in: {_short(line)}" if len(before) < SHORT else ""
    for new in _faults(child):
        after = ast.unparse(new)
        _put(parent, field, index, ast.copy_location(new, child))
        faulty = ast.unparse(ast.fix_missing_locations(tree))
        _put(parent, field, index, child)
        yield Mutant(getattr(child, "lineno", 0), f"{_short(before)} → {_short(after)}{where}", faulty)


def _put(parent: ast.AST, field: str, index: int | None, child: ast.AST) -> None:
    if index is None:
        setattr(parent, field, child)
    else:
        getattr(parent, field)[index] = child


def _faults(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for other in COMPARISONS.get(type(operator), ()):
                yield ast.Compare(node.left, [*node.ops[:place], other(), *node.ops[place + 1 :]], node.comparators)  # type: ignore[list-item]  # a table of both kinds
    elif isinstance(node, ast.BinOp | ast.BoolOp):
        yield from _with_other_operator(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.Constant):
        yield from _other_constant(node.value)
    elif isinstance(node, ast.Name) and node.id in NAMES:
        yield ast.Name(NAMES[node.id], node.ctx)
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    else:
        yield from _other_statement(node)


def _with_other_operator(node: ast.BinOp | ast.BoolOp) -> Iterator[ast.AST]:
    for other in ARITHMETIC.get(type(node.op), ()):
        changed = ast.BinOp(node.left, other(), node.right) if isinstance(node, ast.BinOp) else ast.BoolOp(other(), node.values)  # type: ignore[arg-type]  # likewise
        yield changed


def _other_constant(value: object) -> Iterator[ast.AST]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        tiny = abs(value) < TOLERANCE  # twice a tolerance for rounding is as good as the tolerance
        yield ast.Constant(value + 1 if isinstance(value, int) or tiny else value * 2)


def _other_statement(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.If):
        yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    elif isinstance(node, ast.AugAssign) or (isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)):
        yield ast.Pass()
    elif isinstance(node, ast.Continue):
        yield ast.Break()


def _short(text: str) -> str:
    first = text.strip().splitlines()[0]
    return first if len(first) <= 70 else f"{first[:67]}..."
