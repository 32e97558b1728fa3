"""Random tokens, their hashes, passwords, and what the installation's key seals."""

import hmac
import secrets
from base64 import b64decode, b64encode
from hashlib import pbkdf2_hmac, sha256
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_NONCE_BYTES = 12
_SCHEME = "sha256:"
_ROUNDS = 101
_SALT_BYTES = 12
BROKER_SCHEME = f"$7${_ROUNDS}$"
"""How Mosquitto marks PBKDF2 with SHA-512, and what `mosquitto_passwd` does by default."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_ID_LENGTH = 10

_passwords = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_at_once = BoundedSemaphore(2)
"""Each check takes 19 MB: a burst of them must not take the machine."""
_NOBODY = _passwords.hash(secrets.token_urlsafe())


class BadKey(ValueError):  # noqa: N818  a fact about the key given
    """The installation's key is not 32 bytes, or not the one the records were sealed with."""


def random_id(prefix: str) -> str:
    """Return a new id of 10 random characters.

    >>> random_id("c")[:2], len(random_id("c"))
    ('c-', 12)
    """
    return f"{prefix}-" + "".join(secrets.choice(_LETTERS) for _ in range(_ID_LENGTH))


def token() -> str:
    """Return 256 random bits, as text for a link or a cookie."""
    return secrets.token_urlsafe(32)


def device_password() -> str:
    """Return 128 random bits, as text that can be typed into a phone."""
    return secrets.token_hex(16)


def hashed(secret: str) -> str:
    """Return what to keep of a random secret; one of a person's own making needs `password_hash`.

    >>> hashed("a")[:15]
    'sha256:ca978112'
    """
    return _SCHEME + sha256(secret.encode()).hexdigest()


def broker_hash(secret: str) -> str:
    """Return what to keep of a device's random password, in the form Mosquitto reads.

    A secret of 128 random bits cannot be guessed, however fast the guesses are checked.
    """
    return _broker_hash(secret, secrets.token_bytes(_SALT_BYTES))


def is_secret(kept: str, said: str) -> bool:
    """Return whether `said` is the secret whose hash was kept, in either form.

    >>> is_secret(hashed("a"), "a"), is_secret(hashed("a"), "b"), is_secret("", "")
    (True, False, False)
    >>> is_secret(broker_hash("a"), "a"), is_secret(broker_hash("a"), "b")
    (True, False)
    """
    if kept.startswith(BROKER_SCHEME):
        again = _broker_hash(said, b64decode(kept.split("$")[3]))
    else:
        again = hashed(said)
    return hmac.compare_digest(kept.encode(), again.encode())


def _broker_hash(secret: str, salt: bytes) -> str:
    derived = pbkdf2_hmac("sha512", secret.encode(), salt, _ROUNDS)
    return f"{BROKER_SCHEME}{b64encode(salt).decode()}${b64encode(derived).decode()}"


def password_hash(password: str) -> str:
    """Return the argon2id hash of a password."""
    with _at_once:
        return _passwords.hash(password)


def is_password(kept: str | None, said: str) -> bool:
    """Return whether `said` is the password; without one it takes as long and is False."""
    with _at_once:
        try:
            _passwords.verify(kept or _NOBODY, said)
        except VerificationError:
            return False
    return kept is not None


class Keys:
    """What is derived from the installation's key, each for one purpose."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise BadKey(f"the installation's key has {len(key)} bytes, not {KEY_BYTES}")
        self._names = AESGCM(_derived(key, b"daykeel names"))
        self._lookups = _derived(key, b"daykeel lookups")
        self._audit = _derived(key, b"daykeel audit")
        self._devices = _derived(key, b"daykeel devices")

    def seal(self, text: str, bound_to: str) -> bytes:
        """Return `text` sealed; it opens only together with `bound_to`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._names.encrypt(nonce, text.encode(), bound_to.encode())

    def unseal(self, sealed: bytes, bound_to: str) -> str:
        """Return what was sealed.

        Raises
        ------
        BadKey
            It was sealed with another key, bound to something else, or changed since.
        """
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._names.decrypt(nonce, rest, bound_to.encode()).decode()
        except InvalidTag:
            raise BadKey("the records were sealed with another key") from None

    def lookup(self, text: str) -> str:
        """Return what to look a text up by that is not kept in the clear."""
        return hmac.new(self._lookups, text.encode(), sha256).hexdigest()

    def device_password(self, username: str) -> str:
        """Return the password of a device of the installation's own, which nobody need keep."""
        return hmac.new(self._devices, username.encode(), sha256).hexdigest()

    def chained(self, previous: str, content: bytes) -> str:
        """Return the digest of one line of the audit after the line with digest `previous`."""
        return hmac.new(self._audit, previous.encode() + content, sha256).hexdigest()


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(key)
