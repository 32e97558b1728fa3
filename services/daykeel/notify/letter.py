"""What a letter says: a count and a random link, and nothing else."""

from dataclasses import dataclass
from hashlib import sha256

from daykeel.records.desk import CLIENT, TEST
from daykeel.records.letters import Outgoing


@dataclass(frozen=True, slots=True)
class Said:
    """The words of a letter."""

    subject: str
    body: str


def said(letter: Outgoing, public_url: str) -> Said:
    """Return the words; those to a client are always the same.

    >>> print(said(Outgoing(1, "mail", "a@b.example", "x", "digest", 2), "https://d.example").body)
    2 new entries.
    <BLANKLINE>
    https://d.example/n/x
    <BLANKLINE>
    """
    if letter.occasion == TEST:
        return Said("Test", "This address works.\n")
    link = f"{public_url.rstrip('/')}/n/{letter.link}"
    if letter.occasion == CLIENT:
        return Said("A reminder", f"Please have a look when it suits you.\n\n{link}\n")
    told = "1 new entry" if letter.count == 1 else f"{letter.count} new entries"
    return Said(told, f"{told}.\n\n{link}\n")


def mark(letter: Outgoing) -> str:
    """Return what is the same whenever the letter goes to its address, and tells nothing."""
    return sha256(f"{letter.link}/{letter.id}".encode()).hexdigest()[:32]
