"""The auditor's page laid out and wired.

Everything it shows comes from services that ask the rules and log the look.
"""

import json
from dataclasses import dataclass
from typing import Any

import gradio as gr

from appliance.foundation.errors import InputError
from appliance.services.appliance import Appliance
from appliance.services.context import Caller
from appliance.services.record.adapter_card import show_card
from appliance.services.record.audit_activity import audit_overview
from appliance.services.record.object_life import object_life
from appliance.services.record.read_audit import LOG
from appliance.services.record.review_audit import MAX_NOTE_CHARACTERS, sign_off
from appliance.services.record.search_audit import AuditDesk
from appliance.services.record.show_proof import show_proof
from appliance.web.audit import charts, drawing, words
from appliance.web.audit.search_tab import ANY, FIELDS, QUIET, SearchTab, answer, build_search_tab, question
from appliance.web.drawing import notice
from appliance.web.wizard.drawn import drawn
from appliance.web.wizard.events import Events

POLL_S = 1.0
MAX_MESSAGE_CHARACTERS = 2000
DAYS = [("7 days", 7), ("30 days", 30), ("12 months", 365), ("the whole log", 0)]
USUAL_DAYS = 30
_TOP = (
    '<header class="top"><span class="brand">Fine-tuning appliance</span><nav>'
    '<a href="/app/">Models</a><a href="/password">Password</a>'
    '<form method="post" action="/sign-out"><button>Sign out</button></form></nav></header>'
)
_TITLE = (
    "## The audit log\nEvery act on this appliance, written down before it happened and again when it had ended: who, "
    "what, on what. "
    "Never the data itself. That you look here is written down too."
)
_FOOTER = (
    '<div class="foot">An auditor need not trust this page: <code>appliance audit export</code> writes the log with '
    "its signed checkpoint, "
    "and the offline verifier checks it on another machine.</div>"
)
_LIFE = (
    "### One object's whole life\nFrom where it came to how it ended: data, training, evaluation, publishing, use, "
    "shredding."
)
_SIGN_OFF = (
    "### Sign off a review\nSay which entries you looked at, and what you looked for and found. The sign-off is an "
    "entry of the log; "
    "the note is kept encrypted beside it."
)


@dataclass(frozen=True)
class _Review:
    """The tab of reviews: the form of the sign-off, and what is drawn."""

    form: gr.Column
    first: gr.Number
    last: gr.Number
    note: gr.Textbox
    sign: gr.Button
    said: gr.Markdown
    shown: gr.Markdown


def build_audit_blocks(appliance: Appliance) -> gr.Blocks:
    """Lay out and wire the page."""
    event = Events(appliance.context)
    with gr.Blocks(title="Audit · Appliance", analytics_enabled=False, delete_cache=(3600, 3600)) as blocks:
        drawn(_TOP)
        gr.Markdown(_TITLE)
        reading = drawn()
        with gr.Tabs(elem_id="parts") as tabs:
            with gr.Tab("Overview", id="overview"):
                state = drawn()
                days = gr.Radio(DAYS, value=USUAL_DAYS, label="Time shown")
                chart = drawn()
            with gr.Tab("Search", id="search"):
                search = build_search_tab(appliance, event)
            with gr.Tab("Life", id="life"):
                gr.Markdown(_LIFE)
                object_id = gr.Textbox(label="Id of the object", placeholder="ds_… or ad_…", max_length=512)
                with gr.Row(elem_classes="buttons"):
                    show_life = gr.Button("Show its life", variant="primary")
                life, card = drawn(), drawn()
            with gr.Tab("Reviews", id="reviews"):
                review = _build_review()
        entry = gr.Markdown(sanitize_html=False, latex_delimiters=[], elem_id="entry")
        timer = gr.Timer(POLL_S, active=False)
        outputs = [
            reading,
            state,
            chart,
            review.shown,
            review.first,
            review.last,
            timer,
            review.form,
            *_offered(search),
        ]

        def load(caller: Caller) -> tuple[Any, ...]:
            return _opened(appliance, caller, USUAL_DAYS)

        def show(caller: Caller, days: int) -> tuple[Any, ...]:
            return _opened(appliance, caller, days)

        def sign(caller: Caller, first: float | None, last: float | None, note: str, days: int) -> tuple[Any, ...]:
            if first is None or last is None:
                raise InputError("input:review-range")
            made = sign_off(appliance.context, caller, first=int(first), last=int(last), note=note)
            said = (
                f"Signed off: entries {made['first']} to {made['last']}, "
                f"{words.many(made['entries'], 'entry', 'entries')}."
            )
            return notice(said, "good"), "", *_opened(appliance, caller, days)

        blocks.load(event(load), None, outputs, **QUIET)
        timer.tick(event(show), days, outputs, **QUIET)
        days.input(event(show), days, outputs, **QUIET)
        signing = [review.first, review.last, review.note, days]
        review.sign.click(
            event(sign),
            signing,
            [review.said, review.note, *outputs],
            **QUIET,
            concurrency_id="sign",
            concurrency_limit=1,
        )

        def live(caller: Caller, object_id: str) -> tuple[str, str]:
            return _lived(appliance, caller, object_id)

        gr.on([show_life.click, object_id.submit], event(live), object_id, [life, card], **QUIET)
        tabs.select(_nothing, outputs=entry, **QUIET)
        _wire_clicks(appliance, event, search, tabs, entry, (object_id, life, card))
        drawn(_FOOTER)
    return blocks


