"""Frozen layers are computed once without changing the gradients, with their outputs in memory, on disk or neither."""

from pathlib import Path

import pytest
import torch
from tiny_llama import make_examples, make_loaded

from appliance.foundation.errors import IntegrityError
from appliance.training.features import SPILL_NAME, FrozenFeatures, SealedSpill
from appliance.training.methods import LoadedModel
from appliance.training.packed_passes import packed_passes, shared_beginning

EXAMPLES = make_examples(9)
SHARED = shared_beginning(EXAMPLES)
KEY = bytes(range(32))


def frozen_loaded() -> LoadedModel:
    return make_loaded(method="last-layers", last_layers=1)


def gradients(loaded: LoadedModel) -> dict[str, torch.Tensor]:
    loaded.causal.zero_grad()
    for packed in packed_passes(EXAMPLES[2:8], shared=SHARED, pass_tokens=90):
        loaded.summed_loss(packed).backward()  # type: ignore[no-untyped-call]
    return {name: parameter.grad.clone() for name, parameter in loaded.trainable.items() if parameter.grad is not None}


def remembered(loaded: LoadedModel, spill: SealedSpill | None, memory_bytes: int) -> FrozenFeatures:
    loaded.features = FrozenFeatures(loaded.decoder, range(1), SHARED, spill, memory_bytes=memory_bytes)
    loaded.features.compute(EXAMPLES, 100)
    return loaded.features


@pytest.mark.parametrize("where", ["memory", "disk", "both", "nowhere"])
def test_kept_features_do_not_change_the_gradients(tmp_path: Path, where: str) -> None:
    """To eleven digits."""
    loaded = frozen_loaded()
    expected = gradients(loaded)
    spill = SealedSpill(tmp_path, "jb_x", KEY) if where in {"disk", "both"} else None
    remembered(loaded, spill, {"memory": 1 << 30, "both": 30_000}.get(where, 0))
    kept = gradients(loaded)
    assert kept.keys() == expected.keys() == loaded.trainable.keys()
    for name, gradient in kept.items():
        torch.testing.assert_close(gradient, expected[name], rtol=1e-11, atol=1e-11)
    assert (tmp_path / SPILL_NAME).exists() == (spill is not None)
    if spill is not None:
        spill.remove()


def test_frozen_layers_do_not_run_again() -> None:
    """Breaking them afterwards changes nothing."""
    loaded = frozen_loaded()
    loaded.remember(EXAMPLES, SHARED, 100)
    expected = gradients(loaded)
    loaded.causal.model.layers[0].mlp.down_proj.weight.data.fill_(float("nan"))
    for name, gradient in gradients(loaded).items():
        assert torch.equal(gradient, expected[name])


def test_a_second_computation_gives_the_same_bits() -> None:
    """As in a resumed run."""
    one, other = frozen_loaded(), frozen_loaded()
    one.remember(EXAMPLES, SHARED, 100)
    other.remember(EXAMPLES, SHARED, 100)
    for packed in packed_passes(EXAMPLES, shared=SHARED, pass_tokens=90):
        assert one.features is not None
        assert other.features is not None
        assert torch.equal(one.features.of(packed), other.features.of(packed))


def test_an_example_without_features_is_computed() -> None:
    """Such as held-out ones."""
    loaded = frozen_loaded()
    expected = gradients(loaded)
    loaded.remember(EXAMPLES[:4], SHARED, 100)
    for name, gradient in gradients(loaded).items():
        torch.testing.assert_close(gradient, expected[name], rtol=1e-11, atol=1e-11)


def test_methods_whose_first_layer_learns_keep_no_features() -> None:
    loaded = make_loaded()
    loaded.remember(EXAMPLES, SHARED, 100)
    assert loaded.features is None


def test_features_on_disk_are_sealed_and_a_change_is_detected(tmp_path: Path) -> None:
    loaded = frozen_loaded()
    spill = SealedSpill(tmp_path, "jb_x", KEY)
    features = remembered(loaded, spill, 0)
    (packed,) = packed_passes(EXAMPLES[:1], shared=SHARED)
    row = features.of(packed)[-1]
    data = bytearray((tmp_path / SPILL_NAME).read_bytes())
    assert row.numpy().tobytes() not in data
    with open(tmp_path / SPILL_NAME, "r+b") as file:
        file.seek(len(data) // 2)
        file.write(bytes([data[len(data) // 2] ^ 1]))
    (every,) = packed_passes(EXAMPLES, shared=SHARED, pass_tokens=100_000)
    with pytest.raises(IntegrityError):
        features.of(every)
    spill.remove()
    assert not list(tmp_path.iterdir())


def test_removing_a_spill_that_was_never_written_is_not_an_error(tmp_path: Path) -> None:
    """Most trainings do not spill."""
    SealedSpill(tmp_path, "jb_x", KEY).remove()
    assert not list(tmp_path.iterdir())
