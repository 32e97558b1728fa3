"""What Mosquitto reads: who may enter, and on which topics each one may speak and listen.

Everybody in the records may publish on their own topics and hear what is sent to their own
devices; ingest hears what devices say, and nobody else hears anything of it.
"""

import os
import secrets
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template

from daykeel.ingest.bridge import CLIENT_ID, TOPICS
from daykeel.ingest.directory import Credential
from daykeel.log.admission import matches
from daykeel.records.secrets import BROKER_SCHEME, broker_hash, device_password

CONFIGURATION = "mosquitto.conf"
PASSWORDS = "passwords"
ACL = "acl"
INGEST_PASSWORD = "ingest.password"  # noqa: S105  the name of a file

TO_DEVICE = "cmd"
COMMANDS = f"daykeel/v1/+/+/+/{TO_DEVICE}"
"""What is sent to devices, which ingest does not hear."""
GROUP_READS, OWNER_READS = 0o640, 0o600


def passwords(credentials: Iterable[Credential], ingest_hash: str) -> str:
    """Return the password file: ingest, and each device that may send.

    Of a credential whose hash Mosquitto does not understand there is no line; see `outdated`.
    """
    known = [one for one in credentials if one.enabled and not is_outdated(one)]
    lines = [(CLIENT_ID, ingest_hash), *((one.username, one.secret_hash) for one in known)]
    return "".join(f"{_word(name)}:{kept}\n" for name, kept in lines)


def is_outdated(credential: Credential) -> bool:
    """Return whether a device needs a new credential before Mosquitto can know its password."""
    return not credential.secret_hash.startswith(BROKER_SCHEME)


def acl(credentials: Iterable[Credential]) -> str:
    """Return the list of what each may do; what is not in it is refused."""
    told = [f"user {CLIENT_ID}", f"topic deny {COMMANDS}"]
    told += [f"topic read {topic}" for topic in TOPICS]
    for one in credentials:
        if one.enabled:
            told += ["", f"user {_word(one.username)}"]
            told += [f"topic write {_line(topic)}" for topic in one.topics]
            told += [f"topic read {_line(topic)}" for topic in _commands(one.topics)]
    return "\n".join(told) + "\n"


def configuration(**named: object) -> str:
    """Return the configuration of a broker.

    Parameters
    ----------
    named
        `folder` of the other files, `data` of what waits, `host`, `port`, `cert` and `key`.
    """
    return Template(files(__package__).joinpath(CONFIGURATION).read_text()).substitute(named)


def write(folder: Path, credentials: Sequence[Credential]) -> None:
    """Write password file and list anew, and the password of ingest if there is none."""
    password = folder / INGEST_PASSWORD
    if not password.exists():
        replace(password, device_password(), OWNER_READS)
    replace(folder / ACL, acl(credentials), GROUP_READS)
    kept = broker_hash(password.read_text().strip())
    replace(folder / PASSWORDS, passwords(credentials, kept), GROUP_READS)


def replace(file: Path, text: str, mode: int) -> None:
    """Write a file whole or not at all, readable to whom `mode` says from its first moment."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(draft, flags, mode), "w") as out:
        out.write(text)
    draft.replace(file)


def _commands(filters: Iterable[str]) -> list[str]:
    """Return the topics on which something may be sent to a device, of those it writes on.

    >>> _commands(["daykeel/v1/c/daykeel/phone/#", "SleepAsAndroid/d"])
    ['daykeel/v1/c/daykeel/phone/cmd']
    """
    whole = [one.removesuffix("#") + TO_DEVICE for one in filters if one.endswith("/#")]
    return [topic for topic in whole if any(matches(one, topic) for one in filters)]


def _word(name: str) -> str:
    """Return a user name that cannot be taken for something else in either file."""
    if not name.isprintable() or any(mark in name for mark in " :#"):
        raise ValueError("a user name has a character that Mosquitto's files cannot hold")
    return name


def _line(topic: str) -> str:
    if not topic.isprintable():
        raise ValueError("a topic has a character that Mosquitto's list cannot hold")
    return topic
