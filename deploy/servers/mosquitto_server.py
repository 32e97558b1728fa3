"""One Mosquitto with TLS, which only those may enter whom `daykeel mosquitto` has written down."""

import base64
import hashlib
import os
import secrets
import socket
import ssl
from pathlib import Path
from string import Template

from cache import HERE, program, run
from place import Launch, Place, write_private

TEMPLATE = HERE.parents[1] / "services" / "daykeel" / "ingest" / "mosquitto.conf"
BRIDGE = "daykeel-ingest"
ITERATIONS = 101
DAYS = "3650"


class Mosquitto:
    """Debian's Mosquitto; at first ingest alone may connect, with the password made here."""

    name = "mosquitto"
    ports = 1

    def install(self) -> None:
        """Look for the packages; they are the system's to install."""
        _broker()
        _openssl()

    def prepare(self, place: Place) -> Launch:
        """Write certificates, who may enter, and the configuration, where they are not there."""
        folder, data = place.folder, self.data(place)
        data.mkdir(mode=0o700, exist_ok=True)
        if not (folder / "cert.pem").exists():
            _certificates(folder)
        password = place.secret("ingest.password").read_text()
        if not (folder / "passwords").exists():
            write_private(folder / "acl", f"user {BRIDGE}\ntopic read #\n")
            write_private(folder / "passwords", f"{BRIDGE}:{hashed(password)}\n")
        named = {"cert": folder / "cert.pem", "key": folder / "key.pem", "data": data}
        text = Template(TEMPLATE.read_text()).substitute(
            named, folder=folder, host="127.0.0.1", port=place.ports[0]
        )
        # As root it would become another account, which may not look into root's folders.
        as_root = "user root\n" if os.geteuid() == 0 else ""
        write_private(folder / "mosquitto.conf", text + as_root)
        return Launch([_broker(), "-c", str(folder / "mosquitto.conf")])

    def answers(self, place: Place) -> bool:
        """Tell whether it shows its certificate."""
        known = ssl.create_default_context(cafile=place.folder / "ca.pem")
        try:
            with (
                socket.create_connection(("127.0.0.1", place.ports[0]), 2) as connection,
                known.wrap_socket(connection, server_hostname="127.0.0.1"),
            ):
                return True
        except OSError:
            return False

    def settle(self, place: Place) -> None:
        """Do nothing: who may enter is written by `daykeel mosquitto`."""

    def data(self, place: Place) -> Path:
        """Return the folder of the messages that wait."""
        return place.folder / "data"

    def url(self, place: Place) -> str:
        """Return the address as Daykeel's settings name it, with the credential of ingest."""
        folder = place.folder
        return (
            f"mqtts://{BRIDGE}@127.0.0.1:{place.ports[0]}"
            f"?password_file={folder / 'ingest.password'}&ca_file={folder / 'ca.pem'}"
        )


def hashed(password: str) -> str:
    """Return a password as Mosquitto keeps it."""
    salt = secrets.token_bytes(12)
    derived = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return "$".join(
        (
            "",
            "7",
            str(ITERATIONS),
            base64.b64encode(salt).decode(),
            base64.b64encode(derived).decode(),
        )
    )


def _broker() -> str:
    how = "apt-get install mosquitto"
    return program("mosquitto", how, "/usr/sbin", "/usr/local/sbin")


def _openssl() -> str:
    return program("openssl", "apt-get install openssl")


def _certificates(folder: Path) -> None:
    """Make an authority of its own and, last, a certificate for this machine."""
    openssl = _openssl()
    made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", DAYS]
    authority = ["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Daykeel on loopback"]
    said = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"]
    authority += [word for one in said for word in ("-addext", one)]
    run([openssl, "req", "-x509", *made, *authority], folder)
    run(
        [
            *(openssl, "req", "-x509", *made, "-CA", "ca.pem", "-CAkey", "ca.key"),
            *("-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
            *("-addext", "authorityKeyIdentifier=keyid", "-addext", "extendedKeyUsage=serverAuth"),
        ],
        folder,
    )