def _wire_clicks(
    appliance: Appliance,
    event: Events,
    search: SearchTab,
    tabs: gr.Tabs,
    entry: gr.Markdown,
    lived: tuple[gr.Textbox, gr.Markdown, gr.Markdown],
) -> None:
    """Wire what static/audit.js tells of clicks in what was drawn."""

    def prove(caller: Caller, message: str) -> str:
        sequence = _message(message).get("sequence")
        if type(sequence) is not int:
            raise InputError("audit.message")
        return drawing.proof(show_proof(appliance.context, caller, sequence=sequence))

    def live_this(caller: Caller, message: str) -> tuple[Any, ...]:
        chosen = str(_message(message).get("id", ""))
        return gr.Tabs(selected="life"), chosen, *_lived(appliance, caller, chosen)

    def find_this(caller: Caller, message: str) -> tuple[Any, ...]:
        said = _message(message)
        values = [str(said.get(name, "")) for name in FIELDS]
        return (
            gr.Tabs(selected="search"),
            *values,
            *answer(appliance, caller, question(dict(zip(FIELDS, values, strict=True)))),
        )

    picked = {name: _hidden(name) for name in ("entry", "life", "find")}
    picked["entry"].change(event(prove), picked["entry"], entry, **QUIET)
    picked["life"].change(event(live_this), picked["life"], [tabs, *lived], **QUIET)
    picked["find"].change(event(find_this), picked["find"], [tabs, *search.fields, *search.outputs], **QUIET)


def _nothing() -> str:
    return ""


def _build_review() -> _Review:
    shown = drawn()
    with gr.Column(visible=False) as form:
        gr.Markdown(_SIGN_OFF)
        with gr.Row():
            first = gr.Number(label="From entry", precision=0, minimum=0)
            last = gr.Number(label="To entry, included", precision=0, minimum=0)
        note = gr.Textbox(label="Note", lines=3, max_length=MAX_NOTE_CHARACTERS)
        with gr.Row(elem_classes="buttons"):
            sign = gr.Button("Sign off this review", variant="primary")
        said = drawn()
    return _Review(form, first, last, note, sign, said, shown)


def _hidden(name: str) -> gr.Textbox:
    """Return where static/audit.js puts what was clicked in something drawn."""
    return gr.Textbox(visible="hidden", elem_id=f"picked-{name}", show_label=False, container=False)


def _offered(search: SearchTab) -> list[Any]:
    """Return the fields that are filled with what the log has."""
    return [search.field(name) for name in ("person", "action", "kind")]


def _opened(appliance: Appliance, caller: Caller, days: int) -> tuple[Any, ...]:
    """Return what is drawn when the page opens, or how far the reading is while the log is still being taken in."""
    form = gr.Column(visible=caller.role == "auditor")
    share = appliance.context.part(AuditDesk).share
    if share is not None:
        appliance.context.verify_allowed(caller, "audit.read", LOG)
        return (
            drawing.progress(share),
            *(gr.skip() for _ in range(5)),
            gr.Timer(active=True),
            form,
            *(gr.skip() for _ in range(3)),
        )
    found = audit_overview(appliance.context, caller, days=days)
    activity, opened, offered = found["activity"], found["reviews"]["open"], found["choices"]
    counts = {name: sum(activity[name]) for name in ("denied", "failed")}
    unreviewed = sum(each["entries"] for each in opened)
    actions = sorted(
        ((words.action(code), code) for code in offered["actions"]), key=lambda choice: choice[0].casefold()
    )
    kinds = sorted((words.kind(code), code) for code in offered["kinds"])
    return (
        "",
        drawing.state(
            {**{name: found[name] for name in ("entries", "root", "damage")}, "unreviewed": unreviewed, **counts}
        ),
        charts.activity_chart(activity, ("succeeded", "failed", "denied"), "Activity")
        + charts.activity_chart(activity, ("failed", "denied"), "Denied and failed")
        + drawing.refusals(found["refused"]),
        drawing.reviews(found["reviews"]),
        opened[0]["first"] if opened else None,
        opened[0]["last"] if opened else None,
        gr.Timer(active=False),
        form,
        gr.Dropdown(choices=[ANY, *((name, name) for name in offered["people"])]),
        gr.Dropdown(choices=[ANY, *actions]),
        gr.Dropdown(choices=[ANY, *kinds]),
    )


def _lived(appliance: Appliance, caller: Caller, object_id: str) -> tuple[str, str]:
    """Return an object's life, and below it what is known of a tuned model, in plain language."""
    life = drawing.life(object_life(appliance.context, caller, object_id=object_id))
    if not object_id.strip().startswith("ad_"):
        return life, ""
    return life, drawing.card(show_card(appliance.context, caller, adapter_id=object_id.strip()).card)


def _message(message: str) -> dict[str, Any]:
    """Return what the page's script says was clicked. Raises `InputError`."""
    try:
        value = json.loads(message[:MAX_MESSAGE_CHARACTERS])
    except (ValueError, TypeError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InputError("audit.message")
    return value
