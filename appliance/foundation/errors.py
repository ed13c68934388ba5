"""All errors, in one tree. Each carries a message for people and a code for programs.

ApplianceError
├── InputError            the input is unusable (a file, a row, an option)
├── NotFoundError         the object does not exist, or is not visible to this person
├── ConflictError         not possible in the present state (job already finished, port taken)
├── HomeError             the home itself is absent, in use, or from a newer version
├── SealedError           the vault is sealed and the action needs its keys
├── AuthenticationError   the caller is unknown (wrong passphrase, wrong password, locked out)
├── AuthorizationError    the caller is known but lacks permission
├── IntegrityError        data on disk is not what was written
│   └── AuditLogError     the log does not verify; names the first bad entry
├── StorageError          the disk is full or refuses
├── IsolationError        a sandbox barrier could not be set up, or a probe got through it
└── WorkerError           a worker failed; carries its message

An error is raised with the id of a message (`foundation.messages`) and its parameters; its code is the part of the id
before the colon. A message says what happened, why, and what to do. It never contains secrets or rows of data.
"""

from typing import ClassVar

from appliance.foundation.messages import SENTENCES, TEXT, Message, Parameter


class ApplianceError(Exception):
    """The root. `message` is for people, in any language; `code` (dotted, stable) is for programs."""

    default_code: ClassVar[str] = "error"

    def __init__(self, message: str | Message, /, *, code: str | None = None, **parameters: Parameter) -> None:
        """Keep a message, or an id with parameters. `code` overrides the code taken from the id."""
        self.message = message if isinstance(message, Message) else Message(message, parameters)
        super().__init__(self.message.id)
        generic = self.message.id in {TEXT, SENTENCES}
        self.code = code or (self.default_code if generic else self.message.id.partition(":")[0])

    def __str__(self) -> str:
        """Return the sentence in English."""
        return self.message.english

    @property
    def sentence(self) -> str:
        """Return the sentence in the language of the context."""
        return str(self.message)


class InputError(ApplianceError):
    """The input is unusable."""

    default_code = "input"


class NotFoundError(ApplianceError):
    """The object does not exist, or is not visible to this person."""

    default_code = "not-found"


class ConflictError(ApplianceError):
    """The action is not possible in the present state."""

    default_code = "conflict"


class HomeError(ApplianceError):
    """The home is absent, in use, or from a newer version."""

    default_code = "home"


class SealedError(ApplianceError):
    """The vault is sealed and the action needs its keys."""

    default_code = "sealed"


class AuthenticationError(ApplianceError):
    """The caller is unknown."""

    default_code = "authentication"


class AuthorizationError(ApplianceError):
    """The caller is known but lacks permission."""

    default_code = "authorization"


class IntegrityError(ApplianceError):
    """Data on disk is not what was written."""

    default_code = "integrity"


class AuditLogError(IntegrityError):
    """The audit log does not verify. `entry` is the sequence number of the first bad entry, where there is one."""

    default_code = "audit"

    def __init__(
        self, message: str | Message, /, *, entry: int | None = None, code: str | None = None, **parameters: Parameter
    ) -> None:
        """Keep the first bad entry's sequence number (0-based) with the message."""
        super().__init__(message, code=code, **parameters)
        self.entry = entry


class StorageError(ApplianceError):
    """The disk is full or refuses."""

    default_code = "storage"


class IsolationError(ApplianceError):
    """A sandbox barrier could not be set up, or a probe got through it."""

    default_code = "isolation"


class WorkerError(ApplianceError):
    """A worker failed."""

    default_code = "worker"
