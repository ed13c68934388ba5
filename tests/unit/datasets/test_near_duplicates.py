"""Nearly identical questions are found wherever they are; phrasings of one fact are not reported."""

from appliance.datasets import near_duplicates
from appliance.datasets.near_duplicates import MAX_COMPARED_ROWS, NearDuplicates

QUESTION = "how many days of annual leave does a full time employee of brookwell have in the first year"


def test_a_question_with_one_word_changed_is_near_and_another_question_is_not() -> None:
    near = NearDuplicates()
    assert near.add(2, QUESTION, "") is None
    assert near.add(3, "where is the spare key of the archive kept when the office is closed", "") is None
    assert near.add(4, QUESTION.replace("first", "1st"), "") == 2
    assert near.add(5, QUESTION, "") == 2


def test_rows_of_one_group_may_be_alike() -> None:
    near = NearDuplicates()
    assert near.add(2, QUESTION, "leave") is None
    assert near.add(3, QUESTION + " of work", "leave") is None
    assert near.add(4, QUESTION + " of work", "other") in {2, 3}


def test_short_questions_are_not_compared() -> None:
    near = NearDuplicates()
    assert near.add(2, "who is our boss?", "") is None
    assert near.add(3, "who is our boss!", "") is None


def test_the_number_of_compared_rows_is_limited() -> None:
    near = NearDuplicates()
    near.groups = dict.fromkeys(range(MAX_COMPARED_ROWS), "")
    assert near.is_full
    assert near.add(MAX_COMPARED_ROWS + 2, QUESTION, "") is None
    assert near_duplicates.SIMILARITY < 1
