"""One of Gradio's pages as a person has it, without a browser: fields and buttons by their labels, and what is shown.

What a person does calls the handlers as Gradio calls them, and their updates change what the screen shows.
"""

import inspect
from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.components import FormComponent

from appliance.web.gateway.door import COOKIE

_ATTRIBUTES = ("value", "label", "visible", "interactive", "choices", "selected", "active")


class Screen:
    """A page in the browser of somebody who is signed in with `token`."""

    def __init__(self, blocks: gr.Blocks, token: str) -> None:
        self._blocks = blocks
        self._request = SimpleNamespace(headers={"cookie": f"{COOKIE}={token}"})
        self._now: dict[Any, dict[str, Any]] = {
            block: {name: getattr(block, name, None) for name in _ATTRIBUTES} for block in blocks.blocks.values()
        }

    def load(self) -> "Screen":
        """Open the page."""
        return self._happen(self._blocks, "load")

    def tick(self) -> "Screen":
        """Let the time of the page's timers pass."""
        for timer in [each for each, now in self._now.items() if isinstance(each, gr.Timer) and now["active"]]:
            self._happen(timer, "tick")
        return self

    def open(self, label: str) -> "Screen":
        """Open a tab."""
        tab = next(each for each, now in self._now.items() if hasattr(each, "id") and now["label"] == label)
        self._now[tab.parent]["selected"] = tab.id
        return self._happen(tab.parent, "select")

    def press(self, label: str) -> "Screen":
        """Press a button."""
        assert self.can_press(label), f"{label} cannot be pressed"
        return self.forge(label)

    def forge(self, label: str) -> "Screen":
        """Make the event of a button in an open tab that may be hidden, as anybody can without the page."""
        return self._happen(self._find(gr.Button, "value", label, hidden=True), "click")

    def enter(self, label: str, value: Any, *, hidden: bool = False) -> "Screen":
        """Fill in a field, or choose something."""
        field = self._find(FormComponent, "label", label, hidden=hidden)
        self._now[field]["value"] = value
        return self._happen(field, "input")

    def tell(self, place: str, message: str) -> "Screen":
        """Put a message into the hidden field `place`, as a script does when something drawn is clicked."""
        field = next(each for each in self._now if getattr(each, "elem_id", "") == place)
        self._now[field]["value"] = message
        return self._happen(field, "change")

    def field(self, label: str) -> dict[str, Any]:
        """Return how a field is: its value and choices."""
        return self._now[self._find(FormComponent, "label", label)]

    def can_press(self, label: str) -> bool:
        """Tell whether a button is there and can be pressed."""
        buttons = self._matching(gr.Button, "value", label)
        return any(self._now[each]["interactive"] is not False for each in buttons)

    @property
    def text(self) -> str:
        """Return all that is drawn and visible."""
        return " ".join(
            str(now["value"] or "")
            for each, now in self._now.items()
            if isinstance(each, gr.Markdown) and self._shown(each)
        )

    def _find(self, kind: Any, name: str, value: str, *, hidden: bool = False) -> Any:
        found = self._matching(kind, name, value, hidden=hidden)
        assert len(found) == 1, f"{len(found)} components in the open tabs have the {name} {value!r}"
        return found[0]

    def _matching(self, kind: Any, name: str, value: str, *, hidden: bool = False) -> list[Any]:
        return [
            each
            for each, now in self._now.items()
            if isinstance(each, kind) and now[name] == value and self._shown(each, hidden=hidden)
        ]

    def _shown(self, block: Any, *, hidden: bool = False) -> bool:
        """Tell whether a component is in the tabs that are open, and visible where `hidden` ones do not count."""
        while block is not self._blocks:
            now = self._now.get(block, {})
            if not hidden and now.get("visible") not in (None, True):
                return False
            if isinstance(block, gr.Tab) and block.id != self._open_in(block.parent):
                return False
            block = block.parent
        return True

    def _open_in(self, tabs: Any) -> Any:
        return self._now[tabs]["selected"] or next(each.id for each in self._now if each.parent is tabs)

    def _happen(self, block: Any, event: str) -> "Screen":
        for function in list(self._blocks.fns.values()):
            if (block._id, event) in function.targets:
                values = {each: self._now[each]["value"] for each in function.inputs}
                run: Any = function.fn
                outcome = run(values, self._request)
                for updates in outcome if inspect.isgenerator(outcome) else (outcome,):
                    assert set(updates) <= set(function.outputs)
                    for component, update in updates.items():
                        self._now[component] |= _changed(update)
        return self


def _changed(update: Any) -> dict[str, Any]:
    if isinstance(update, Block):
        return dict(update.constructor_args)
    if isinstance(update, dict) and update.get("__type__") == "update":
        return {name: value for name, value in update.items() if name != "__type__"}
    return {"value": update}
