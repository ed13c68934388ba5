"""Jinja for untrusted templates: they may use only what is listed here, and every step is counted.

`ImmutableSandboxedEnvironment` keeps a template from Python's internals, but not from using all time and memory
(doubled strings, nested lists, loops in loops). A signal could stop it only in the main thread, so the syntax tree is
rewritten before it is compiled: every place that consumes a value (loops, comparisons, filters, calls, joins, output)
goes through a guard, which counts against one `Budget` per rendering. Includes, imports, blocks, recursive loops and
autoescape are refused.
"""

import json
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from jinja2 import Undefined, nodes, pass_context
from jinja2.defaults import DEFAULT_FILTERS, DEFAULT_TESTS  # type: ignore[attr-defined]
from jinja2.exceptions import TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

from appliance.foundation.messages import message
from appliance.prompts.template_budget import MAX_CHARACTERS, Budget, TemplateRefusedError, is_plain

MAX_RANGE = 10_000
_BUDGET = "~budget"  # no template can write such a name

_TEXT_METHODS = frozenset(
    (
        *("strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "split", "rsplit", "splitlines", "partition"),
        *("replace", "lower", "upper", "title", "capitalize", "startswith", "endswith", "find", "rfind", "index"),
        *("count", "isdigit", "isalpha", "isspace", "isupper", "islower"),
    )
)
_MAPPING_METHODS = frozenset(("items", "keys", "values", "get"))
_LOOP_ATTRIBUTES = frozenset(
    ("index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem", "cycle", "changed")
)
_FILTERS = (
    *("abs", "capitalize", "count", "d", "default", "first", "float", "int", "items", "last", "length", "list"),
    *("lower", "map", "reject", "rejectattr", "reverse", "select", "selectattr", "title", "trim", "upper"),
)
_TESTS = (
    *("boolean", "defined", "divisibleby", "eq", "equalto", "even", "false", "float", "ge", "gt", "in", "integer"),
    *("iterable", "le", "lower", "lt", "mapping", "ne", "none", "number", "odd", "sequence", "string", "true"),
    *("undefined", "upper"),
)
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}


def _budget(context: Context) -> Budget:
    budget = context.parent[_BUDGET]
    assert isinstance(budget, Budget)
    return budget


@pass_context
def _guard(context: Context, value: Any) -> Any:
    """Return plain data after walking through it, a view or an iterator as a list, and anything callable as it is."""
    budget = _budget(context)
    if isinstance(value, Namespace | LoopContext) or callable(value):
        budget.step()
        return value
    if is_plain(value):
        return budget.plain(value)
    return [budget.plain(item) for item in _steps(context, value)]


@pass_context
def _steps(context: Context, value: Iterable[Any]) -> Iterator[Any]:
    """Yield what a loop iterates over, counting a step for each item."""
    budget = _budget(context)
    for item in value:
        budget.step()
        yield item


@pass_context
def _concatenate(context: Context, values: list[Any]) -> str:
    """Do what the operator `~` does."""
    return _budget(context).text("".join(str(_budget(context).plain(value)) for value in values))


@pass_context
def _finalize(context: Context, value: Any) -> str:
    """Return the output of `{{ ... }}`."""
    budget = _budget(context)
    return budget.emit(str(budget.plain(value)))


@pass_context
def _join(context: Context, values: Iterable[Any], separator: str = "", attribute: str = "") -> str:
    items = [context.environment.getitem(value, attribute) if attribute else value for value in values]
    between = str(separator)
    texts = [str(item) for item in _budget(context).plain(items)]
    if sum(len(text) + len(between) for text in texts) > MAX_CHARACTERS:
        raise TemplateRefusedError(message("template.long-text"))
    return between.join(texts)


def _replace(text: Any, old: Any, new: Any, count: Any = -1) -> str:
    text, old, new = str(text), str(old), str(new)
    if len(text) + text.count(old) * len(new) > MAX_CHARACTERS:
        raise TemplateRefusedError(message("template.long-text"))
    return str(text.replace(old, new, count if isinstance(count, int) else -1))


def _to_json(value: Any, indent: int | None = None, ensure_ascii: bool = False) -> str:
    return json.dumps(value, ensure_ascii=bool(ensure_ascii), indent=indent if indent in (1, 2, 3, 4, 8) else None)


def _bounded_range(*arguments: int) -> range:
    numbers = range(*arguments)
    if len(numbers) > MAX_RANGE:
        raise TemplateRefusedError(message("template.range"))
    return numbers


def _raise_exception(_message: Any) -> None:
    # The message may quote the conversation, so it is not passed on.
    raise TemplateError("the template rejects these messages")


