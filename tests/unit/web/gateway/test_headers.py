"""Every answer carries the policy, and every script of a page its nonce."""

import re
from typing import Any

import pytest
from starlette.responses import HTMLResponse, PlainTextResponse

from appliance.web.gateway.headers import SecurityHeaders
from appliance.web.page.table import MOUNTS


def test_each_script_of_a_page_gets_the_nonce_of_its_own_answer(browse: Any) -> None:
    site = browse(SecurityHeaders(HTMLResponse("<script>1</script><p><script src='/a.js'></script>")))
    first, second = site.ask("GET", "/"), site.ask("GET", "/")
    nonces = re.findall(rb'<script nonce="([\w-]{20,})"', first.body)
    assert len(nonces) == 2
    assert set(nonces) == {re.search(r"'nonce-([\w-]+)'", first.header("content-security-policy")).group(1).encode()}  # type: ignore[union-attr]
    assert nonces[0] not in second.body
    assert first.header("content-length") == str(len(first.body))


def test_the_policy_allows_no_evaluation_and_no_other_origin(site: Any) -> None:
    for path in ("/healthz", "/sign-in", "/nowhere", "/static/pages.css"):
        policy = site.ask("GET", path).header("content-security-policy")
        assert "default-src 'self'" in policy
        assert "unsafe-eval" not in policy
        assert "http" not in policy
        assert re.search(r"script-src 'self' 'nonce-[\w-]+';", policy)


def test_an_origin_mirrored_by_a_library_does_not_get_out(browse: Any) -> None:
    inner = PlainTextResponse(
        "x", headers={"Access-Control-Allow-Origin": "http://evil.example", "Access-Control-Allow-Credentials": "true"}
    )
    answer = browse(SecurityHeaders(inner)).ask("GET", "/")
    assert answer.header("access-control-allow-origin") == ""
    assert answer.header("access-control-allow-credentials") == ""
    assert answer.body == b"x"


def test_forms_may_say_where_they_come_from(site: Any) -> None:
    """With `no-referrer`, browsers would send `Origin: null` with our own sign-in form, and it would be refused."""
    assert site.ask("GET", "/sign-in").header("referrer-policy") == "same-origin"


@pytest.mark.parametrize("mount", MOUNTS)
def test_only_the_libraries_own_files_are_kept_by_the_browser(browse: Any, mount: str) -> None:
    """Their names have a hash; everything else is asked for anew, so that nothing is left behind after signing out."""
    site = browse(SecurityHeaders(PlainTextResponse("x")))
    kept = {f"{mount}/assets/a.js", f"{mount}/static/a.woff2"}
    for path in (*kept, f"{mount}/", f"{mount}/gradio_api/queue/data", "/static/pages.css", "/assets/a.js"):
        assert ("no-store" not in site.ask("GET", path).header("cache-control")) == (path in kept)
