"""The analysis finds the rank of made-up updates, and truncation loses exactly the tail (Eckart and Young)."""

import json
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load, save

from appliance.foundation.errors import InputError, IntegrityError
from appliance.training.rank_analysis import analyse_adapter, truncate_adapter, truncate_factors

CONFIG = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}
NAMES = ("base_model.model.model.layers.2.self_attn.q_proj", "base_model.model.model.layers.10.self_attn.v_proj")


def factors(
    rank: int, used: int, *, rows: int = 40, columns: int = 24, seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return A and B in float32 whose product uses exactly `used` of its `rank` directions, mixed over all rows."""
    draw = torch.Generator().manual_seed(seed)
    mixing = torch.randn(rank, used, generator=draw, dtype=torch.float64) @ torch.randn(
        used, rank, generator=draw, dtype=torch.float64
    )
    a = torch.randn(rank, columns, generator=draw, dtype=torch.float64)
    b = torch.randn(rows, rank, generator=draw, dtype=torch.float64) @ mixing
    return a.float(), b.float()


def files(
    rank: int, used: int = 0, *, alpha: float = 16, tensors: dict[str, torch.Tensor] | None = None, **config: object
) -> dict[str, bytes]:
    """Return an adapter of two matrices as PEFT writes it."""
    if tensors is None:
        tensors = {}
        for number, name in enumerate(NAMES):
            a, b = factors(rank, used or rank, seed=number)
            tensors |= {f"{name}.lora_A.weight": a, f"{name}.lora_B.weight": b}
    settings = {**CONFIG, "r": rank, "lora_alpha": alpha, **config}
    return {"adapter_model.safetensors": save(tensors), "adapter_config.json": json.dumps(settings).encode()}


def updates(adapter: dict[str, bytes]) -> dict[str, torch.Tensor]:
    """Return scaling · B A of each matrix, which the analysis never forms."""
    settings = json.loads(adapter["adapter_config.json"])
    factor = settings["lora_alpha"] / (math.sqrt(settings["r"]) if settings.get("use_rslora") else settings["r"])
    tensors = load(adapter["adapter_model.safetensors"])
    return {
        name: factor * tensors[f"{name}.lora_B.weight"].double() @ tensors[f"{name}.lora_A.weight"].double()
        for name in NAMES
    }


@pytest.mark.parametrize("used", [1, 2, 3, 6, 7, 8])
def test_the_rank_of_a_made_up_update_is_found_exactly(used):
    """In every matrix, although all eight rows of A and columns of B are dense."""
    spectrum = analyse_adapter(files(8, used))
    assert [layer.numeric_rank for layer in spectrum.layers] == [used, used]
    assert spectrum.used == used
    assert spectrum.kept(used) == pytest.approx(1.0, abs=1e-12)
    if used > 1:
        assert spectrum.kept(used - 1) < 1.0


def test_too_high_a_rank_is_pointed_out():
    """Three of sixteen directions are used."""
    sentence = str(analyse_adapter(files(16, 3)).summary().meaning)
    assert sentence.startswith("Rank 16 was more than needed: only 3 of its 16 directions are used at all")


def test_too_low_a_rank_is_pointed_out():
    """An update of rank eight with equal values is cut to four: all four are in use, and the advice is to try eight."""
    name = NAMES[0]
    orthogonal = torch.linalg.qr(torch.randn(40, 8, generator=torch.Generator().manual_seed(0)))[0].contiguous()
    whole = files(8, tensors={f"{name}.lora_A.weight": orthogonal.T.contiguous(), f"{name}.lora_B.weight": orthogonal})
    cut = truncate_adapter(whole, 4)
    assert analyse_adapter(whole).kept(4) == pytest.approx(0.5)
    assert analyse_adapter(whole).used - 4 == 4  # directions that the cut lost
    assert "The rank may have been too low. Try rank 8" in str(analyse_adapter(cut).summary().meaning)


@pytest.mark.parametrize("rslora", [False, True])
def test_the_values_are_those_of_the_scaled_update(rslora):
    """As an SVD of the whole 40 x 24 matrix finds them: with alpha / r, or alpha / sqrt(r) for rsLoRA."""
    given_files = files(8, 6, alpha=12, use_rslora=rslora)
    for layer in analyse_adapter(given_files).layers:
        wanted = torch.linalg.svdvals(updates(given_files)[layer.name])[:8]
        assert layer.singular_values == pytest.approx(wanted.tolist(), rel=1e-9, abs=1e-9 * float(wanted[0]))


def test_matrices_come_in_the_order_of_the_layers():
    assert [layer.name for layer in analyse_adapter(files(4)).layers] == list(NAMES)


@given(
    rank=st.integers(2, 12),
    rows=st.integers(1, 30),
    columns=st.integers(1, 30),
    keep=st.integers(1, 11),
    seed=st.integers(0, 2**31),
)
def test_a_cut_loses_exactly_the_energy_of_the_tail(rank, rows, columns, keep, seed):
    """Eckart and Young: the squared Frobenius error is the sum of the squares of the dropped values.

    Also where r > d or k.
    """
    draw = torch.Generator().manual_seed(seed)
    a, b = torch.randn(rank, columns, generator=draw), torch.randn(rows, rank, generator=draw)
    keep = min(keep, rank - 1, rows, columns)
    whole = b.double() @ a.double()
    smaller_a, smaller_b = truncate_factors(a, b, keep)
    assert (smaller_a.shape, smaller_b.shape) == ((keep, columns), (rows, keep))
    values = torch.linalg.svdvals(whole)
    error = float(((whole - smaller_b @ smaller_a) ** 2).sum())
    assert error == pytest.approx(float((values[keep:] ** 2).sum()), rel=1e-9, abs=1e-9 * float(values[0] ** 2))


@pytest.mark.parametrize("rslora", [False, True])
def test_a_smaller_adapter_can_be_read_and_is_the_best_of_its_rank(rslora):
    """With its own scaling, up to rounding to float32."""
    whole = files(8, alpha=10, use_rslora=rslora)
    spectrum = analyse_adapter(whole)
    smaller = truncate_adapter(whole, 3)
    again = analyse_adapter(smaller)
    assert again.rank == 3
    before, after = updates(whole), updates(smaller)
    for old, new in zip(spectrum.layers, again.layers, strict=True):
        assert new.singular_values == pytest.approx(old.singular_values[:3], rel=1e-5)
        error = float(((before[old.name] - after[old.name]) ** 2).sum())
        assert error == pytest.approx(sum(value**2 for value in old.singular_values[3:]), rel=1e-4)
    assert load(smaller["adapter_model.safetensors"])[f"{NAMES[0]}.lora_A.weight"].dtype == torch.float32


def test_cutting_unused_directions_changes_nothing():
    """Six of eight are in use: rank six is the same update, up to rounding."""
    whole = files(8, 6)
    before, after = updates(whole), updates(truncate_adapter(whole, 6))
    for name in NAMES:
        assert float((before[name] - after[name]).norm() / before[name].norm()) < 1e-6


@pytest.mark.parametrize("rank", [0, -1, 8, 9])
def test_a_rank_that_is_not_smaller_is_refused(rank):
    with pytest.raises(InputError, match="from 1 to 7"):
        truncate_adapter(files(8), rank)


def test_an_update_that_is_not_a_product_of_two_factors_is_refused():
    """DoRA adds magnitudes, and trained layers are whole tensors: neither has a rank."""
    a, b = factors(4, 4)
    name = NAMES[0]
    plain = {f"{name}.lora_A.weight": a, f"{name}.lora_B.weight": b}
    for extra in (
        {f"{name}.lora_magnitude_vector": torch.ones(40)},
        {"model.layers.0.self_attn.q_proj.weight": torch.ones(4, 4)},
    ):
        with pytest.raises(InputError, match="no rank to explain"):
            analyse_adapter(files(4, tensors={**plain, **extra}))
    with pytest.raises(InputError, match="no rank to explain"):
        analyse_adapter(files(4, tensors={"lm_head.weight": torch.ones(4, 4)}))


def test_factors_of_another_rank_than_stated_are_refused():
    a, b = factors(4, 4)
    tensors = {f"{NAMES[0]}.lora_A.weight": a, f"{NAMES[0]}.lora_B.weight": b}
    with pytest.raises(IntegrityError, match="rank that its configuration states"):
        analyse_adapter(files(8, tensors=tensors))


def test_values_that_are_not_numbers_are_refused():
    a, b = factors(4, 4)
    a[0, 0] = float("nan")
    with pytest.raises(IntegrityError, match="not numbers"):
        analyse_adapter(files(4, tensors={f"{NAMES[0]}.lora_A.weight": a, f"{NAMES[0]}.lora_B.weight": b}))


def test_an_adapter_that_learned_nothing_says_so():
    """B is zero, as at the start of a training."""
    a, b = factors(4, 4)
    spectrum = analyse_adapter(
        files(4, tensors={f"{NAMES[0]}.lora_A.weight": a, f"{NAMES[0]}.lora_B.weight": torch.zeros_like(b)})
    )
    assert spectrum.used == 0
    assert "changes nothing" in str(spectrum.summary().meaning)
