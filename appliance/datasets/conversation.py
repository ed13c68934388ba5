"""A conversation: one row of a dataset, whatever it was imported from."""

from dataclasses import dataclass, field

from appliance.foundation.messages import Message, message

PARTS = ("training", "validation", "test")
KINDS = ("answerable", "unanswerable", "")

MAX_MESSAGES = 64  # in one conversation
MAX_CONTENT_CHARACTERS = 32_768  # in one message; a spreadsheet cell holds 32,767
MAX_LABEL_CHARACTERS = 200  # a key fact, a group or a category


@dataclass(frozen=True)
class Conversation:
    """One row of the source. `row` counts from 1, as a spreadsheet numbers its rows (a CSV's header is row 1).

    `messages` are `{"role": "system" | "user" | "assistant", "content": ...}`: an optional system prompt, then user and
    assistant in turn, ending with the assistant. `key_fact` must be in an answer for it to be right; `group` ties
    phrasings of one fact together; `category` is a kind of row that every part should have its share of; `split` is
    the part that the source asks for. Each is "" when the source does not say.
    """

    row: int
    messages: list[dict[str, str]]
    key_fact: str = ""
    kind: str = ""
    group: str = ""
    category: str = ""
    split: str = field(default="", compare=False)

    @property
    def question(self) -> str:
        """The user's last message."""
        return next(turn["content"] for turn in reversed(self.messages) if turn["role"] == "user")

    @property
    def answer(self) -> str:
        """The assistant's last answer."""
        return self.messages[-1]["content"]


def message_problem(messages: list[dict[str, str]]) -> Message | None:
    """Return what is wrong with the form of a conversation, or None when it is well formed."""
    turns = messages[1:] if messages and messages[0]["role"] == "system" else messages
    if not turns:
        return message("row.no-turns")
    if len(messages) > MAX_MESSAGES:
        return message("row.too-many-messages", max_messages=MAX_MESSAGES)
    if problem := _turns_problem([turn["role"] for turn in turns]):
        return problem
    problems = (text_problem(turn["role"], turn["content"], MAX_CONTENT_CHARACTERS) for turn in messages)
    return next(filter(None, problems), None)


def _turns_problem(roles: list[str]) -> Message | None:
    """Return what is wrong with the order of the turns after the system prompt."""
    wrong = next((index for index, role in enumerate(roles) if role != ("assistant" if index % 2 else "user")), None)
    if wrong is None and len(roles) % 2 == 0:
        return None
    if "system" in roles:
        return message("row.late-system-prompt")
    if "assistant" not in roles:
        return message("row.no-answer")
    if wrong is None:
        return message("row.ends-with-user")
    if wrong == 0:
        return message("row.begins-with-assistant")
    return message("row.same-role-twice", role=roles[wrong])


def text_problem(field_name: str, text: str, max_characters: int) -> Message | None:
    """Return what is wrong with one text (a role's content, or a label), or None."""
    if not text.strip():
        return message("row.text-empty", field=field_name)
    if len(text) > max_characters:
        return message("row.text-too-long", field=field_name, max_characters=max_characters)
    if "\x00" in text:
        return message("row.text-nul", field=field_name)
    try:
        text.encode()
    except UnicodeEncodeError:
        return message("row.text-surrogate", field=field_name)
    return None
