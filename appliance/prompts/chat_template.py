"""A model's chat template: it turns messages into the text that the model was trained to read.

Templates are programs from outside. They run in `template_sandbox`, see only plain data (`messages`,
`add_generation_prompt`, `bos_token`, `eos_token`), and have two seconds.
"""

import functools
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from appliance.foundation.errors import InputError
from appliance.prompts.template_budget import Budget, TemplateRefusedError
from appliance.prompts.template_sandbox import TemplateSandbox

MAX_TEMPLATE_CHARACTERS = 100_000
MAX_SECONDS = 2.0
ROLES = ("system", "user", "assistant")


@dataclass(frozen=True)
class ChatTemplate:
    """The source of a template, and the texts of the tokens that it may use."""

    source: str
    bos_token: str = ""
    eos_token: str = ""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the template of an imported model. Raises `InputError` when it has none."""
        path = folder / "chat_template.jinja"
        if not path.is_file():
            raise InputError("input:no-chat-template")
        settings = json.loads((folder / "tokenizer_config.json").read_bytes())
        return cls(path.read_text("utf-8"), settings.get("bos_token") or "", settings.get("eos_token") or "")


def render(
    template: ChatTemplate | str, messages: Sequence[Mapping[str, str]], add_generation_prompt: bool = False
) -> str:
    """Return the text of a conversation; with `add_generation_prompt`, up to where the assistant's answer begins.

    Raises `InputError` when the template is not allowed, takes too long, or rejects these messages.
    """
    template = ChatTemplate(template) if isinstance(template, str) else template
    plain = [{"role": str(message["role"]), "content": str(message["content"])} for message in messages]
    if any(message["role"] not in ROLES for message in plain):
        raise InputError("prompts.role", roles=", ".join(ROLES))
    variables = {
        "messages": plain,
        "add_generation_prompt": add_generation_prompt,
        "bos_token": template.bos_token,
        "eos_token": template.eos_token,
    }
    try:
        return _SANDBOX.render_within(_compiled(template.source), variables, Budget(time.monotonic, MAX_SECONDS))
    except InputError:
        raise
    except TemplateRefusedError as error:
        raise InputError("prompts.template:not-allowed", reason=error.reason) from error
    except Exception as error:
        # Whatever a hostile program raises (its own errors, type errors, recursion) ends here. The error's own message
        # is not passed on: it may quote the conversation.
        raise InputError("prompts.template:failed", error=type(error).__name__) from error


_SANDBOX = TemplateSandbox()


@functools.lru_cache(maxsize=8)
def _compiled(source: str) -> Any:
    if len(source) > MAX_TEMPLATE_CHARACTERS:
        raise InputError("input:long-chat-template", max_characters=MAX_TEMPLATE_CHARACTERS)
    return _SANDBOX.from_string(source)
