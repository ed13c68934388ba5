"""Each method from the command line to the answer, in the real sandbox, on a tiny model: trained, measured, asked,
nothing in clear.
"""

import pytest
from canary_scan import scan
from driven_home import CANARY


@pytest.mark.exhaustive
def test_each_method_trains_is_measured_and_answers(home) -> None:
    """On one home; those that leave trained tensors.

    QLoRA, which leaves an adapter as LoRA does: see `test_main_job`.
    """
    for method in ("full", "last-layers"):
        trained = home("train", "--model", home.model, "--dataset", home.dataset, "--epochs", "1", "--method", method)
        assert trained["state"] == "succeeded", method
        assert home("adapter", "show", trained["adapter"])["method"] == method
        assert home("evaluate", "--adapter", trained["adapter"])["original"]["total"] == 6
        assert set(home("chat", "--adapter", trained["adapter"], "--prompt", "What is item 1?")) == {
            "original",
            "tuned",
        }
    assert scan(CANARY, home.places) == []