class _Guarding(NodeTransformer):
    """Puts a guard at every place that consumes a value."""

    def _refused(self, node: nodes.Node) -> nodes.Node:
        raise TemplateRefusedError(message("template.syntax", node=type(node).__name__))

    visit_Include = visit_Import = visit_FromImport = _refused  # noqa: N815
    visit_Extends = visit_Block = visit_ScopedEvalContextModifier = _refused  # noqa: N815
    visit_EvalContextModifier = _refused  # noqa: N815

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - the visitor's own naming
        if node.recursive:
            return self._refused(node)
        self.generic_visit(node)
        node.iter = _filtered(node.iter, "~steps")
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), "~concatenate")

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.expr = _guarded(node.expr)
        for operand in node.ops:
            operand.expr = _guarded(operand.expr)
        return node

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:  # noqa: N802
        self.visit_Test(node)
        return _filtered(node, "~guard")

    def visit_Test(self, node: nodes.Test | nodes.Filter) -> nodes.Node:  # noqa: N802
        self.visit_Call(node)
        if node.node is not None:  # it is None in {% filter %}, whose body is output and counted as such
            node.node = _guarded(node.node)
        return node

    def visit_Call(self, node: nodes.Call | nodes.Test | nodes.Filter) -> nodes.Node:  # noqa: N802
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            return self._refused(node)
        self.generic_visit(node)
        node.args = [_guarded(argument) for argument in node.args]
        for keyword in node.kwargs:
            if isinstance(keyword, nodes.Keyword):
                keyword.value = _guarded(keyword.value)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        if not isinstance(node.arg, nodes.Slice):
            node.arg = _guarded(node.arg)
        return node

    def visit_Pair(self, node: nodes.Pair) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.key = _guarded(node.key)
        return node


def _filtered(node: nodes.Node, name: str) -> nodes.Expr:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _guarded(node: nodes.Expr) -> nodes.Expr:
    return node if isinstance(node, nodes.Const | nodes.TemplateData) else _filtered(node, "~guard")


class _Generation(Extension):
    """Accepts `{% generation %}`, which marks what an assistant says, and ignores it."""

    tags = {"generation"}  # noqa: RUF012 - the name and the type are Jinja's

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        return nodes.Scope(parser.parse_statements(("name:endgeneration",), drop_needle=True), lineno=line)


class TemplateSandbox(ImmutableSandboxedEnvironment):
    """The environment: an allow-list of everything, and guards in the syntax tree."""

    intercepted_binops = frozenset((*_OPERATORS, "**"))

    def __init__(self) -> None:
        """Build the environment that transformers has (trimmed blocks, `break` and `continue`), without its globals."""
        super().__init__(
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=[loopcontrols, _Generation],
            finalize=_finalize,
            cache_size=0,
        )
        self.globals = {"range": _bounded_range, "namespace": Namespace, "raise_exception": _raise_exception}
        self.filters = {name: DEFAULT_FILTERS[name] for name in _FILTERS}
        self.filters |= {"join": _join, "replace": _replace, "tojson": _to_json, "string": str, "safe": str}
        self.filters |= {"~guard": _guard, "~steps": _steps, "~concatenate": _concatenate}
        self.tests = {name: DEFAULT_TESTS[name] for name in _TESTS}

    @staticmethod
    def concat(pieces: Iterable[str]) -> str:
        """Join the output of a macro or a block, within the limit."""
        kept = list(pieces)
        if sum(len(piece) for piece in kept) > MAX_CHARACTERS:
            raise TemplateRefusedError(message("template.much-text"))
        return "".join(kept)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _Guarding().visit(tree)
        return tree

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ARG002 - as in Jinja
        """Allow the listed methods of text and mappings, the attributes of a loop, and a namespace's own names."""
        if isinstance(obj, str):
            return attr in _TEXT_METHODS
        if isinstance(obj, dict):
            return attr in _MAPPING_METHODS
        if isinstance(obj, LoopContext):
            return attr in _LOOP_ATTRIBUTES
        return isinstance(obj, Namespace) and not attr.startswith("_")

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return an attribute, or else an item; a name that begins with an underscore is never looked up."""
        return self.unsafe_undefined(obj, attribute) if attribute.startswith("_") else super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return an item, or else an attribute, under the same rule."""
        hidden = isinstance(argument, str) and argument.startswith("_")
        return self.unsafe_undefined(obj, argument) if hidden else super().getitem(obj, argument)

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:  # noqa: ARG002 - as in Jinja; the name may be content
        """Refuse at once what exists and is not allowed. Jinja would render it as nothing."""
        raise TemplateRefusedError(message("template.attribute", of=type(obj).__name__))

    def wrap_str_format(self, value: Any) -> None:
        """Return no `format` method for texts: a width in its pattern makes much of little."""

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Calculate with numbers and add texts and lists, but never repeat or format them."""
        budget = _budget(context)
        budget.plain(left)
        budget.plain(right)
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        additive = operator == "+" and (type(left) is type(right)) and isinstance(left, str | list | tuple)
        if operator not in _OPERATORS or not (numbers or additive):
            raise TemplateRefusedError(message("template.operator", operator=operator))
        return budget.plain(_OPERATORS[operator](left, right))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - as in Jinja: any keyword may come
        """Call a function or method as one step; `replace` is the only method that can make much of little."""
        _budget(__context).step()
        if isinstance(getattr(__obj, "__self__", None), str) and getattr(__obj, "__name__", "") == "replace":
            return _replace(__obj.__self__, *args, **kwargs)
        return super().call(__context, __obj, *args, **kwargs)

    def render_within(self, template: Any, variables: Mapping[str, Any], budget: Budget) -> str:
        """Return the output of a compiled template.

        Raises `TemplateRefusedError` when the budget is used up, and whatever the template raises.
        """
        pieces, characters = [], 0
        for piece in template.root_render_func(template.new_context({**variables, _BUDGET: budget})):
            characters += len(piece)
            budget.step()
            if characters > MAX_CHARACTERS:
                raise TemplateRefusedError(message("template.much-text"))
            pieces.append(piece)
        return "".join(pieces)
