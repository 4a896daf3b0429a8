"""Mutants: one small change to one function each, made in the syntax tree."""

import ast
import copy
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from types import CodeType, FunctionType, ModuleType

_OPPOSITES: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
_TYPES = frozenset({"annotation", "returns", "decorator_list", "type_params"})
_WORDS = frozenset({"hint", "cause"})
"""What of an error only its reader sees."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """The code of a function after the change, and what the change is."""

    function: str
    line: int
    change: str
    code: CodeType


def mutants(module: ModuleType, source: str) -> Iterator[Mutant]:
    """All of a module. What stands outside functions is not changed, nor types, docstrings and words of errors."""
    tree = ast.parse(source)
    for name, function in _functions(tree, ""):
        for parent, field, at in list(_places(function)):
            node = _get(parent, field, at)
            for variant in _variants(node, module):
                _put(parent, field, at, ast.fix_missing_locations(ast.copy_location(variant, node)))
                code = _code_of(compile(tree, str(module.__file__), "exec"), name)
                _put(parent, field, at, node)
                yield Mutant(name, _line(node, function), f"{_text(node)}  ->  {_text(variant)}", code)


def _functions(node: ast.AST, within: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            yield within + child.name, child
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{within}{child.name}.")


def _places(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None]]:
    """Every place of a node under this one: its parent, the field there, and where in that field if it is a list."""
    for field, value in ast.iter_fields(node):
        if field in _TYPES or (isinstance(node, ast.keyword) and node.arg in _WORDS):
            continue
        if isinstance(value, ast.AST):
            yield node, field, None
            yield from _places(value)
        elif isinstance(value, list):
            for at, one in enumerate(value):
                if isinstance(one, ast.AST) and not _is_docstring(one):
                    yield node, field, at
                    yield from _places(one)


def _variants(node: ast.AST, module: ModuleType) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left=left, ops=[op], comparators=right) if type(op) in _OPPOSITES:
            yield ast.Compare(left, [_opposite(op)], right)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(_opposite(op), values)
            for at in range(len(values)):
                left = values[:at] + values[at + 1 :]
                yield left[0] if len(left) == 1 else ast.BoolOp(op, left)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPPOSITES:
            yield ast.BinOp(left, _opposite(op), right)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.If() | ast.IfExp():
            for always in (True, False):
                yield _with(node, test=ast.Constant(always))
        case ast.comprehension(ifs=ifs):
            for at in range(len(ifs)):
                yield _with(node, ifs=ifs[:at] + ifs[at + 1 :])
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield ast.Return(None)
        case ast.Expr(value=ast.Call()) | ast.AugAssign():
            yield ast.Pass()
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str() as value):
            yield ast.Constant(f"{value}!")
        case ast.Attribute(value=ast.Name(id=name), attr=member):
            yield from _next_member(node, getattr(module, name, None), member)


def _next_member(node: ast.Attribute, found: object, member: str) -> Iterator[ast.AST]:
    """Another member of a vocabulary."""
    if isinstance(found, type) and issubclass(found, Enum) and member in found.__members__:
        names = list(found.__members__)
        yield _with(node, attr=names[(names.index(member) + 1) % len(names)])


def _opposite(op: ast.AST) -> "ast.cmpop":
    return _OPPOSITES[type(op)]()  # type: ignore[return-value]


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _get(parent: ast.AST, field: str, at: int | None) -> ast.AST:
    value = getattr(parent, field)
    return value if at is None else value[at]


def _put(parent: ast.AST, field: str, at: int | None, node: ast.AST) -> None:
    if at is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[at] = node


def _line(node: ast.AST, function: ast.FunctionDef) -> int:
    return getattr(node, "lineno", function.lineno)


def _text(node: ast.AST) -> str:
    [first, *_] = ast.unparse(node).splitlines() or [""]
    return first if len(first) <= 60 else f"{first[:57]}..."


def _code_of(code: CodeType, qualified: str) -> CodeType:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_qualname == qualified:
                return constant
            if qualified.startswith(f"{constant.co_qualname}."):
                return _code_of(constant, qualified)
    raise LookupError(qualified)


@contextmanager
def changed(module: ModuleType, mutant: Mutant) -> Iterator[None]:
    """The function with the mutant's code, wherever it is known by then."""
    function = _function(module, mutant.function)
    before = function.__code__
    function.__code__ = mutant.code
    try:
        yield
    finally:
        function.__code__ = before


def _function(module: ModuleType, qualified: str) -> FunctionType:
    """The function behind a property, a method of the class or a cache."""
    *classes, name = qualified.split(".")
    holder: object = module
    for one in classes:
        holder = inspect.getattr_static(holder, one)
    found = inspect.getattr_static(holder, name)
    for kind, behind in ((property, "fget"), (classmethod, "__func__")):
        if isinstance(found, kind):
            found = getattr(found, behind)
    found = inspect.unwrap(found)
    assert isinstance(found, FunctionType), qualified
    return found
