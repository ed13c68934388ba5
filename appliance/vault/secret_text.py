"""Secrets of slots as text: what stands in a file, what is typed, what is printed.

    APPLIANCE-RECOVERY-1 <64 hexadecimal digits>     the 32-byte seed of a recovery key (see `hybrid`)
    APPLIANCE-CREDENTIAL-1 <64 hexadecimal digits>   the 32 bytes of a systemd credential
    anything else                                    a passphrase, as it is

A recovery key is printed as 24 words of BIP 39 too: the same 256 bits with an 8-bit checksum. A recovery file has both
lines; either is enough. Words are read whatever their case and spacing, and a mistyped one is nearly always noticed
(255 of 256).
"""

from mnemonic import Mnemonic

from appliance.foundation.errors import InputError
from appliance.vault.keys import KEY_BYTES
from appliance.vault.slots import CredentialSecret, RecoverySecret, SlotSecret

RECOVERY = "APPLIANCE-RECOVERY-1"
CREDENTIAL = "APPLIANCE-CREDENTIAL-1"
WORDS = 24
MAX_TEXT_CHARACTERS = 4096


def write_words(secret: RecoverySecret) -> str:
    """Return the 24 words."""
    return Mnemonic("english").to_mnemonic(bytes(secret))


def write_recovery(secret: RecoverySecret) -> str:
    """Return what a file with a recovery key holds: a line for programs, a line for people."""
    return f"{RECOVERY} {secret.hex()}\n{write_words(secret)}\n"


def write_credential(secret: CredentialSecret) -> str:
    """Return what a systemd credential holds."""
    return f"{CREDENTIAL} {secret.hex()}\n"


def read_secret(text: str) -> SlotSecret:
    """Return the secret in `text`. Raises `InputError` for one that begins as a key and is none."""
    for header, kind in ((RECOVERY, RecoverySecret), (CREDENTIAL, CredentialSecret)):
        words = text[:MAX_TEXT_CHARACTERS].split()
        if words and words[0] == header:
            try:
                data = bytes.fromhex(words[1])
            except (IndexError, ValueError):
                data = b""
            if len(data) != KEY_BYTES:
                raise InputError("secret.damaged", header=header, value=2 * KEY_BYTES)
            return kind(data)
    return text


def read_words(text: str) -> RecoverySecret:
    """Return the recovery key in 24 words, or in a recovery file's text. Raises `InputError`."""
    found = read_secret(text)
    if isinstance(found, RecoverySecret):
        return found
    words = text[:MAX_TEXT_CHARACTERS].lower().split()
    if len(words) != WORDS:
        raise InputError("recovery.words", words=WORDS, words_2=len(words))
    known = Mnemonic("english")
    strange = [number for number, word in enumerate(words, start=1) if word not in known.wordlist]
    if strange:
        raise InputError("recovery.words:recovery-key-word", strange=strange[0])
    if not known.check(" ".join(words)):
        raise InputError("recovery.words:these-words-belong")
    return RecoverySecret(known.to_entropy(words))
