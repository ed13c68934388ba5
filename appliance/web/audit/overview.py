"""How the log is, and what was done, denied and failed over time."""

import gradio as gr

from appliance.foundation.messages import t
from appliance.services.record.audit_activity import Overview as AuditOverview
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

    def draw(self, found: AuditOverview) -> Updates:
        """Return the tab with what `audit_overview` found."""
        charts = (
            activity_chart(found.activity, ("succeeded", "failed", "denied"), t("audit-page-activity")),
            activity_chart(found.activity, ("failed", "denied"), t("audit-page-refused")),
            rendering.refusals(found.refused),
        )
        return {self._state: rendering.state(found), self._charts: "".join(charts)}
