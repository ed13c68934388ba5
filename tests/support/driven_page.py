"""A page without a browser: what somebody sees of it, and what happens when they press, choose or fill in something.

It does what Gradio and its front end do. Components are found as people find them, by the words on them.
"""

import inspect
from collections.abc import Iterator, Mapping
from types import MappingProxyType, SimpleNamespace
from typing import Any

import gradio as gr
from gradio.blocks import Block
from page_handlers import unwrapped

from appliance.web.gateway.door import COOKIE

PROPS = ("value", "visible", "interactive", "label", "info", "placeholder", "choices", "open", "variant", "selected")
DRAWN = ("label", "info", "placeholder", "choices", "value")  # of these, what somebody reads


def texts(props: dict[str, Any]) -> Iterator[str]:
    """Yield what a component says. The value of one with choices is not said: its text is one of theirs."""
    for name in DRAWN:
        if name != "value" or not props.get("choices"):
            yield from _strings(props.get(name))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _strings(value.get("content"))
    elif isinstance(value, list | tuple):
        for each in value:
            # Of a choice, a pair of text and value, only the text is shown.
            yield from _strings(each[0] if isinstance(each, tuple) else each)


TURNED = (gr.Step, gr.Tab)


class DrivenPage:
    """One person's tab with a page. `said` is all that the last act drew, in order: also what is gone by now."""

    def __init__(self, blocks: gr.Blocks, token: str, *, opened: bool = True) -> None:
        self._blocks = blocks
        self._request = SimpleNamespace(headers={"cookie": f"{COOKIE}={token}"})
        self._props: dict[Any, dict[str, Any]] = {}
        self.said = ""
        self._lay_out()
        if opened:
            self.open()

    def open(self) -> None:
        """Load the page anew."""
        self._lay_out()
        self._act(self._blocks, "load")

    def press(self, label: str) -> None:
        """Press the button that says `label`."""
        button = self._find(gr.Button, label)
        assert self._props[button]["interactive"] is not False, f"{label!r} cannot be pressed"
        self._act(button, "click")

    def fill(self, label: str, value: Any) -> None:
        """Give the field of this label a value."""
        field = self._find(gr.components.Component, label)
        self._props[field]["value"] = value
        self._act(field, "input")

    def choose(self, label: str, choice: Any) -> None:
        """Choose in the field of this label, by value."""
        offered = [value for _text, value in self.field(label).choices]
        assert choice in offered, f"{choice!r} is not offered: {offered}"
        self.fill(label, choice)

    def submit(self, label: str) -> None:
        """Press Enter in a field."""
        self._act(self._find(gr.components.Component, label), "submit")

    def receive(self, name: str, value: str) -> None:
        """Do as a script of the page does that puts `value` into the hidden field `name`."""
        field = next(each for each in self._props if each.elem_id == name)
        before = dict(self._props[field])
        self._props[field]["value"] = value
        if before["value"] != value:
            self._act(field, "change")

    def unfold(self, label: str) -> None:
        """Press the head of a fold."""
        fold = self._find(gr.Accordion, label)
        opened = not self._props[fold]["open"]
        self._props[fold]["open"] = opened
        self._act(fold, "expand" if opened else "collapse")

    def turn_to(self, step: str) -> None:
        """Press the name of a step or a tab."""
        found = self._find(TURNED, step, displayed=False)
        self._props[found.parent]["selected"] = found.id
        self._act(found.parent, "select")

    def forge(self, handler: str, **values: Any) -> None:
        """Call the handler `Class.method`, as somebody can who sends events without the page.

        `values`, by label, are what is sent; of what is not among them, what the page has.
        """
        sent = {
            component: values[component.label]
            for component in self._props
            if getattr(component, "label", None) in values
        }
        (function,) = (each for each in self._blocks.fns.values() if unwrapped(each.fn).__qualname__ == handler)
        self._call(function, sent)

    def tick(self) -> set[Any]:
        """Let the timer's time pass; return what was updated."""
        (timer,) = (each for each in self._props if isinstance(each, gr.Timer))
        return self._act(timer, "tick")

    @property
    def step(self) -> str:
        """Return the name of the step that is shown."""
        shown = (each for each in self._props if isinstance(each, gr.Step) and self._is_turned_to(each))
        return str(self._props[next(shown)]["label"])

    def button(self, label: str) -> SimpleNamespace:
        """Return how a button is that is on the page."""
        return SimpleNamespace(**self._props[self._find(gr.Button, label)])

    def field(self, label: str) -> SimpleNamespace:
        """Return how a field, or a fold, is that is on the page."""
        kinds = (gr.components.Component, gr.Accordion)
        return SimpleNamespace(**self._props[self._find(kinds, label)])

    def fields(self, kind: type) -> list[Any]:
        """Return the components of a kind that are on the page."""
        return [each for each in self._props if isinstance(each, kind) and self._displayed(each)]

    def buttons(self, *, unfolded: bool = False, variant: str = "") -> list[str]:
        """Return what is on the buttons of the page, perhaps without those in folds that are shut."""
        return [
            self._props[each]["value"]
            for each in self.fields(gr.Button)
            if (not unfolded or self._unfolded(each)) and variant in {"", self._props[each]["variant"]}
        ]

    def labels(self) -> list[str]:
        """Return the labels of the fields and folds on the page."""
        return [
            str(self._props[each]["label"])
            for each in self._props
            if self._displayed(each) and self._props[each]["label"]
        ]

    def text(self) -> str:
        """Return all that the page says at its present step."""
        return " ".join(said for each in self._props if self._displayed(each) for said in texts(self._props[each]))

    def _find(self, kind: Any, label: str, *, displayed: bool = True) -> Any:
        what = "value" if kind is gr.Button else "label"
        found = [
            each
            for each, props in self._props.items()
            if isinstance(each, kind) and props[what] == label and (not displayed or self._displayed(each))
        ]
        assert len(found) == 1, f"{len(found)} are called {label!r}; there are {self.buttons()} and {self.labels()}"
        return found[0]

    def _displayed(self, block: Any) -> bool:
        if isinstance(block, gr.State):
            return False
        while block is not None and block is not self._blocks:
            if self._props[block]["visible"] not in {True, None}:
                return False
            if isinstance(block, TURNED) and not self._is_turned_to(block):
                return False
            block = block.parent
        return True

    def _is_turned_to(self, step: Any) -> bool:
        selected = self._props[step.parent]["selected"]
        first = next(each for each in self._props if each.parent is step.parent)
        return bool(selected == step.id or (selected is None and step is first))

    def _lay_out(self) -> None:
        self._props = {
            block: {name: getattr(block, name, None) for name in PROPS} for block in self._blocks.blocks.values()
        }

    def _unfolded(self, block: Any) -> bool:
        while block is not None and block is not self._blocks:
            if isinstance(block, gr.Accordion) and not self._props[block]["open"]:
                return False
            block = block.parent
        return True

    def _act(self, source: Any, event: str) -> set[Any]:
        self.said = ""
        return self._fire(source, event)

    def _fire(self, source: Any, event: str) -> set[Any]:
        functions = [each for each in self._blocks.fns.values() if (source._id, event) in each.targets]
        return {updated for function in functions for updated in self._call(function)}

    def _call(self, function: Any, sent: Mapping[Any, Any] = MappingProxyType({})) -> set[Any]:
        updated: set[Any] = set()
        values = {each: sent.get(each, self._props[each]["value"]) for each in function.inputs}
        try:
            given = function.fn(values, self._request)
            for updates in given if inspect.isgenerator(given) else [given]:
                updated |= self._apply(updates)
        except gr.Error:
            for after in self._blocks.fns.values():
                if after.trigger_after == function._id and after.trigger_only_on_failure:
                    self._apply(after.fn())
            raise
        return updated

    def _apply(self, updates: dict[Any, Any]) -> set[Any]:
        """Put updates on the page, and let what they cause happen."""
        updated, caused = set(), []
        for component, update in updates.items():
            changes = _changes(update)
            self.said += " ".join(texts(changes)) + " "
            props = self._props[component]
            if "value" in changes and changes["value"] != props["value"]:
                caused.append((component, "change"))
            if isinstance(component, gr.Accordion) and changes.get("open", props["open"]) != props["open"]:
                caused.append((component, "expand" if changes["open"] else "collapse"))
            if changes:
                updated.add(component)
            props.update(changes)
        for component, event in caused:
            updated |= self._fire(component, event)
        return updated


def _changes(update: Any) -> dict[str, Any]:
    if isinstance(update, Block):
        return dict(update.constructor_args)
    if isinstance(update, dict) and update.get("__type__") == "update":
        return {name: value for name, value in update.items() if name != "__type__"}
    return {"value": update}
