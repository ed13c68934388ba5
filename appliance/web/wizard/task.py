"""Step 1: what the model should do, and whether tuning is the right means at all."""

import gradio as gr

from appliance.foundation.messages import t
from appliance.services.context import Caller
from appliance.web.page.events import Page, Updates, Values, button, drawn
from appliance.web.rendering.html import text

TASKS = ("answers", "style", "sort", "extract")
MAX_PROMPT_CHARACTERS = 2000


class TaskStep:
    """The step's components; it touches no data. `system_prompt` goes with what is imported in the next step."""

    def __init__(self, page: Page) -> None:
        gr.Markdown(f"## {t('wizard-task-title')}\n{t('wizard-task-intro')}")
        self.task = gr.Radio(
            [(t(f"wizard-task-{name}"), name) for name in TASKS],
            value=TASKS[0],
            label=t("wizard-task"),
            elem_classes="cards two",
        )
        self._honest = drawn(_honest(TASKS[0]))
        with gr.Accordion(t("wizard-prompt-title"), open=False):
            self.system_prompt = gr.Textbox(
                _prompt(TASKS[0]), show_label=False, lines=3, max_length=MAX_PROMPT_CHARACTERS, label=t("wizard-prompt")
            )
            gr.Markdown(t("wizard-prompt-kept"))
        with gr.Row(elem_classes="onward"):
            self.go_on = button("wizard-task-go-on", variant="primary")
        page.on(self.task.input, self._pick, reads=[self.task], writes=[self._honest, self.system_prompt])

    def _pick(self, _caller: Caller, values: Values) -> Updates:
        name = values[self.task] if values[self.task] in TASKS else TASKS[0]
        return {self._honest: _honest(name), self.system_prompt: _prompt(name)}


def _prompt(name: str) -> str:
    return t(f"wizard-prompt-{name}")


def _honest(name: str) -> str:
    question, advice = text(t("wizard-honest")), text(t(f"wizard-honest-{name}"))
    return f'<div class="box info"><strong>{question}</strong> {advice}</div>'
