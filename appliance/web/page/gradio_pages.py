"""The pages that Gradio draws, mounted behind the door; everything of Gradio's that would leave the machine is off."""

import importlib
import importlib.resources

import gradio as gr
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from appliance.foundation.messages import t, use_language
from appliance.services.appliance import Appliance
from appliance.services.context import ServiceContext
from appliance.web.page.events import Page
from appliance.web.page.table import MOUNTS, PageRow

MAX_WAITING_EVENTS = 64
EVENTS_AT_ONCE = 8
EVERY_STYLE, EVERY_SCRIPT = ("page.css",), ("session.js",)
_HEAD = '<script src="/static/{script}" defer></script>'
_FONT = ["system-ui", "Segoe UI", "Roboto", "sans-serif"]
_MONO = ["ui-monospace", "Menlo", "Consolas", "monospace"]


def build_pages(appliance: Appliance) -> FastAPI:
    """Return an application with every page mounted in every language."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    # Without one of our own, Gradio adds a CORS middleware that mirrors any origin.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    for mount, (row, language) in MOUNTS.items():
        _mount(app, build_page(appliance.context, row, language), mount, row)
    return app


def build_page(context: ServiceContext, row: PageRow, language: str) -> gr.Blocks:
    """Lay out one page in one language."""
    with use_language(language):
        title = t("page-title", page=t(f"page-{row.name}"))
        with gr.Blocks(title=title, analytics_enabled=False, delete_cache=(3600, 3600)) as blocks:
            importlib.import_module(row.module).build(Page(context, row, language, blocks))
    return blocks


def _mount(app: FastAPI, blocks: gr.Blocks, path: str, row: PageRow) -> None:
    static = importlib.resources.files("appliance.web").joinpath("static")
    styles, scripts = (*EVERY_STYLE, *row.styles), (*EVERY_SCRIPT, *row.scripts)
    blocks.queue(max_size=MAX_WAITING_EVENTS, default_concurrency_limit=EVENTS_AT_ONCE, api_open=False)
    gr.mount_gradio_app(
        app,
        blocks,
        path=path,
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=1,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=_theme(),
        css="".join(static.joinpath(name).read_text(encoding="utf-8") for name in styles),
        head="".join(_HEAD.format(script=name) for name in scripts),
    )


def _theme() -> gr.themes.Base:
    """Return the look: fonts of the system, one accent, and grey text dark enough to read (contrast AA)."""
    steps = (
        "#effafb",
        "#d6f1f4",
        "#b2e3e9",
        "#7fcdd7",
        "#45aebc",
        "#0f6674",
        "#0d5a66",
        "#0b4d58",
        "#0a414a",
        "#08343b",
        "#05242a",
    )
    accent = gr.themes.Color(*steps, name="accent")
    return gr.themes.Base(
        primary_hue=accent, secondary_hue=accent, neutral_hue="slate", font=_FONT, font_mono=_MONO
    ).set(
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_400",
        checkbox_label_background_fill="*neutral_50",
        checkbox_label_background_fill_hover="*neutral_100",
        block_border_width="0px",
        block_padding="0px",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
    )
