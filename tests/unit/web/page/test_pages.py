"""The running application, Gradio and all: every route enumerated, no file, no fetch, no other origin."""

import asyncio
import inspect
import json
import socket
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.routing import Mount, Route

from appliance.web.gateway.site import Pages, build_site
from appliance.web.page.environment import prepare_environment
from appliance.web.page.gradio_pages import build_pages
from appliance.web.page.table import MOUNTS

OPEN = {"/healthz", "/readyz", "/sign-in", "/language", "/favicon.ico", "/static/{name}"}


@pytest.fixture(scope="module")
def pages(appliance: Any, runner: asyncio.Runner, own_environment: None) -> Iterator[Pages]:
    """Gradio's pages, running."""
    with warnings.catch_warnings():
        # Gradio makes event loops for its locks when it is built in a thread, and forgets them; they are collected
        # here.
        warnings.simplefilter("ignore", ResourceWarning)
        prepare_environment(appliance.context.home)
        ending = asyncio.Event()
        made = Pages(lambda: build_pages(appliance))
        task = runner.get_loop().create_task(made.run(ending))

        async def wait() -> None:
            while not made.ready and not task.done():
                await asyncio.sleep(0.05)

        runner.run(wait())
        assert made.ready, task.exception()
        yield made
        ending.set()
        runner.run(asyncio.wait_for(task, 10))


@pytest.fixture
def whole(appliance: Any, pages: Pages, browse: Any) -> Any:
    """The site with its pages."""
    return browse(build_site(appliance, "127.0.0.1", 7860, pages))


def routes(app: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Enumerate method and path of every route of an application and what is mounted in it."""
    for route in app.routes:
        if isinstance(route, Mount):
            yield from routes(route.app, prefix + route.path) if hasattr(route.app, "routes") else []
        elif hasattr(route, "effective_route_contexts"):  # FastAPI includes a router as one entry
            for context in route.effective_route_contexts():
                for method in context.methods or ():
                    yield method, prefix + context.path
        elif isinstance(route, Route):
            for method in route.methods or ():
                yield method, prefix + route.path


def concrete(path: str) -> str:
    """Fill the parameters of a route's path."""
    filled, rest = "", path
    while "{" in rest:
        before, _, after = rest.partition("{")
        filled, rest = filled + before + "x", after.partition("}")[2]
    return filled + rest


@pytest.mark.slow
def test_every_route_asks_for_a_session(whole: Any, pages: Pages) -> None:
    """Enumerated from the running application, so a new route of a library cannot be forgotten."""
    ours = [route for route in routes(whole.app._app._app._ours) if route[1] not in OPEN]
    theirs = [(method, path) for method, path in routes(pages._app)]
    assert len(ours) >= 5
    assert len(theirs) > 40
    for method, path in ours + theirs:
        for token in ("", "forged"):
            answer = whole.ask(method, concrete(path), token=token, body=b"{}")
            assert answer.status == 401, (method, path)


def test_of_gradio_only_the_listed_routes_answer(whole: Any, pages: Pages, token_of: Any) -> None:
    """Signed in, and still: files, proxies, uploads, recordings, monitoring and API pages are not there."""
    token = token_of("auditor")
    listed = (
        "/assets",
        "/static",
        "/svelte",
        "/theme.css",
        "/favicon.ico",
        "/manifest.json",
        "/gradio_api/queue",
        "/gradio_api/cancel",
    )
    listed += ("/gradio_api/reset", "/gradio_api/heartbeat", "/gradio_api/startup-events", "/gradio_api/theme.css")
    for method, path in routes(pages._app):
        mount = next((each for each in MOUNTS if path.startswith(f"{each}/")), "")
        below = path.removeprefix(mount)
        if below != "/" and not below.startswith(listed):
            assert whole.ask(method, concrete(path), token=token, body=b"{}").status == 404, (method, path)


def test_the_page_is_the_same_for_everybody_and_holds_no_data(whole: Any, token_of: Any) -> None:
    """Its scripts get a nonce, so nothing that a person typed may ever be in it."""
    for mount, (_row, language) in MOUNTS.items():
        first = whole.ask(
            "GET", f"{mount}/", token=token_of("auditor"), page=True, headers={"accept-language": language}
        )
        assert first.status == 200
        assert first.body.count(b"<script") == first.body.count(b'<script nonce="')
        for foreign in (b"https://fonts", b"cdnjs", b"huggingface.co/api", b"api.gradio.app"):
            assert foreign not in first.body.split(b"<body")[0] or foreign == b"cdnjs"


def test_no_field_that_takes_a_path_or_address_makes_a_request(
    whole: Any, token_of: Any, runner: asyncio.Runner
) -> None:
    """A listening server on this machine hears nothing (CVE-2024-47167, CVE-2026-28416, CVE-2026-59806)."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.3)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        token = token_of("trainer")
        for path in (
            f"/app/en/gradio_api/file={url}",
            f"/app/en/gradio_api/proxy={url}",
            f"/app/en/?deep_link={url}",
            f"/app/en/svelte/{url}",
        ):
            whole.ask("GET", path, token=token)
        for number in range(12):
            for value in (url, {"path": url, "meta": {"_type": "gradio.FileData"}}, {"url": url, "path": url}):
                event = {
                    "data": [value] * 4,
                    "fn_index": number,
                    "session_hash": "abc",
                    "trigger_id": 1,
                    "event_data": None,
                }
                whole.ask("POST", "/app/en/gradio_api/queue/join", token=token, body=json.dumps(event).encode())
        runner.run(asyncio.sleep(0.5))
        with pytest.raises(TimeoutError):
            listener.accept()


def all_blocks(pages: Pages) -> list[Any]:
    """Return the pages that are mounted, in every language."""
    found = [route.app.get_blocks() for route in pages._app.routes if isinstance(route, Mount)]  # type: ignore[union-attr, attr-defined]
    assert len(found) == len(MOUNTS)
    return found


def test_nothing_of_the_pages_needs_evaluation_or_gradios_files(pages: Pages) -> None:
    """`gr.HTML` and `gr.LinePlot` need eval; Gradio's uploads write plaintext."""
    kinds = {block.get_block_name() for blocks in all_blocks(pages) for block in blocks.blocks.values()}
    assert not kinds & {
        "html",
        "file",
        "uploadbutton",
        "downloadbutton",
        "lineplot",
        "nativeplot",
        "image",
        "audio",
        "video",
    }
    assert {"walkthrough", "timer", "chatbot"} <= kinds


def test_every_event_is_private_and_asks_who_calls(pages: Pages) -> None:
    """Only what is shown after an error goes without: fixed texts, in answer to nobody's values."""
    without = set()
    for function in (function for blocks in all_blocks(pages) for function in blocks.fns.values()):
        assert function.api_visibility == "private"
        if "request" not in inspect.signature(function.fn).parameters:
            assert function.trigger_only_on_failure
            assert not function.inputs
            without.add(function.fn.__name__)
    assert without == {"after__not_imported", "after__not_read", "after__ready"}


def test_only_the_timers_events_count_for_nobody(pages: Pages) -> None:
    """Every other event is that of somebody who is there."""
    for blocks in all_blocks(pages):
        timers = {block._id for block in blocks.blocks.values() if block.get_block_name() == "timer"}
        for function in blocks.fns.values():
            closure = inspect.getclosurevars(function.fn).nonlocals
            if "person" in closure:
                assert closure["person"] is not any(source in timers for source, _event in function.targets)
