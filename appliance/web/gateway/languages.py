"""The language of an answer: the switch on the page, else the account, else the browser, else the setting."""

from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers

from appliance.foundation.messages import LANGUAGES, negotiated_language
from appliance.identity import User
from appliance.services.context import ServiceContext

LANGUAGE_COOKIE = "appliance_language"
LANGUAGE_COOKIE_S = 365 * 86_400


def cookie(header: str, name: str) -> str:
    """Return a cookie out of a Cookie header, or the empty string."""
    try:
        morsel = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel is not None else ""


def chosen_language(context: ServiceContext, headers: Headers, user: User | None) -> str:
    """Return the language in which a request is answered."""
    wishes = (
        cookie(headers.get("cookie", ""), LANGUAGE_COOKIE),
        user.language if user is not None else "",
        negotiated_language(headers.get("accept-language", "")),
    )
    return next((wish for wish in wishes if wish in LANGUAGES), context.settings.language)
