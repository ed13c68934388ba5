"""Conversations as tokens. Only the assistant's completions, with their end-of-turn tokens, are learned.

A completion's bounds are found by rendering prefixes: the text before turn i with the generation prompt, then with the
answer of turn i. Each must be a prefix of the whole text; other templates are refused. The pieces between the bounds
are tokenised one by one, in training and in use, so that both see the same tokens and no token spans a bound.

A model's chat template turns messages into the text that the model was trained to read. Templates are programs from
outside: they run in `template_sandbox`, see only plain data (`messages`, `add_generation_prompt`, `bos_token`,
`eos_token`), and have two seconds.
"""

import functools
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tokenizers import Tokenizer

from appliance.foundation.errors import InputError
from appliance.prompts.template_budget import Budget, TemplateRefusedError
from appliance.prompts.template_sandbox import TemplateSandbox

MAX_TEMPLATE_CHARACTERS = 100_000
MAX_SECONDS = 2.0
ROLES = ("system", "user", "assistant")
Messages = Sequence[Mapping[str, str]]


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


@dataclass(frozen=True)
class EncodedConversation:
    """Token ids, and whether each is learned."""

    input_ids: tuple[int, ...]
    loss_mask: tuple[bool, ...]


class ChatPrompts:
    """The tokenizer and template of one model. `end_tokens` are the ids that end an answer."""

    def __init__(self, tokenizer: Tokenizer, template: ChatTemplate | str, end_tokens: frozenset[int]) -> None:
        """Raises `InputError` when the tokenizer changes text at bounds, or no token ends an answer."""
        tokenizer.no_truncation()
        tokenizer.no_padding()
        _verify_bounds(tokenizer)
        if not end_tokens:
            raise InputError("prompts.end")
        self._tokenizer = tokenizer
        self._template = template
        self.end_tokens = end_tokens

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read tokenizer and template of a model that `models.verify_model` has verified. Raises `InputError`."""
        template = ChatTemplate.load(folder)
        try:
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # the library raises bare `Exception`
            raise InputError("prompts.tokenizer:unreadable") from error
        ends = {tokenizer.token_to_id(template.eos_token)} if template.eos_token else set()
        for name in ("generation_config.json", "config.json"):
            if (folder / name).is_file():
                ids = json.loads((folder / name).read_bytes()).get("eos_token_id")
                ends |= set(ids) if isinstance(ids, list) else {ids}
        return cls(tokenizer, template, frozenset(end for end in ends if end is not None))

    def encode_conversation(self, messages: Messages) -> EncodedConversation:
        """Return the whole conversation as tokens with the loss mask. Raises as the function `encode_conversation`."""
        return encode_conversation(self._tokenizer, self._template, messages)

    def encode_prompt(self, messages: Messages) -> list[int]:
        """Return the tokens before the assistant's next answer: the same that `encode_conversation` puts before it."""
        _verify_contents(self._tokenizer, messages)
        return [
            token
            for piece, _ in _pieces(self._template, messages, open_end=True)
            for token in _encode(self._tokenizer, piece)
        ]

    def count(self, messages: Messages) -> int:
        """Return the number of tokens of a whole conversation."""
        return len(self.encode_conversation(messages).input_ids)

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens, without the special ones."""
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=True))


def encode_conversation(tokenizer: Tokenizer, template: ChatTemplate | str, messages: Messages) -> EncodedConversation:
    """Return a conversation as tokens; completions are learned up to their last special token (the end of turn).

    Raises `InputError` when the template does not let completions be separated, when a message contains a special token
    of the model (it could impersonate another speaker), or when there is nothing to learn.
    """
    _verify_contents(tokenizer, messages)
    special = {token for token, added in tokenizer.get_added_tokens_decoder().items() if added.special}
    input_ids: list[int] = []
    loss_mask: list[bool] = []
    for piece, learned in _pieces(template, messages, open_end=False):
        tokens = _encode(tokenizer, piece)
        # What follows the end of turn (mostly a newline) is the template's: by then, generation has stopped.
        last = max((place for place, token in enumerate(tokens) if token in special), default=len(tokens) - 1)
        input_ids += tokens
        loss_mask += [learned and place <= last for place in range(len(tokens))]
    if not any(loss_mask):
        raise InputError("prompts.nothing")
    return EncodedConversation(tuple(input_ids), tuple(loss_mask))


def _pieces(template: ChatTemplate | str, messages: Messages, *, open_end: bool) -> Iterator[tuple[str, bool]]:
    """Yield the text in pieces, each with whether it is a completion.

    With `open_end`, the text ends where the assistant's next answer begins.
    """
    whole = render(template, messages, add_generation_prompt=open_end)
    done = ""
    for index, message in enumerate(messages):
        if message["role"] == "assistant":
            before = render(template, messages[:index], add_generation_prompt=True)
            after = render(template, messages[: index + 1])
            are_prefixes = before.startswith(done) and after.startswith(before) and whole.startswith(after)
            if not are_prefixes or after == before:
                raise InputError("prompts.prefix")
            yield before[len(done) :], False
            yield after[len(before) :], True
            done = after
    yield whole[len(done) :], False


def _encode(tokenizer: Tokenizer, text: str) -> list[int]:
    return list(tokenizer.encode(text, add_special_tokens=False).ids) if text else []


def _verify_contents(tokenizer: Tokenizer, messages: Messages) -> None:
    special = [added.content for added in tokenizer.get_added_tokens_decoder().values() if added.special]
    for number, message in enumerate(messages, start=1):
        for token in special:
            if token in message["content"]:
                raise InputError("prompts.special", number=number, token=token)


def _verify_bounds(tokenizer: Tokenizer) -> None:
    """Raise `InputError` when tokenising in pieces changes the text: some tokenizers put a space before each piece."""
    pieces = ("a b\n", "c", " d")
    tokens = [token for piece in pieces for token in _encode(tokenizer, piece)]
    text: Any = tokenizer.decode(tokens, skip_special_tokens=False)
    if text != "".join(pieces):
        raise InputError("prompts.tokenizer:bounds")
