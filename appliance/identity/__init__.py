"""Accounts, roles, sessions, and the project that data belongs to."""

from appliance.identity.sessions import close_session, open_session, resolve_session
from appliance.identity.users import (
    User,
    authenticate,
    change_password,
    choose_language,
    create_user,
    default_project,
    list_users,
    verify_user_name,
)
