"""A certificate is English evidence; what it says to people is in their language and of the same facts."""

import pytest

from appliance.foundation.messages import use_language
from appliance.reports.erasure_certificate import Erasure, erasure_certificate, not_reached


def erasure(**changed: object) -> Erasure:
    """Return made-up facts."""

    class Data:
        id, digest, rows, training_rows, validation_rows, test_rows = "ds_1", "ab" * 32, 12, 8, 2, 2

    facts: dict[str, object] = {
        "dataset": Data,
        "asked_by": "us_1",
        "role": "trainer",
        "requested_us": 1,
        "erased_us": 2,
        "origin": "appliance.internal/audit",
        "sequence": 7,
        "request": "rq_1",
        "adapters": (("ad_1", "trained"), ("ad_2", "retired")),
        "jobs": ("jb_1",),
        "backups": ("bk_1",),
    }
    return Erasure(**{**facts, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize("changed", [{}, {"backups": ()}, {"adapters": (), "versions": (1, 2)}])
def test_the_certificate_is_english_whatever_language_is_in_use(changed: dict[str, object]) -> None:
    made = erasure_certificate(erasure(**changed))
    with use_language("de"):
        assert erasure_certificate(erasure(**changed)) == made
        shown = [str(sentence) for sentence in not_reached(made)]
    assert [sentence.english for sentence in not_reached(made)] == made["not_reached"]
    assert len(shown) == len(made["not_reached"])
    assert not set(shown) & set(made["not_reached"])


def test_the_certificate_names_what_is_left() -> None:
    made = erasure_certificate(erasure())
    assert "ad_1, ad_2" in made["not_reached"][-1]
    assert "bk_1" in made["not_reached"][-2]
    assert "the dataset" in made["erased"][0]
    assert "versions 1, 2 of the dataset" in erasure_certificate(erasure(versions=(1, 2)))["erased"][0]
    assert "none" in erasure_certificate(erasure(backups=(), adapters=()))["not_reached"][-1]
