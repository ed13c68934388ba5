"""Key slots, key hierarchy, sealed files, encrypted database, passwords.

Importing the package is cheap, because workers use `appliance.vault.stream` alone.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from appliance.vault.database import Database
    from appliance.vault.vault import Vault


def __getattr__(name: str) -> Any:
    """Import the database's libraries on demand."""
    if name == "Vault":
        from appliance.vault.vault import Vault  # noqa: PLC0415

        return Vault
    if name == "Database":
        from appliance.vault.database import Database  # noqa: PLC0415

        return Database
    raise AttributeError(name)
