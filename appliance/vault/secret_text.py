"""Secrets of slots as text, as stored in files, typed and printed.

    APPLIANCE-RECOVERY-1 <64 hexadecimal digits>     the 32-byte seed of a recovery key (see `hybrid`)
    APPLIANCE-CREDENTIAL-1 <64 hexadecimal digits>   the 32 bytes of a systemd credential
    anything else                                    a passphrase, unchanged

A recovery key is also printed as 24 words of BIP 39: the same 256 bits with an 8-bit checksum. A recovery file has both
lines; either one is enough. Case and spacing of words do not matter, and a mistyped word is almost always noticed (255
of 256).
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
    """Return the content of a recovery file: a line for programs and a line for people."""
    return f"{RECOVERY} {secret.hex()}\n{write_words(secret)}\n"


def write_credential(secret: CredentialSecret) -> str:
    """Return the content of a systemd credential."""
    return f"{CREDENTIAL} {secret.hex()}\n"


def read_secret(text: str) -> SlotSecret:
    """Return the secret in `text`. Raises `InputError` for an incomplete or mistyped key."""
    for header, kind in ((RECOVERY, RecoverySecret), (CREDENTIAL, CredentialSecret)):
        words = text[:MAX_TEXT_CHARACTERS].split()
        if words and words[0] == header:
            try:
                data = bytes.fromhex(words[1])
            except (IndexError, ValueError):
                data = b""
            if len(data) != KEY_BYTES:
                raise InputError("secret.damaged", header=header, digits=2 * KEY_BYTES)
            return kind(data)
    return text


def read_words(text: str) -> RecoverySecret:
    """Return the recovery key in 24 words, or in a recovery file's text. Raises `InputError`."""
    secret = read_secret(text)
    if isinstance(secret, RecoverySecret):
        return secret
    words = text[:MAX_TEXT_CHARACTERS].lower().split()
    if len(words) != WORDS:
        raise InputError("recovery.words", expected=WORDS, count=len(words))
    mnemonic = Mnemonic("english")
    unknown = [number for number, word in enumerate(words, start=1) if word not in mnemonic.wordlist]
    if unknown:
        raise InputError("recovery.words:unknown-word", position=unknown[0])
    if not mnemonic.check(" ".join(words)):
        raise InputError("recovery.words:checksum")
    return RecoverySecret(mnemonic.to_entropy(words))
