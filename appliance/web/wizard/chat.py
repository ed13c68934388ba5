"""Chat, side by side: the original and the tuned model answer the same question. Nothing of it is stored."""

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import gradio as gr

from appliance.foundation.errors import InputError
from appliance.services.appliance import Appliance
from appliance.services.context import Caller
from appliance.services.models.chat import ChatDesk
from appliance.web.wizard.events import Events

STATE_SECONDS = 1800
MAX_QUESTION_CHARACTERS = 2000
NOTHING = "(It answered nothing.)"
LOADING = "… (The models are being loaded. Only the first answer takes this long.)"
Turns = list[dict[str, str]]


@dataclass(frozen=True)
class ChatPart:
    """What the other parts need of this one."""

    ask: gr.Button
    question: gr.Textbox


def build_chat(appliance: Appliance, event: Events, adapter: gr.Dropdown) -> ChatPart:
    """Draw and wire the chat under the results."""
    gr.Markdown("## Try it yourself\nEach has a memory of its own answers. Nothing that you write here is kept.")
    with gr.Row():
        original = _chatbot("Original")
        tuned = _chatbot("Your model (tuned)")
    history = gr.State({"adapter": "", "original": [], "tuned": []}, time_to_live=STATE_SECONDS)
    question = gr.Textbox(
        label="Your question", placeholder="Ask as your colleagues would", max_length=MAX_QUESTION_CHARACTERS, lines=1
    )
    with gr.Row(elem_classes="buttons"):
        ask = gr.Button("Ask both: train a model first", variant="primary", interactive=False)
        again = gr.Button("New conversation")

    def answer(caller: Caller, text: str, adapter_id: str | None, before: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
        if not adapter_id:
            raise InputError("input:no-adapter")
        if not text.strip():
            raise InputError("input:no-question")
        talks: dict[str, Turns] = {
            name: list(before[name]) if before["adapter"] == adapter_id else [] for name in ("original", "tuned")
        }
        for turns in talks.values():
            turns.append({"role": "user", "content": text.strip()})
        yield shown_turns(talks["original"]), shown_turns(talks["tuned"]), gr.skip(), "", gr.Button(interactive=False)
        loading = before["adapter"] != adapter_id
        for name, turns in talks.items():
            contender: Literal["original", "tuned"] = "original" if name == "original" else "tuned"
            asked, said = list(turns), ""
            turns.append({"role": "assistant", "content": LOADING if loading else "…"})
            loading = False
            yield shown_turns(talks["original"]), shown_turns(talks["tuned"]), gr.skip(), gr.skip(), gr.skip()
            for piece in appliance.context.part(ChatDesk).ask(caller, adapter_id, asked, (contender,)):
                said += piece.text
                turns[-1] = {"role": "assistant", "content": said or "…"}
                yield shown_turns(talks["original"]), shown_turns(talks["tuned"]), gr.skip(), gr.skip(), gr.skip()
        kept = {"adapter": adapter_id, **talks}
        shown = [shown_turns(turns, NOTHING) for turns in talks.values()]
        yield *shown, kept, gr.skip(), gr.Button("Ask both", interactive=True)

    def forget(_caller: Caller) -> tuple[Any, ...]:
        return [], [], {"adapter": "", "original": [], "tuned": []}, ""

    outputs = [original, tuned, history, question, ask]
    for trigger in (ask.click, question.submit):
        done = trigger(
            event(answer),
            [question, adapter, history],
            outputs,
            api_visibility="private",
            show_progress="hidden",
            concurrency_id="chat",
            concurrency_limit=1,
        )
        done.failure(
            lambda: gr.Button("Ask both", interactive=True),
            outputs=ask,
            api_visibility="private",
            show_progress="hidden",
        )
    again.click(
        event(forget), None, [original, tuned, history, question], api_visibility="private", show_progress="hidden"
    )
    return ChatPart(ask, question)


def shown_turns(turns: Turns, nothing: str = "…") -> Turns:
    """Return the turns as the window takes them: it reads HTML even when Markdown is off, so theirs is escaped.

    An answer of spaces and empty lines is shown as `nothing`.
    """
    return [
        {**turn, "content": html.escape(turn["content"].strip() or nothing).replace("\n", "<br>")} for turn in turns
    ]


def _chatbot(label: str) -> gr.Chatbot:
    """Return a chat window that takes everything as plain text: no Markdown, no HTML, no tags, no formulas, no
    sharing.
    """
    return gr.Chatbot(
        [],
        label=label,
        elem_classes="chat-window",
        placeholder="Its answers appear here.",
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
