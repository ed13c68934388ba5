"""The one tree of errors. Each carries a plain sentence for people and a code for programs.

ApplianceError
├── InputError            what somebody brought cannot be used (a file, a row, an option)
├── NotFoundError         there is no such thing, or not for this person
├── ConflictError         it cannot be done in the present state (job already over, port taken)
├── HomeError             the home itself: absent, in use, from a newer version
├── SealedError           the vault is sealed and the act needs its keys
├── AuthenticationError   who asks is not known (wrong passphrase, wrong password, locked out)
├── AuthorizationError    who asks is known and may not
├── IntegrityError        something on disk is not what was written there
│   └── AuditLogError     the log does not verify; names the first bad entry
├── StorageError          the disk is full or refuses
├── IsolationError        a wall could not be put up, or a probe got through it
└── WorkerError           a worker failed; carries its sentence

An error is raised with the id of a message (`foundation.messages`) and its parameters; its code is that id
up to a colon. A sentence says what happened, why, and what to do. It never holds secrets or rows of data.
"""

from typing import ClassVar

from appliance.foundation.messages import SENTENCES, TEXT, Message, Parameter


class ApplianceError(Exception):
    """The root: `message` for people, in whichever language they read, and `code` (dotted, stable) for programs."""

    default_code: ClassVar[str] = "error"

    def __init__(self, said: str | Message, /, *, code: str | None = None, **parameters: Parameter) -> None:
        """Keep a message, or the id of one with its parameters. `code`: where it is another than the id says.

        An id that begins with the class's `default_code` needs no code of its own.
        """
        self.message = said if isinstance(said, Message) else Message(said, parameters)
        super().__init__(self.message.id)
        words = self.message.id in {TEXT, SENTENCES}  # they name no message
        self.code = code or (self.default_code if words else self.message.id.partition(":")[0])

    def __str__(self) -> str:
        """Return the sentence in English."""
        return self.message.english

    @property
    def sentence(self) -> str:
        """Return the sentence in the language of whoever reads it now."""
        return str(self.message)


class InputError(ApplianceError):
    """What somebody brought cannot be used."""

    default_code = "input"


class NotFoundError(ApplianceError):
    """There is no such thing, or not for this person."""

    default_code = "not-found"


class ConflictError(ApplianceError):
    """It cannot be done in the present state."""

    default_code = "conflict"


class HomeError(ApplianceError):
    """The home is absent, in use, or from a newer version."""

    default_code = "home"


class SealedError(ApplianceError):
    """The vault is sealed and the act needs its keys."""

    default_code = "sealed"


class AuthenticationError(ApplianceError):
    """Who asks is not known."""

    default_code = "authentication"


class AuthorizationError(ApplianceError):
    """Who asks is known and may not."""

    default_code = "authorization"


class IntegrityError(ApplianceError):
    """Something on disk is not what was written there."""

    default_code = "integrity"


class AuditLogError(IntegrityError):
    """The audit log does not verify. `entry` is the first bad sequence number, where there is one."""

    default_code = "audit"

    def __init__(
        self, said: str | Message, /, *, entry: int | None = None, code: str | None = None, **parameters: Parameter
    ) -> None:
        """Keep the first bad entry's sequence number (0-based) beside the message."""
        super().__init__(said, code=code, **parameters)
        self.entry = entry


class StorageError(ApplianceError):
    """The disk is full or refuses."""

    default_code = "storage"


class IsolationError(ApplianceError):
    """A wall could not be put up, or a probe got through it."""

    default_code = "isolation"


class WorkerError(ApplianceError):
    """A worker failed."""

    default_code = "worker"
