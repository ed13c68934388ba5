"""Accounts: create them, list them, and change one's own password."""

from dataclasses import dataclass

from appliance.audit import ObjectRef
from appliance.identity import User, change_password, choose_language, create_user, list_users
from appliance.services.context import Caller, ServiceContext
from appliance.services.operations import operation
from appliance.services.sessions import OpenSessions, counted


@dataclass(frozen=True)
class NewAccount:
    """An account that was just created, with its one-time password, which is shown this once."""

    id: str
    name: str
    role: str
    password: str


def set_password(context: ServiceContext, caller: Caller, old: str, new: str) -> None:
    """Change one's own password. Raises `AuthenticationError`, `InputError` for a weak one."""
    acting = context.act(caller, "password.change", ObjectRef("user", caller.user_id))
    with context.part(OpenSessions).forgetting(), acting:
        counted(context, lambda connection: change_password(connection, context.clock, caller.user_id, old, new))


def set_language(context: ServiceContext, caller: Caller, language: str) -> None:
    """Choose the language in which one reads the pages. Raises `InputError`."""
    target = ObjectRef("user", caller.user_id)
    acting = context.act(caller, "language.change", target, {"language": language[:8]})
    with context.part(OpenSessions).forgetting(), acting, context.database.begin() as connection:
        choose_language(connection, caller.user_id, language)


@operation("user.add", action="user.create", on="user")
def add_user(context: ServiceContext, caller: Caller, *, name: str, role: str) -> NewAccount:
    """Create an account. Raises `InputError`, `ConflictError` for a name that is taken."""
    with context.act(caller, "user.create", ObjectRef("user", "new"), {"role": role}) as recorded:
        user_id, password = context.query(create_user, context.clock, name, role, None)
        recorded.target = ObjectRef("user", user_id)
    return NewAccount(user_id, name, role, password)


@operation("user.list", action="user.list", on="user")
def all_users(context: ServiceContext, caller: Caller) -> list[User]:
    """Return the accounts, without anything secret."""
    context.look(caller, "user.list", ObjectRef("user", "all"))
    return context.query(list_users)
