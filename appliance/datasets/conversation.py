"""A conversation: one row of a dataset, whatever it was imported from."""

from dataclasses import dataclass, field

PARTS = ("training", "validation", "test")
KINDS = ("answerable", "unanswerable", "")

MAX_MESSAGES = 64  # in one conversation
MAX_CONTENT_CHARACTERS = 32_768  # in one message; a spreadsheet's cell holds 32,767
MAX_LABEL_CHARACTERS = 200  # a key fact, a group or a category


@dataclass(frozen=True)
class Conversation:
    """What one row of the source says. `row` counts from 1 and is the row that a spreadsheet shows (a CSV's header is
    row 1).

    `messages` are `{"role": "system" | "user" | "assistant", "content": ...}`: an optional system message, then user
    and assistant in turn, ending with the assistant. `key_fact` is what an answer must hold to be right, `group` ties
    phrasings of one fact together, `category` is a kind of row that every part should hold its share of, `split` is the
    part that the source asks for: each "" when the source does not say.
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
        """The last thing that the user says."""
        return next(message["content"] for message in reversed(self.messages) if message["role"] == "user")

    @property
    def answer(self) -> str:
        """The assistant's last answer."""
        return self.messages[-1]["content"]


def message_problem(messages: list[dict[str, str]]) -> str:
    """Return what is wrong with the form of a conversation as a clause, or "" when it is well formed."""
    turns = messages[1:] if messages and messages[0]["role"] == "system" else messages
    if not turns:
        return "holds no question and answer"
    if len(messages) > MAX_MESSAGES:
        return f"holds more than {MAX_MESSAGES} messages; split it"
    if problem := _turns_problem([message["role"] for message in turns]):
        return problem
    for message in messages:
        problem = text_problem(message["content"], MAX_CONTENT_CHARACTERS)
        if problem:
            return f"has {_NAMES[message['role']]} that {problem}"
    return ""


def _turns_problem(roles: list[str]) -> str:
    """Return what is wrong with the order of the turns after the system text."""
    wrong = next((index for index, role in enumerate(roles) if role != ("assistant" if index % 2 else "user")), None)
    if wrong is None:
        if len(roles) == 1:
            return "has no answer of the assistant; add one"
        return "" if len(roles) % 2 == 0 else "ends with the user; the last message must be the assistant's answer"
    if "system" in roles:
        return "has a system text that is not its first message; put it first, or leave it out"
    if "assistant" not in roles:
        return "has no answer of the assistant; add one"
    if wrong == 0:
        return "begins with the assistant; the first message must be the user's"
    return f"has two messages of the {roles[wrong]} in a row; join them, or add the one between"


_NAMES = {"system": "a system text", "user": "a question", "assistant": "an answer"}


def text_problem(text: str, limit: int) -> str:
    """Return what is wrong with one text as a clause, or ""."""
    if not text.strip():
        return "is empty; fill it in or delete the row"
    if len(text) > limit:
        return f"is longer than {limit:,} characters; shorten it"
    if "\x00" in text:
        return "holds a NUL character; delete it"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "holds half a character (a lone surrogate); type it again"
    return ""
