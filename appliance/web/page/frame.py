"""What surrounds every page: its name, the other pages, the language, the account, and what holds for all of it."""

from collections.abc import Sequence

from appliance.foundation.messages import t
from appliance.services.context import Caller
from appliance.web.page.events import Page, Updates, drawn
from appliance.web.page.table import PageRow, pages_for
from appliance.web.rendering.html import language_switch, text


class Frame:
    """The header, which shows the pages that somebody may open once it is known who that is."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._header = drawn(self._draw(()))
        self.outputs = (self._header,)

    def draw(self, caller: Caller) -> Updates:
        """Return the header as the caller sees it."""
        return {self._header: self._draw(pages_for(self._page.context, caller))}

    @staticmethod
    def close() -> None:
        """Lay out the footer."""
        drawn(f'<footer class="foot">{text(t("page-footer"))}</footer>')

    def _draw(self, others: Sequence[PageRow]) -> str:
        row = self._page.row
        links = "".join(
            f'<a href="{each.mount(self._page.language)}/"{current}>{text(t(f"page-{each.name}"))}</a>'
            for each in others
            for current in (' aria-current="page"' if each is row else "",)
        )
        return (
            f'<header class="top"><p class="brand">{text(t("page-brand"))}</p>'
            f'<nav aria-label="{text(t("page-pages"))}">{links}</nav>'
            f'<div class="account">{language_switch(row.path)}<a href="/password">{text(t("page-password"))}</a>'
            f'<form method="post" action="/sign-out"><button>{text(t("page-sign-out"))}</button></form></div>'
            f"<h1>{text(t(f'page-{row.name}-title'))}</h1></header>"
        )
