"""Account passwords: Argon2id in PHC strings (RFC 9106, second recommended option: 64 MiB, 3 passes, 4 lanes)."""

import secrets

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from appliance.foundation.errors import AuthenticationError, IntegrityError

MEMORY_KIB = 65536
ITERATIONS = 3
LANES = 4
SALT_BYTES = 16
HASH_BYTES = 32


def hash_password(password: str) -> str:
    """Return the PHC string to store."""
    derivation = Argon2id(
        salt=secrets.token_bytes(SALT_BYTES),
        length=HASH_BYTES,
        iterations=ITERATIONS,
        lanes=LANES,
        memory_cost=MEMORY_KIB,
    )
    return derivation.derive_phc_encoded(password.encode("utf-8", "surrogatepass"))


def verify_password(password: str, phc: str) -> None:
    """Raise `AuthenticationError` unless `phc` is of this password, `IntegrityError` if it is not a PHC string."""
    try:
        Argon2id.verify_phc_encoded(password.encode("utf-8", "surrogatepass"), phc)
    except InvalidKey:
        raise AuthenticationError("password.wrong") from None
    except ValueError:
        raise IntegrityError("password.damaged") from None
