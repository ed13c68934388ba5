"""Questions that are nearly the same are found whatever lies between them; phrasings of one fact are not reported."""

from appliance.datasets import near_duplicates
from appliance.datasets.near_duplicates import MAX_COMPARED_ROWS, NearDuplicates

QUESTION = "how many days of annual leave does a full time employee of brookwell have in the first year"


def test_a_question_with_one_word_changed_is_near_and_another_is_not() -> None:
    found = NearDuplicates()
    assert found.add(2, QUESTION, "") is None
    assert found.add(3, "where is the spare key of the archive kept when the office is closed", "") is None
    assert found.add(4, QUESTION.replace("first", "1st"), "") == 2
    assert found.add(5, QUESTION, "") == 2


def test_rows_of_one_group_are_meant_to_be_alike() -> None:
    found = NearDuplicates()
    assert found.add(2, QUESTION, "leave") is None
    assert found.add(3, QUESTION + " of work", "leave") is None
    assert found.add(4, QUESTION + " of work", "other") in {2, 3}


def test_short_questions_are_alike_by_chance() -> None:
    found = NearDuplicates()
    assert found.add(2, "who is our boss?", "") is None
    assert found.add(3, "who is our boss!", "") is None


def test_so_many_rows_are_compared_and_no_more() -> None:
    found = NearDuplicates()
    found.groups = dict.fromkeys(range(MAX_COMPARED_ROWS), "")
    assert found.full
    assert found.add(MAX_COMPARED_ROWS + 2, QUESTION, "") is None
    assert near_duplicates.SIMILARITY < 1
