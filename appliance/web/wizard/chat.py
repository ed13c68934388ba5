"""Chat, side by side: the original and the tuned model answer the same question. Nothing of it is stored."""

import html
from collections.abc import Iterator
from typing import Any

import gradio as gr

from appliance.foundation.errors import InputError
from appliance.foundation.messages import t
from appliance.jobs.starts.adapters import CONTENDERS
from appliance.services.context import Caller
from appliance.services.models.chat import ChatDesk, chat
from appliance.services.operations import may_do
from appliance.web.page.events import Component, Page, Updates, Values, button

STATE_SECONDS = 1800
MAX_QUESTION_CHARACTERS = 2000
WAITING = "…"
Turns = list[dict[str, str]]


class Chat:
    """A window for each contender, with a memory of its own answers. `adapter`: the component that says which."""

    def __init__(self, page: Page, adapter: Component) -> None:
        self._context, self._adapter = page.context, adapter
        gr.Markdown(f"## {t('wizard-chat-title')}\n{t('wizard-chat-intro')}")
        with gr.Row():
            self._windows = {name: _window(t(f"contender-{name}")) for name in CONTENDERS}
        self._history = gr.State(_no_talk(), time_to_live=STATE_SECONDS)
        self._question = gr.Textbox(
            label=t("wizard-question"),
            placeholder=t("wizard-question-example"),
            max_length=MAX_QUESTION_CHARACTERS,
            lines=1,
        )
        with gr.Row(elem_classes="buttons"):
            self._ask = button("wizard-ask-wait", variant="primary", interactive=False)
            again = button("wizard-chat-again")
        self.outputs = (self._ask,)
        cleared = (*self._windows.values(), self._history, self._question)
        page.on(
            [self._ask.click, self._question.submit],
            self._answer,
            reads=[self._question, adapter, self._history],
            writes=[*cleared, self._ask],
            failed=self._ready,
            concurrency_id="chat",
            concurrency_limit=4,
        )
        page.on(again.click, self._forget, writes=cleared)

    def draw(self, caller: Caller, adapter_id: str | None) -> Updates:
        """Return the button as it is for whoever opens the page."""
        if not adapter_id:
            return {self._ask: button("wizard-ask-wait", interactive=False)}
        return {self._ask: button("wizard-ask", interactive=may_do(self._context, caller, chat, adapter_id))}

    def _answer(self, caller: Caller, values: Values) -> Iterator[Updates]:
        adapter_id, question = values[self._adapter], (values[self._question] or "").strip()
        if not adapter_id:
            raise InputError("input:no-adapter")
        if not question:
            raise InputError("input:no-question")
        before: dict[str, Any] = values[self._history]
        loading = before["adapter"] != adapter_id
        talks: dict[str, Turns] = {name: [] if loading else list(before[name]) for name in CONTENDERS}
        for turns in talks.values():
            turns.append({"role": "user", "content": question})
        yield {**self._shown(talks), self._question: "", self._ask: gr.Button(interactive=False)}
        for name, turns in talks.items():
            asked, said = list(turns), ""
            turns.append({"role": "assistant", "content": t("wizard-chat-loading") if loading else WAITING})
            loading = False
            yield self._shown(talks)
            for piece in self._context.part(ChatDesk).ask(caller, adapter_id, asked, (name,)):
                said += piece.text
                turns[-1] = {"role": "assistant", "content": said or WAITING}
                yield self._shown(talks)
        shown = self._shown(talks, t("chat-no-answer"))
        yield {**shown, self._history: {"adapter": adapter_id, **talks}, **self._ready()}

    def _shown(self, talks: dict[str, Turns], nothing: str = WAITING) -> Updates:
        return {self._windows[name]: shown_turns(turns, nothing) for name, turns in talks.items()}

    def _ready(self) -> Updates:
        return {self._ask: button("wizard-ask", interactive=True)}

    def _forget(self, _caller: Caller, _values: Values) -> Updates:
        emptied: Updates = {window: [] for window in self._windows.values()}
        return {**emptied, self._history: _no_talk(), self._question: ""}


def shown_turns(turns: Turns, nothing: str = WAITING) -> Turns:
    """Return the turns as the window takes them: it reads HTML even when Markdown is off, so theirs is escaped.

    An answer of spaces and empty lines is shown as `nothing`.
    """
    return [
        {**turn, "content": html.escape(turn["content"].strip() or nothing).replace("\n", "<br>")} for turn in turns
    ]


def _no_talk() -> dict[str, Any]:
    return {"adapter": "", **{name: [] for name in CONTENDERS}}


def _window(label: str) -> gr.Chatbot:
    """Return a window that takes everything as plain text: no Markdown, no HTML, no tags, no formulas, no sharing."""
    return gr.Chatbot(
        [],
        label=label,
        elem_classes="chat-window",
        placeholder=t("wizard-chat-empty"),
        height=320,
        min_width=320,  # side by side on a laptop, one below the other on a phone
        render_markdown=False,
        sanitize_html=True,
        allow_tags=False,
        latex_delimiters=[],
        feedback_options=None,
        allow_file_downloads=False,
        buttons=[],
        layout="bubble",
    )
