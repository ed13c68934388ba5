"""Batches have each example once an epoch, in an order that depends only on seed and epoch."""

import random

from hypothesis import given
from hypothesis import strategies as st

from appliance.training.schedule import epoch_batches, steps_per_epoch

LENGTHS = st.lists(st.integers(1, 500), min_size=1, max_size=300)


@given(LENGTHS, st.integers(1, 17), st.integers(0, 99), st.integers(0, 9))
def test_an_epoch_has_each_example_exactly_once(lengths: list[int], batch_size: int, seed: int, epoch: int) -> None:
    """In the expected number of batches, none too large or empty."""
    batches = epoch_batches(lengths, batch_size=batch_size, seed=seed, epoch=epoch)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert len(batches) == steps_per_epoch(len(lengths), batch_size)
    assert all(1 <= len(batch) <= batch_size for batch in batches)


@given(LENGTHS, st.integers(1, 17), st.integers(0, 99), st.integers(0, 9))
def test_nothing_else_affects_the_order(lengths: list[int], batch_size: int, seed: int, epoch: int) -> None:
    """Such as earlier random numbers of this process: so resuming is exact."""
    before = epoch_batches(lengths, batch_size=batch_size, seed=seed, epoch=epoch)
    random.seed(seed + 1)
    epoch_batches(lengths, batch_size=batch_size, seed=seed, epoch=epoch + 1)
    assert epoch_batches(lengths, batch_size=batch_size, seed=seed, epoch=epoch) == before


def test_epochs_and_seeds_differ() -> None:
    """Else the model would learn the order."""
    lengths = [10 + index % 7 for index in range(64)]
    orders = {
        tuple(epoch_batches(lengths, batch_size=8, seed=seed, epoch=epoch)) for seed in (0, 1) for epoch in (0, 1)
    }
    assert len(orders) == 4


def test_a_batch_has_similar_lengths() -> None:
    """Within a stretch of batches they are sorted."""
    lengths = [1 + (index * 37) % 100 for index in range(128)]
    spread = [
        max(lengths[i] for i in batch) - min(lengths[i] for i in batch)
        for batch in epoch_batches(lengths, batch_size=8, seed=0, epoch=0)
    ]
    assert max(spread) <= 10
