"""The home's own life: create it, open and close the vault, say how it is."""

from typing import Any

from appliance.audit import ObjectRef
from appliance.foundation.atomic_files import make_private_folder
from appliance.foundation.errors import ApplianceError, HomeError
from appliance.identity import create_user, default_project, list_users, verify_user_name
from appliance.services.context import APPLIANCE, HOME, OPERATOR, Caller, ServiceContext
from appliance.services.dataset_origin import reminders
from appliance.vault import Vault

RESTORING = "restoring"  # there while a backup is being restored: what is here may be removed
FOLDERS = ("datasets", "models", "adapters", "jobs", "uploads", "staging")


def create_home(context: ServiceContext, passphrase: str, *, first_user: str = "admin") -> dict[str, Any]:
    """Make keys, database and folders, and the first account (a trainer who also administers needs two accounts).

    Returns the first account's name and its one-time password, which is shown once. Raises `HomeError` when there is a
    home already, `InputError` for a name that no account may have.
    """
    verify_user_name(first_user)
    if Vault.exists(context.home):
        raise HomeError("home.exists")
    if (context.home / RESTORING).exists():
        raise HomeError("home.restoring")
    with context.log.action(OPERATOR.actor, "home.create", HOME):
        for name in FOLDERS:
            make_private_folder(context.home / name)
        context.adopt(Vault.create(context.home, passphrase, context.clock))
    with context.act(OPERATOR, "user.create", ObjectRef("user", "first"), {"role": "trainer"}) as recorded:
        with context.database.begin() as connection:
            default_project(connection, context.clock)
            user_id, password = create_user(connection, context.clock, first_user, "trainer", None)
        recorded.target = ObjectRef("user", user_id)
    return {"user": first_user, "password": password}


def unseal_vault(context: ServiceContext, caller: Caller, passphrase: str) -> dict[str, Any]:
    """Open the vault with a passphrase."""
    context.verify_allowed(caller, "vault.unseal", HOME)
    context.unseal(passphrase)
    return status(context, caller)


def seal_vault(context: ServiceContext, caller: Caller) -> dict[str, Any]:
    """Forget the keys. A running job checkpoints first."""
    with context.act(caller, "vault.seal", HOME):
        context.seal()
    return status(context, caller)


def reseal_when_idle(context: ServiceContext, *, busy: bool) -> bool:
    """Forget the keys when nobody has asked for anything, and no job has run, for as long as the policy says.

    Tells whether it did.
    """
    minutes = context.limits.vault.reseal_after_idle_minutes
    if busy:
        context.last_asked_us = context.clock.monotonic_us()
    idle_us = context.clock.monotonic_us() - context.last_asked_us
    if not minutes or context.sealed or idle_us < minutes * 60 * 1_000_000:
        return False
    with context.log.action(APPLIANCE, "vault.seal", HOME, {"idle_minutes": minutes}):
        context.seal()
    return True


def status(context: ServiceContext, caller: Caller) -> dict[str, Any]:
    """Say whether the vault is open, how long the log is, and what there is."""
    context.verify_allowed(caller, "appliance.status", HOME)
    answer: dict[str, Any] = {"home": str(context.home), "sealed": context.sealed, "log_entries": context.log.size}
    answer["log_problem"] = _log_problem(context)
    answer["log_damage"] = context.log_damage
    if not context.sealed:
        with context.database.begin() as connection:
            answer["users"] = len(list_users(connection))
        answer["reminders"] = [*_ways_in(context), *reminders(context)]
    return answer


def _log_problem(context: ServiceContext) -> str:
    """Return why nothing can be done now, because it could not be logged; "" when all is well."""
    try:
        context.log.verify_writable()
    except ApplianceError as error:
        return error.sentence
    return ""


def _ways_in(context: ServiceContext) -> list[str]:
    """Return what must be said before a home can no longer be opened by anybody."""
    if any(slot.kind == "recovery" for slot in context.vault.slots):
        return []
    return [
        "There is no recovery key. When every passphrase is lost, the data is gone for good, and no backup can be "
        "made: make one with "
        "`appliance key recovery`, and put it in a safe."
    ]
