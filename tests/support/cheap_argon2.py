"""Argon2id with the least memory and one pass. At full cost a key takes half a second, and many tests derive dozens.

Everything else is as in the product, so what is derived here opens only what was made here. Tests for which the cost is
a promise (see `tests/unit/conftest.py`) and those of `tests/integration` and `tests/browser` derive at full cost.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

MODULES = ("appliance.vault.slots", "appliance.vault.passwords")
LEAST_KIB_A_LANE = 8


def derivation(*, lanes: int, **parameters: Any) -> Argon2id:
    """Return a derivation that ignores what it should cost."""
    return Argon2id(lanes=lanes, **{**parameters, "iterations": 1, "memory_cost": LEAST_KIB_A_LANE * lanes})


derivation.verify_phc_encoded = Argon2id.verify_phc_encoded  # type: ignore[attr-defined]  # the string has its cost


@contextmanager
def cheap_argon2(made_by: Any = derivation) -> Iterator[None]:
    """Derive keys this way in the modules of the vault."""
    with patch(f"{MODULES[0]}.Argon2id", made_by), patch(f"{MODULES[1]}.Argon2id", made_by):
        yield
