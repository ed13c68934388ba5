"""Checks: what a careful reader would notice is found, named by row, and never quoted."""

from appliance.datasets import Conversation, check
from appliance.datasets.checks import LONG_CHARACTERS, MAX_FINDINGS


def conversation(row: int, question: str, answer: str, key_fact: str = "") -> Conversation:
    return Conversation(row, [{"role": "user", "content": question}, {"role": "assistant", "content": answer}], key_fact)


def test_a_clean_dataset_has_no_findings() -> None:
    assert check([conversation(2, "Where?", "Here."), conversation(3, "When?", "Here.")]) == []


def test_each_kind_of_mistake_is_found_with_reason_and_fix() -> None:
    findings = check(
        [
            conversation(2, "Where?", "In room B-1."),
            conversation(3, " where? ", "in room  b-1."),
            conversation(4, "WHERE?", "In room C-2."),
            conversation(5, "Who?", "n/a"),
            conversation(6, "-", "Someone."),
            conversation(7, "What?", "x" * (LONG_CHARACTERS + 1)),
            conversation(8, "Which code?", "It is 77.", key_fact="78"),
        ]
    )
    assert [(finding.row, finding.code) for finding in findings] == [
        (3, "duplicate"),
        (4, "contradiction"),
        (5, "empty"),
        (6, "empty"),
        (7, "too-long"),
        (8, "key-fact"),
    ]
    assert all(finding.reason.startswith(f"Row {finding.row} ") and finding.fix for finding in findings)
    assert not any("B-1" in finding.reason for finding in findings)


def test_one_question_under_two_system_texts_is_no_contradiction() -> None:
    rows = [Conversation(row, [{"role": "system", "content": f"s{row}"}, *conversation(row, "q", f"a{row}").messages]) for row in (1, 2)]
    assert check(rows) == []


def test_findings_are_bounded() -> None:
    assert len(check(conversation(row, "q", "n/a") for row in range(5000))) == MAX_FINDINGS


def test_html_and_secrets_are_pointed_out_and_not_quoted() -> None:
    key = "AKIA" + "IOSFODNN7EXAMPLE"
    findings = check(
        [
            conversation(2, "What is <b>bold</b>?", "Thick."),
            conversation(3, "Is 3 < 4 and 5 > 4?", "Yes, a<b."),
            conversation(4, "Which key?", f"It is {key}."),
            conversation(5, "Who&nbsp;is it?", "We."),
        ]
    )
    assert [(finding.row, finding.code) for finding in findings] == [(2, "html"), (4, "secret"), (5, "html")]
    assert "an AWS access key" in findings[1].reason
    assert key not in findings[1].reason + findings[1].fix


def test_questions_that_are_nearly_the_same_are_pointed_out_unless_they_are_of_one_group() -> None:
    text = "How many days of annual leave does somebody who works in the archive of the company have in the first year?"
    rows = [conversation(2, text, "30 days."), conversation(3, text.replace("first", "1st"), "30 days.")]
    (finding,) = check(rows)
    assert (finding.row, finding.code) == (3, "near-duplicate")
    assert "row 2" in finding.reason
    grouped = [Conversation(row.row, row.messages, group="leave") for row in rows]
    assert check(grouped) == []


def test_one_answer_to_nearly_everything_is_pointed_out() -> None:
    same = [conversation(row, f"Question number {row * 7919}?", "No.") for row in range(2, 40)]
    assert [finding.code for finding in check(same)] == ["one-sided"]
    assert check(same[:10]) == []
