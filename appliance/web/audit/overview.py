"""How the log is, and what was done, denied and failed over time."""

from typing import Any

import gradio as gr

from appliance.foundation.messages import t
from appliance.web.page.events import Updates
from appliance.web.page.layout import drawn
from appliance.web.rendering import audit as rendering
from appliance.web.rendering.audit_chart import activity_chart

PERIODS = (7, 30, 365, 0)  # days; 0 is the whole log
USUAL_DAYS = 30


class Overview:
    """The tab, with the period that its charts show."""

    def __init__(self) -> None:
        self._state = drawn()
        periods = [(t("audit-page-period", days=days), days) for days in PERIODS]
        self.days = gr.Radio(periods, value=USUAL_DAYS, label=t("audit-page-shown"))
        self._charts = drawn()
        self.outputs = (self._state, self._charts)

    def draw(self, found: dict[str, Any]) -> Updates:
        """Return the tab with what `audit_overview` found."""
        activity = found["activity"]
        counts = {outcome: sum(activity[outcome]) for outcome in ("denied", "failed")}
        unreviewed = sum(each["entries"] for each in found["reviews"]["open"])
        charts = (
            activity_chart(activity, ("succeeded", "failed", "denied"), t("audit-page-activity")),
            activity_chart(activity, ("failed", "denied"), t("audit-page-refused")),
            rendering.refusals(found["refused"]),
        )
        return {
            self._state: rendering.state({**found, **counts, "unreviewed": unreviewed}),
            self._charts: "".join(charts),
        }
