"""The auditor's page, laid out and wired. What it shows comes from operations that ask the rules and log the look."""

import json
from typing import Any

import gradio as gr

from appliance.foundation.errors import InputError
from appliance.foundation.messages import t
from appliance.services.context import LOG, Caller
from appliance.services.record.read_audit import show_proof
from appliance.services.record.review_audit import audit_overview
from appliance.services.record.search_audit import AuditDesk
from appliance.web.audit.tabs import USUAL_DAYS, Life, Overview, Reviews, Search
from appliance.web.page.events import Page, Updates, Values, drawn, hidden_text
from appliance.web.page.frame import Frame
from appliance.web.rendering import audit as rendering
from appliance.web.rendering.html import quiet

POLL_S = 1.0
MAX_CLICK_CHARACTERS = 2000


def build(page: Page) -> None:
    """Lay out and wire the page."""
    AuditPage(page)


class AuditPage:
    """The tabs, and below them the proof of an entry; static/audit.js tells of clicks in what is drawn."""

    def __init__(self, page: Page) -> None:
        self._context = page.context
        self._frame = Frame(page)
        gr.Markdown(t("audit-page-intro"))
        self._reading = drawn()
        with gr.Tabs(elem_id="parts") as self._tabs:
            with gr.Tab(t("audit-page-overview"), id="overview"):
                self._overview = Overview()
            with gr.Tab(t("audit-page-search"), id="search"):
                self._search = Search(page)
            with gr.Tab(t("audit-page-life"), id="life"):
                self._life = Life(page)
            with gr.Tab(t("audit-page-reviews"), id="reviews"):
                self._reviews = Reviews(page)
        self._entry = drawn(elem_id="entry")
        drawn(quiet(t("audit-page-offline")))
        self._frame.close()
        self._clicked = {name: hidden_text(f"picked-{name}") for name in ("entry", "life", "find")}
        self._timer = gr.Timer(POLL_S, active=False)  # while the log is being read after a start
        self._wire(page)
        self._wire_clicks(page)

    def _wire(self, page: Page) -> None:
        parts = (self._frame, self._overview, self._reviews)
        outputs = [
            self._reading,
            self._timer,
            *self._search.choices,
            *(each for part in parts for each in part.outputs),
        ]
        days = self._overview.days
        page.on(page.load, self._open, writes=outputs)
        page.on(days.input, self._show, reads=[days], writes=outputs)
        page.on(self._timer.tick, self._show, reads=[days], writes=outputs, person=False)
        page.on(
            self._reviews.sign.click,
            self._sign,
            reads=[*self._reviews.reads, days],
            writes=[*self._reviews.signed, *outputs],
            concurrency_id="sign",
            concurrency_limit=1,
        )
        page.on(self._tabs.select, self._leave, writes=[self._entry])

    def _wire_clicks(self, page: Page) -> None:
        for name, handler, outputs in (
            ("entry", self._prove, [self._entry]),
            ("life", self._live, [self._tabs, *self._life.outputs]),
            ("find", self._find, [self._tabs, *self._search.outputs]),
        ):
            clicked = self._clicked[name]
            page.on(clicked.change, handler, reads=[clicked], writes=outputs)

    def _open(self, caller: Caller, _values: Values) -> Updates:
        return {**self._draw(caller, USUAL_DAYS), **self._frame.draw(caller)}

    def _show(self, caller: Caller, values: Values) -> Updates:
        return self._draw(caller, values[self._overview.days])

    def _sign(self, caller: Caller, values: Values) -> Updates:
        return {**self._reviews.sign_off(caller, values), **self._show(caller, values)}

    def _leave(self, _caller: Caller, _values: Values) -> Updates:
        return {self._entry: ""}

    def _draw(self, caller: Caller, days: int) -> Updates:
        """Return what the log says, or how far it has been read while it is being read."""
        share = self._context.part(AuditDesk).share
        if share is not None:
            self._context.verify_allowed(caller, "audit.read", LOG)
            return {
                self._reading: rendering.progress(share),
                self._timer: gr.Timer(active=True),
                **self._reviews.offer(caller),
            }
        found = audit_overview(self._context, caller, days=days)
        return {
            self._reading: "",
            self._timer: gr.Timer(active=False),
            **self._overview.draw(found),
            **self._search.offer(found.choices),
            **self._reviews.draw(found.reviews),
            **self._reviews.offer(caller),
        }

    def _prove(self, caller: Caller, values: Values) -> Updates:
        sequence = _click(values[self._clicked["entry"]]).get("sequence")
        if type(sequence) is not int:
            raise InputError("audit.message")
        return {self._entry: rendering.proof(show_proof(self._context, caller, sequence=sequence))}

    def _live(self, caller: Caller, values: Values) -> Updates:
        chosen = str(_click(values[self._clicked["life"]]).get("id", ""))
        return {self._tabs: gr.Tabs(selected="life"), **self._life.draw(caller, chosen)}

    def _find(self, caller: Caller, values: Values) -> Updates:
        wanted = _click(values[self._clicked["find"]])
        return {self._tabs: gr.Tabs(selected="search"), **self._search.fill(caller, wanted)}


def _click(message: str) -> dict[str, Any]:
    """Return what static/audit.js says was clicked. Raises `InputError`."""
    try:
        value = json.loads(message[:MAX_CLICK_CHARACTERS])
    except (ValueError, TypeError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InputError("audit.message")
    return value
