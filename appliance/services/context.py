"""What every use case works with: the home's parts, who asks, and the one way to act (`ServiceContext.act`)."""

import contextlib
import datetime as dt
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

from appliance.audit import Actor, AuditLog, Details, ObjectRef, Outcome, RecordedAction
from appliance.foundation.clock import Clock
from appliance.foundation.errors import AuthorizationError, HomeError, IsolationError, SealedError
from appliance.foundation.settings import Settings
from appliance.foundation.swap import SWAPS, swap_problem
from appliance.jobs.launcher import Launcher
from appliance.policy import Limits, Principal, Rules
from appliance.vault import Database, Vault
from appliance.vault.secret_text import read_secret

HOME = ObjectRef("home", "home")
LOG = ObjectRef("log", "audit")
SAME_LOOK_US = 60_000_000
MAX_LOOKS = 4096  # remembered; what is forgotten is logged once more
_DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Caller:
    """Who asks: an opaque user id, a role, and the session (empty for the operator on the machine itself)."""

    user_id: str
    role: str
    session: str = ""

    @property
    def actor(self) -> Actor:
        """Return the caller as the log names it."""
        return Actor(self.user_id, self.role, self.session)


OPERATOR = Caller("operator", "operator")
APPLIANCE = Actor("appliance", "system")
NOBODY = Actor("nobody", "none")


class Part(Protocol):
    """What keeps something of a home in memory: made of the context alone."""

    def __init__(self, context: "ServiceContext", /) -> None: ...


_P = TypeVar("_P", bound=Part)
_A = ParamSpec("_A")
_R = TypeVar("_R")


class ServiceContext:
    """The parts of one home that is owned by this process. Thread-safe."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        rules: Rules,
        log: AuditLog,
        launcher: Launcher,
        limits: Limits = _DEFAULT_LIMITS,
        *,
        swaps: Path = SWAPS,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.rules = rules
        self.log = log
        self.launcher = launcher
        self.limits = limits
        self._swaps = swaps
        self.last_asked_us = clock.monotonic_us()
        self.after_unseal: list[Callable[[], None]] = []
        self.before_seal: list[Callable[[], None]] = []
        self._parts: dict[type, Any] = {}
        self._vault: Vault | None = None
        self._sealing = threading.Lock()
        self._looks: dict[tuple[Caller, str, str, str], int] = {}
        self._looking = threading.RLock()

    @property
    def home(self) -> Path:
        """Return the home's folder."""
        return self.settings.home

    @property
    def sealed(self) -> bool:
        """Tell whether the vault's keys are absent from this process."""
        return self._vault is None

    @property
    def vault(self) -> Vault:
        """Return the open vault. Raises `SealedError`."""
        vault = self._vault
        if vault is None:
            raise SealedError("sealed:vault")
        return vault

    @property
    def database(self) -> Database:
        """Return the open database. Raises `SealedError`."""
        return self.vault.database

    def query(self, function: Callable[Concatenate[Connection, _A], _R], *args: _A.args, **kwargs: _A.kwargs) -> _R:
        """Return what `function` does in a transaction of its own. Raises `SealedError`, and what it raises."""
        with self.database.begin() as connection:
            return function(connection, *args, **kwargs)

    def part(self, kind: type[_P]) -> _P:
        """Return the one object of this kind that works on this home, made when it is first asked for.

        What a use case remembers between two calls is kept in such an object, not in the context.
        """
        with self._looking:
            if kind not in self._parts:
                self._parts[kind] = kind(self)
            part: _P = self._parts[kind]
            return part

    def unseal(self, secret: str) -> None:
        """Open the vault and cover the log with a signed checkpoint. `secret` is a slot's, as text (see
        `vault.secret_text`).

        Raises `AuthenticationError`, `AuditLogError`, `HomeError`.
        """
        with self._sealing:
            if self._vault is not None:
                return
            with self.log.action(OPERATOR.actor, "vault.unseal", HOME):
                if self.limits.memory.unencrypted_swap == "refuse" and (problem := swap_problem(self._swaps)):
                    raise IsolationError("memory.swap", problem=problem)
                vault = Vault.open(self.home, read_secret(secret))
                try:
                    vault.settle_log_key(self.log.changed_key)
                    self.log.attach(vault.signer, vault.heads)
                except BaseException:
                    vault.close()
                    raise
                self._vault = vault
        for hook in self.after_unseal:
            hook()

    def adopt(self, vault: Vault) -> None:
        """Use a vault that was just created."""
        with self._sealing:
            if self._vault is not None:
                raise HomeError("home:vault-open")
            self.log.attach(vault.signer, vault.heads)
            self._vault = vault

    def seal(self) -> None:
        """Forget the keys; what needs them waits until the next unseal."""
        for hook in self.before_seal:
            hook()
        with self._sealing:
            if self._vault is not None:
                vault, self._vault = self._vault, None
                self.log.detach()
                vault.close()

    def verify_allowed(self, caller: Caller, action: str, target: ObjectRef) -> None:
        """Raise `AuthorizationError` unless the rules permit it; a denial is logged."""
        self.last_asked_us = self.clock.monotonic_us()
        try:
            self.rules.verify_allowed(Principal(caller.user_id, caller.role), action, target.kind, target.id)
        except AuthorizationError as error:
            self.log.append(caller.actor, action, target, Outcome.DENIED, reason=error.code)
            raise

    def today(self) -> dt.date:
        """Return the day (UTC)."""
        return dt.datetime.fromtimestamp(self.clock.now_us() / 1e6, dt.UTC).date()

    def look(self, caller: Caller, action: str, target: ObjectRef, details: Details | None = None) -> None:
        """Authorise and log a look at what is known of something, before it is shown.

        Pages look again and again while they are open: the same look of the same session is logged once in
        `SAME_LOOK_US`.
        """
        self.verify_allowed(caller, action, target)
        key, now = (caller, action, target.kind, target.id), self.clock.monotonic_us()
        with self._looking:
            seen = self._looks.get(key)
            if seen is not None and now - seen < SAME_LOOK_US:
                return
        self.log.append(caller.actor, action, target, Outcome.SUCCEEDED, details=details or {})
        with self._looking:
            if len(self._looks) >= MAX_LOOKS:
                self._looks.clear()
            self._looks[key] = now

    @contextlib.contextmanager
    def act(
        self, caller: Caller, action: str, target: ObjectRef, details: Details | None = None
    ) -> Iterator[RecordedAction]:
        """Authorise, log the request durably, run the block, log the outcome. The only way in which a use case acts."""
        self.verify_allowed(caller, action, target)
        with self.log.action(caller.actor, action, target, details) as recorded:
            yield recorded
