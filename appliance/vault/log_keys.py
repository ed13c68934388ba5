"""What the audit log needs of the vault: a signer for checkpoints, and a store for its last head."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from appliance.audit import TreeHead
from appliance.vault.database import Database
from appliance.vault.memory import KeyBytes
from appliance.vault.tables import AUDIT_HEAD

LOG_ORIGIN = "appliance.internal/audit"


class LogSigner:
    """Signs the log's checkpoints (Ed25519)."""

    name = LOG_ORIGIN

    def __init__(self, seed: KeyBytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature."""
        return self._key.sign(message)


class LogHeads:
    """Keeps the log's last head in the encrypted database, so that a replayed older folder is noticed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self) -> TreeHead | None:
        """Return the head that was saved last."""
        with self._database.begin() as connection:
            row = connection.execute(select(AUDIT_HEAD)).first()
        return None if row is None else TreeHead(row.size, row.root)

    def save(self, head: TreeHead) -> None:
        """Save `head`. It survives this process at once, and a power cut after the next transaction of the database.

        Waiting for the disk here would double the cost of every entry (ops/decisions/0020).
        """
        self._database.execute_lazily(
            "INSERT OR REPLACE INTO audit_head (id, size, root) VALUES (1, ?, ?)", (head.size, head.root)
        )
