"""Arithmetic: an expression is read as a tree and worked out node by node; nothing is ever executed."""

import ast
import math
import operator
from collections.abc import Callable

from agents_app import catalogue
from agents_app.tools.registry import Call, ToolFailed, tool

Number = int | float
LARGEST = 10**100
LARGEST_EXPONENT = 1000

MOST_DIGITS = 100


def rounded(value: Number, digits: Number = 0) -> Number:
    """Python's own `round(1, -10**50)` works out 10**10**50 first."""
    if abs(digits) > MOST_DIGITS:
        raise ToolFailed("That many digits are not there.")
    return round(value, int(digits)) if digits else round(value)


BINARY: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
UNARY: dict[type[ast.unaryop], Callable[[Number], Number]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
FUNCTIONS: dict[str, Callable[..., Number]] = {
    "abs": abs, "ceil": math.ceil, "floor": math.floor, "max": max, "min": min, "round": rounded, "sqrt": math.sqrt,
}  # fmt: skip


@tool
def calculator(call: Call, args: catalogue.Calculator) -> dict[str, Number | str]:
    return {"expression": args.expression, "value": work_out(args.expression)}


def work_out(expression: str) -> Number:
    try:
        return _value(ast.parse(expression.strip(), mode="eval").body)
    except (SyntaxError, RecursionError, MemoryError):
        raise ToolFailed("That is not an arithmetic expression.") from None
    except (ZeroDivisionError, OverflowError, TypeError, ValueError) as error:
        raise ToolFailed(f"That has no value: {error}.") from error


def _value(node: ast.expr) -> Number:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return _bounded(value)
        case ast.UnaryOp(op=op, operand=operand) if type(op) in UNARY:
            return UNARY[type(op)](_value(operand))
        case ast.BinOp(left=base, op=ast.Pow(), right=exponent):
            return _power(_value(base), _value(exponent))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            return _bounded(BINARY[type(op)](_value(left), _value(right)))
        case ast.Call(func=ast.Name(id=name), args=given, keywords=[]) if name in FUNCTIONS:
            return _bounded(FUNCTIONS[name](*[_value(each) for each in given]))
    raise ToolFailed(f"Only numbers, + - * / // % **, brackets and {', '.join(FUNCTIONS)} are known here.")


def _power(base: Number, exponent: Number) -> Number:
    """The size is known before the work is done: 9**9**9 would take the machine with it."""
    if abs(exponent) > LARGEST_EXPONENT or abs(exponent) * math.log10(max(abs(base), 1)) > math.log10(LARGEST):
        raise ToolFailed("That number is too large.")
    value = base**exponent
    if isinstance(value, complex):
        raise ToolFailed("That is not a real number.")
    return _bounded(value)


def _bounded(value: Number) -> Number:
    if not math.isfinite(value) or abs(value) > LARGEST:
        raise ToolFailed("That number is too large.")
    return value
