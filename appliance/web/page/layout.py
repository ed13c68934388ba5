"""Components that every page uses."""

from typing import Any

import gradio as gr

from appliance.foundation.messages import t


def drawn(value: str = "", **options: Any) -> gr.Markdown:
    """Return a place for HTML of `appliance.web.rendering`, which escaped it: Gradio changes nothing in it."""
    return gr.Markdown(value, sanitize_html=False, latex_delimiters=[], **options)


def hidden_text(name: str) -> gr.Textbox:
    """Return a field in which a script of ours puts what somebody did in something drawn; its id is `name`."""
    return gr.Textbox(visible="hidden", elem_id=name, show_label=False, container=False)


def button(label: str, **options: Any) -> gr.Button:
    """Return a button, or the update of one, that says the message `label`."""
    return gr.Button(t(label), **options)


def hidden() -> Any:
    """Return the update that hides a component."""
    return gr.update(visible=False)
