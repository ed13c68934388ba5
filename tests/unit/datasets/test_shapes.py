"""Shapes: every form that examples come in gives the conversation that it means, and what gives none says why without a
word of it.
"""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.datasets import ColumnRoles, Conversation
from appliance.datasets.conversation import message_problem
from appliance.datasets.shapes import Shaper
from appliance.datasets.sources.records import Wrong
from appliance.foundation.errors import InputError


def shaped(record: dict[str, Any], roles: ColumnRoles | None = None) -> Conversation | Wrong | None:
    return Shaper(roles, [record]).convert(1, record)


def turns(record: dict[str, Any]) -> list[tuple[str, str]]:
    found = shaped(record)
    assert isinstance(found, Conversation), found
    return [(message["role"], message["content"]) for message in found.messages]


def wrong(record: dict[str, Any]) -> str:
    found = shaped(record)
    assert isinstance(found, Wrong), found
    return found.clause


def talk(*said: tuple[str, Any], **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in said], **more}


QUESTION, ANSWER = ("user", "q"), ("assistant", "a")


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"question": " q ", "answer": "a"}, [QUESTION, ANSWER]),
        ({"prompt": "q", "completion": "a"}, [QUESTION, ANSWER]),
        ({"Frage": "q", "Antwort": "a"}, [QUESTION, ANSWER]),
        ({"question": "q", "answer": 5}, [QUESTION, ("assistant", "5")]),
        ({"question": "q", "answer": True, "system": "s"}, [("system", "s"), QUESTION, ("assistant", "true")]),
        (talk(QUESTION, ANSWER), [QUESTION, ANSWER]),
        (talk(("developer", "s"), QUESTION, ANSWER), [("system", "s"), QUESTION, ANSWER]),
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


def test_labels_are_kept_and_fields_that_are_not_used_are_named() -> None:
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
    found = shaper.convert(3, record)
    assert found == Conversation(
        3, [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], "a", "answerable", "g", "c"
    )
    assert isinstance(found, Conversation)
    assert found.split == "validation"
    assert shaper.unused == {"x"}
    shaper = Shaper(None, [talk(QUESTION, ANSWER, id=7)])
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
    ("record", "clause"),
    [
        (talk(QUESTION), "has no answer of the assistant; add one"),
        (talk(ANSWER, QUESTION), "begins with the assistant"),
        (talk(QUESTION, QUESTION, ANSWER), "has two messages of the user in a row"),
        (talk(QUESTION, ANSWER, ANSWER), "has two messages of the assistant in a row"),
        (talk(QUESTION, ANSWER, QUESTION), "ends with the user"),
        (talk(QUESTION, ANSWER, ("system", "s")), "has a system text that is not its first message"),
        (talk(("narrator", "x")), "has a message whose role is none of"),
        (talk((None, "x")), "has a message whose role is none of"),
        (talk(), "holds no question and answer"),
        (talk(QUESTION, ("assistant", "")), "has an answer that is empty"),
        (talk(QUESTION, ("assistant", {"a": 1})), "has a value that is not text"),
        (talk(("user", [{"type": "image_url", "image_url": {}}]), ANSWER), "has a message with a picture"),
        ({"messages": ["x"]}, "has a message that is no object"),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"function": {}}]}]},
            "has a call of a tool without a name",
        ),
        (talk(QUESTION, ANSWER, tools="not json"), "has tools that are not JSON"),
        (talk(QUESTION, ANSWER, tools={"a": 1}), "has tools that are not a list"),
        ({"instruction": "q", "output": "a", "history": ["x"]}, "has a history that is not a list of pairs"),
        ({"question": "q", "answer": "a", "kind": "maybe"}, "has a kind"),
        ({"question": "q", "answer": "a\ud800"}, "has an answer that holds half a character"),
        ({"question": "q", "answer": 10**5000}, "has a value that is not text"),
    ],
)
def test_what_gives_no_conversation_says_why(record: dict[str, Any], clause: str) -> None:
    assert wrong(record).startswith(clause)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"prompt": "p", "chosen": "a", "rejected": "b"}, "preferences"),
        ({"text": "once"}, "plain text"),
        ({"one": "x", "two": "y"}, "No column is named"),
    ],
)
def test_files_for_other_kinds_of_training_are_refused(record: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        shaped(record)


def test_columns_are_told_by_what_they_hold_when_that_is_clear() -> None:
    rows = [
        {"a": f"Where is number {n}?", "b": f"Number {n} is on the second floor.", "c": str(n), "d": "yes"}
        for n in range(5)
    ]
    shaper = Shaper(None, rows)
    assert (shaper.roles, shaper.guessed_by_content) == (ColumnRoles("a", "b"), True)
    for unclear in (
        [{**row, "c": f"Is it {row['c']}?"} for row in rows],  # two ask
        [{**row, "d": f"Number {row['c']} is on the other floor."} for row in rows],  # two could answer
        [{**row, "a": "Tell me where it is."} for row in rows],  # none asks
        rows[:2],
    ):
        with pytest.raises(InputError, match="No column is named"):
            Shaper(None, unclear)


def test_an_empty_row_is_nothing_and_odd_keys_are_said() -> None:
    shaper = Shaper(None, [{"question": "q", "answer": "a"}])
    assert shaper.convert(1, {"question": " ", "answer": None}) is None
    assert shaper.convert(2, {"frage": "q"}) == Wrong(
        "has neither a question nor an answer by the names that the rows before it have"
    )


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


@given(st.lists(st.dictionaries(st.sampled_from(_KEYS), _VALUES, max_size=5), min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_whatever_comes_is_a_conversation_or_a_clause(records: list[dict[str, Any]]) -> None:
    try:
        shaper = Shaper(None, records)
    except InputError:
        return
    for row, record in enumerate(records, start=1):
        found = shaper.convert(row, record)
        assert found is None or isinstance(found, Wrong) or message_problem(found.messages) == ""
