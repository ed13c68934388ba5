"""The switch between languages, the same on every page: a form with a button for each other language, no script."""

import html

from appliance.foundation.messages import LANGUAGES, language, t


def language_switch(here: str) -> str:
    """Return the form. `here`: the path without its language, to which the browser returns."""
    buttons = "".join(
        f'<button name="language" value="{code}" lang="{code}">{html.escape(name)}</button>'
        for code, name in LANGUAGES.items()
        if code != language()
    )
    return (
        f'<form method="post" action="/language" class="languages" aria-label="{html.escape(t("page-language"))}">'
        f'<input type="hidden" name="page" value="{html.escape(here)}">{buttons}</form>'
    )
