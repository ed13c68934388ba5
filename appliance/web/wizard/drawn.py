"""A place for what the server drew."""

import gradio as gr


def drawn(html: str = "") -> gr.Markdown:
    """Return a place for HTML out of `appliance.web.drawing`, which escaped it:

    Gradio is to change nothing in it, formulas neither.
    """
    return gr.Markdown(html, sanitize_html=False, latex_delimiters=[])
