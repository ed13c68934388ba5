"""The home's own life: create it, open and close the vault, report its state."""

from dataclasses import dataclass, field

from appliance.audit import ObjectRef
from appliance.foundation.atomic_files import make_private_folder
from appliance.foundation.errors import ApplianceError, ConflictError, HomeError
from appliance.foundation.json_records import OPTIONAL, SENTENCE
from appliance.foundation.messages import Message, message
from appliance.foundation.roles import FIRST_ROLE
from appliance.identity import create_user, default_project, list_users, verify_user_name
from appliance.services.context import APPLIANCE, HOME, OPERATOR, Caller, ServiceContext
from appliance.services.notices import LogDamage, reminders
from appliance.services.object_kinds import FOLDERS
from appliance.services.operations import operation
from appliance.vault import Vault

RESTORING = "restoring"  # there while a backup is being restored: what is here may be removed


class Serving:
    """Whether this process serves, and at which address, or does one command."""

    def __init__(self, context: ServiceContext) -> None:
        del context
        self.on = False
        self.address = ""


@dataclass(frozen=True)
class FirstAccount:
    """The first account of a new home, with its one-time password, which is shown this once."""

    user: str
    password: str


@dataclass(frozen=True)
class HomeState:
    """How a home is. What needs the keys is None while they are sealed.

    `log_problem` says why nothing can be done now, since it could not be logged; `log_damage` what is wrong with old
    entries of the log. `address` is where the pages are while they are served.
    """

    home: str
    sealed: bool
    log_entries: int
    log_problem: Message | None = field(metadata=SENTENCE)
    log_damage: Message | None = field(metadata=SENTENCE)
    users: int | None = field(default=None, metadata=OPTIONAL)
    reminders: list[Message] | None = field(default=None, metadata=OPTIONAL)
    address: str = field(default="", metadata=OPTIONAL)


def create_home(context: ServiceContext, passphrase: str, *, first_user: str = "admin") -> FirstAccount:
    """Make keys, database and folders, and the first account (a trainer who also administers needs two accounts).

    Raises `HomeError` when there is a home already, `InputError` for a name that no account may have.
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
    with context.act(OPERATOR, "user.create", ObjectRef("user", "first"), {"role": FIRST_ROLE}) as recorded:
        with context.database.begin() as connection:
            default_project(connection, context.clock)
            user_id, password = create_user(connection, context.clock, first_user, FIRST_ROLE, None)
        recorded.target = ObjectRef("user", user_id)
    return FirstAccount(first_user, password)


@operation("unseal", action="vault.unseal", on="home")
def unseal_vault(context: ServiceContext, caller: Caller, *, passphrase: str) -> HomeState:
    """Open the vault of a running server. Raises `ConflictError` without one, `AuthenticationError`."""
    context.verify_allowed(caller, "vault.unseal", HOME)
    _verify_serving(context)
    context.unseal(passphrase)
    return status(context, caller)


@operation("seal", action="vault.seal", on="home")
def seal_vault(context: ServiceContext, caller: Caller) -> HomeState:
    """Make the server forget the keys; a running job checkpoints first. Raises `ConflictError` without a server."""
    context.verify_allowed(caller, "vault.seal", HOME)
    _verify_serving(context)
    with context.act(caller, "vault.seal", HOME):
        context.seal()
    return status(context, caller)


def reseal_when_idle(context: ServiceContext, *, busy: bool) -> bool:
    """Forget the keys, if nobody asked and no job ran for as long as the policy says, and tell whether it did."""
    minutes = context.limits.vault.reseal_after_idle_minutes
    if busy:
        context.last_asked_us = context.clock.monotonic_us()
    idle_us = context.clock.monotonic_us() - context.last_asked_us
    if not minutes or context.sealed or idle_us < minutes * 60 * 1_000_000:
        return False
    with context.log.action(APPLIANCE, "vault.seal", HOME, {"idle_minutes": minutes}):
        context.seal()
    return True


@operation("status", action="appliance.status", on="home")
def status(context: ServiceContext, caller: Caller) -> HomeState:
    """Return whether the vault is open, how long the log is, and what is due soon."""
    context.verify_allowed(caller, "appliance.status", HOME)
    users, due = None, None
    if not context.sealed:
        with context.database.begin() as connection:
            users = len(list_users(connection))
            due = reminders(context, connection=connection)
        if not any(slot.kind == "recovery" for slot in context.vault.slots):  # nobody may be able to open it one day
            due.insert(0, message("home-no-recovery-key"))
    problem, damage, address = _log_problem(context), context.part(LogDamage).found, context.part(Serving).address
    return HomeState(str(context.home), context.sealed, context.log.size, problem, damage, users, due, address)


def _verify_serving(context: ServiceContext) -> None:
    if not context.part(Serving).on:
        raise ConflictError("server.absent")


def _log_problem(context: ServiceContext) -> Message | None:
    try:
        context.log.verify_writable()
    except ApplianceError as error:
        return error.message
    return None
