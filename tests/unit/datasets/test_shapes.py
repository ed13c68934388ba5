"""Shapes: every form of example gives its conversation; a record without one says why and is not quoted."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.datasets import Conversation
from appliance.datasets.columns import ColumnRoles
from appliance.datasets.conversation import message_problem
from appliance.datasets.shapes import Shaper
from appliance.datasets.sources.records import Wrong
from appliance.foundation.errors import InputError
from appliance.foundation.messages import message


def converted(record: dict[str, Any], roles: ColumnRoles | None = None) -> Conversation | Wrong | None:
    return Shaper(roles, [record]).convert(1, record)


def turns(record: dict[str, Any]) -> list[tuple[str, str]]:
    conversation = converted(record)
    assert isinstance(conversation, Conversation), conversation
    return [(turn["role"], turn["content"]) for turn in conversation.messages]


def problem(record: dict[str, Any]) -> str:
    wrong = converted(record)
    assert isinstance(wrong, Wrong), wrong
    return str(wrong.problem)


def chat(*turns: tuple[Any, Any], **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in turns], **more}


QUESTION, ANSWER = ("user", "q"), ("assistant", "a")


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"question": " q ", "answer": "a"}, [QUESTION, ANSWER]),
        ({"prompt": "q", "completion": "a"}, [QUESTION, ANSWER]),
        ({"Frage": "q", "Antwort": "a"}, [QUESTION, ANSWER]),
        ({"question": "q", "answer": 5}, [QUESTION, ("assistant", "5")]),
        ({"question": "q", "answer": True, "system": "s"}, [("system", "s"), QUESTION, ("assistant", "true")]),
        (chat(QUESTION, ANSWER), [QUESTION, ANSWER]),
        (chat(("developer", "s"), QUESTION, ANSWER), [("system", "s"), QUESTION, ANSWER]),
        (
            {"prompt": [{"role": "user", "content": "q"}], "completion": [{"role": "assistant", "content": "a"}]},
            [QUESTION, ANSWER],
        ),
        ({"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]}, [QUESTION, ANSWER]),
        (
            {"conversation": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]},
            [QUESTION, ANSWER],
        ),
        ({"instruction": "q", "input": "", "output": "a"}, [QUESTION, ANSWER]),
        ({"instruction": "q", "input": "x", "output": "a", "system": "s"}, [("system", "s"), ("user", "q\nx"), ANSWER]),
        (
            {"instruction": "q", "output": "a", "history": [["q0", "a0"]]},
            [("user", "q0"), ("assistant", "a0"), QUESTION, ANSWER],
        ),
    ],
)
def test_each_form_gives_its_turns(record: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert turns(record) == expected


def test_calls_of_tools_are_text_within_the_turns() -> None:
    call = {
        "role": "assistant",
        "content": "Let me see.",
        "tool_calls": [{"function": {"name": "f", "arguments": '{"x": 1}'}}] * 2,
    }
    answers = [{"role": "tool", "content": text} for text in ("1", "2")]
    record = {"messages": [{"role": "user", "content": "q"}, call, *answers, {"role": "assistant", "content": "3"}]}
    one = '<tool_call>\n{"name": "f", "arguments": {"x": 1}}\n</tool_call>'
    assert turns(record) == [
        QUESTION,
        ("assistant", f"Let me see.\n{one}\n{one}"),
        ("user", "<tool_response>\n1\n</tool_response>\n<tool_response>\n2\n</tool_response>"),
        ("assistant", "3"),
    ]
    old = {
        "messages": [
            {"role": "user", "content": "q"},
            {"role": "assistant", "function_call": {"name": "f", "arguments": "not json"}},
        ]
    }
    assert turns(old)[1][1] == '<tool_call>\n{"name": "f", "arguments": "not json"}\n</tool_call>'
    assert json.loads(
        turns({**record, "tools": [{"name": "f"}]})[0][1].split("<tools>\n")[-1].split("\n</tools>")[0]
    ) == {"name": "f"}


def test_labels_are_kept_and_unused_fields_are_named() -> None:
    record = {
        "question": "q",
        "answer": "a",
        "group": "g",
        "category": "c",
        "split": "dev",
        "kind": "Answerable",
        "key_fact": "a",
        "x": 1,
    }
    shaper = Shaper(None, [record])
    conversation = shaper.convert(3, record)
    assert conversation == Conversation(
        3, [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], "a", "answerable", "g", "c"
    )
    assert isinstance(conversation, Conversation)
    assert conversation.split == "validation"
    assert shaper.unused == {"x"}
    shaper = Shaper(None, [chat(QUESTION, ANSWER, id=7)])
    shaper.convert(
        1,
        {
            "messages": [
                {"role": "user", "content": "q", "name": "ann"},
                {"role": "assistant", "content": "a", "weight": 0},
            ],
            "id": 7,
        },
    )
    assert shaper.unused == {"id", "messages.name", "messages.weight"}


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (chat(QUESTION), "There is no answer from the assistant. Add one."),
        (chat(ANSWER, QUESTION), "The conversation begins with the assistant"),
        (chat(QUESTION, QUESTION, ANSWER), "Two messages of the user follow each other. Join them"),
        (chat(QUESTION, ANSWER, ANSWER), "Two messages of the assistant follow each other. Join them"),
        (chat(QUESTION, ANSWER, QUESTION), "The conversation ends with the user"),
        (chat(QUESTION, ANSWER, ("system", "s")), "The system prompt is not the first message"),
        (chat(("narrator", "x")), "A message has a role other than"),
        (chat((None, "x")), "A message has a role other than"),
        (chat(), "There is no question and no answer"),
        (chat(QUESTION, ("assistant", "")), "The answer is empty"),
        (chat(QUESTION, ("assistant", {"a": 1})), "A value is not text"),
        (chat(("user", [{"type": "image_url", "image_url": {}}]), ANSWER), "A message contains a picture"),
        ({"messages": ["x"]}, "A message is not an object"),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"function": {}}]}]},
            "A tool call has no name",
        ),
        (chat(QUESTION, ANSWER, tools="not json"), "The tools are not JSON"),
        (chat(QUESTION, ANSWER, tools={"a": 1}), "The tools are not a list"),
        ({"instruction": "q", "output": "a", "history": ["x"]}, "The history is not a list of pairs"),
        ({"question": "q", "answer": "a", "kind": "maybe"}, "The kind is neither"),
        ({"question": "q", "answer": "a\ud800"}, "The answer contains half a character"),
        ({"question": "q", "answer": 10**5000}, "A value is not text"),
        ({"instruction": "q", "output": "a", "history": "x"}, "“history” is not a list"),
    ],
)
def test_a_record_that_makes_no_conversation_says_why(record: dict[str, Any], words: str) -> None:
    assert problem(record).startswith(words)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"prompt": "p", "chosen": "a", "rejected": "b"}, "preferences"),
        ({"text": "once"}, "plain text"),
        ({"one": "x", "two": "y"}, "No columns are named"),
    ],
)
def test_files_for_other_kinds_of_training_are_refused(record: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        converted(record)


def test_columns_are_guessed_by_their_content_when_that_is_clear() -> None:
    rows = [
        {"a": f"Where is number {n}?", "b": f"Number {n} is on the second floor.", "c": str(n), "d": "yes"}
        for n in range(5)
    ]
    shaper = Shaper(None, rows)
    assert (shaper.roles, shaper.guessed_by_content) == (ColumnRoles("a", "b"), True)
    for unclear in (
        [{**row, "c": f"Is it {row['c']}?"} for row in rows],  # two hold questions
        [{**row, "d": f"Number {row['c']} is on the other floor."} for row in rows],  # two could answer
        [{**row, "a": "Tell me where it is."} for row in rows],  # none holds questions
        rows[:2],
    ):
        with pytest.raises(InputError, match="No columns are named"):
            Shaper(None, unclear)


def test_an_empty_row_is_skipped_and_other_keys_are_a_problem() -> None:
    shaper = Shaper(None, [{"question": "q", "answer": "a"}])
    assert shaper.convert(1, {"question": " ", "answer": None}) is None
    assert shaper.convert(2, {"frage": "q"}) == Wrong(message("row.no-columns"))


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["role", "content", "from", "value", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)
_KEYS = [
    "question",
    "answer",
    "messages",
    "conversations",
    "instruction",
    "output",
    "history",
    "prompt",
    "completion",
    "tools",
    "system",
    "kind",
]


@pytest.mark.slow
@given(st.lists(st.dictionaries(st.sampled_from(_KEYS), _VALUES, max_size=5), min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_every_record_is_a_conversation_or_a_problem(records: list[dict[str, Any]]) -> None:
    try:
        shaper = Shaper(None, records)
    except InputError:
        return
    for row, record in enumerate(records, start=1):
        result = shaper.convert(row, record)
        assert result is None or isinstance(result, Wrong) or message_problem(result.messages) is None
