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

    def __init_subclass__(cls, *, code: str = "") -> None:
        """Take the code of a kind of error; without one it has that of its base."""
        cls.default_code = code or cls.default_code

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


class InputError(ApplianceError, code="input"):
    """The input is unusable."""


class NotFoundError(ApplianceError, code="not-found"):
    """The object does not exist, or is not visible to this person."""


class ConflictError(ApplianceError, code="conflict"):
    """The action is not possible in the present state."""


class HomeError(ApplianceError, code="home"):
    """The home is absent, in use, or from a newer version."""


class SealedError(ApplianceError, code="sealed"):
    """The vault is sealed and the action needs its keys."""


class AuthenticationError(ApplianceError, code="authentication"):
    """The caller is unknown."""


class AuthorizationError(ApplianceError, code="authorization"):
    """The caller is known but lacks permission."""


class IntegrityError(ApplianceError, code="integrity"):
    """Data on disk is not what was written."""


class AuditLogError(IntegrityError, code="audit"):
    """The audit log does not verify. `entry` is the sequence number of the first bad entry, where there is one."""

    def __init__(
        self, message: str | Message, /, *, entry: int | None = None, code: str | None = None, **parameters: Parameter
    ) -> None:
        """Keep the first bad entry's sequence number (0-based) with the message."""
        super().__init__(message, code=code, **parameters)
        self.entry = entry


class StorageError(ApplianceError, code="storage"):
    """The disk is full or refuses."""


class IsolationError(ApplianceError, code="isolation"):
    """A sandbox barrier could not be set up, or a probe got through it."""


class WorkerError(ApplianceError, code="worker"):
    """A worker failed."""
