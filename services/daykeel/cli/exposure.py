"""Where an installation listens and how it is reached: beyond this machine only with TLS."""

import ipaddress
import ssl
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from daykeel.cli.folder import Reached
from daykeel.cli.say import Refused

LAST_PORT = 65535
LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104  only ever with a certificate
NOT_IN_NAMES = frozenset("/:@?# ")
HTTP_PORT, MQTT_PORT, MQTT_TLS_PORT, HTTPS_PORT = 8080, 1883, 8883, 443


@dataclass(frozen=True, slots=True)
class Exposure:
    """Addresses to listen on, the certificate for both, and the names others use."""

    listen: str
    http_port: int
    mqtt_port: int
    reached: Reached
    cert: Path | None = None
    key: Path | None = None

    def environment(self) -> Mapping[str, str]:
        """Return the settings of the processes that listen."""
        scheme = "embedded+tls" if self.cert else "embedded"
        settings = {
            "DAYKEEL_MQTT": f"{scheme}://{self.listen}:{self.mqtt_port}",
            "DAYKEEL_HTTP": f"{self.listen}:{self.http_port}",
            "DAYKEEL_PUBLIC_URL": self.reached.url,
        }
        if self.cert and self.key:
            settings |= {"DAYKEEL_CERT": str(self.cert), "DAYKEEL_KEY": str(self.key)}
        return settings


def add_exposure(parser: ArgumentParser) -> None:
    """Add the options that say where to listen."""
    parser.add_argument("--port", type=port, default=HTTP_PORT, help="of the pages and the API")
    parser.add_argument("--mqtt-port", type=port, help="of the broker: 1883, or 8883 with --cert")
    parser.add_argument("--public-host", metavar="NAME", help="name by which others reach us")
    parser.add_argument("--cert", type=Path, help="certificate chain for HTTPS and MQTT")
    parser.add_argument("--key", type=Path, help="private key of --cert")
    parser.add_argument(
        "--behind-proxy",
        metavar="URL",
        help="https URL of a reverse proxy that ends TLS for the pages and for MQTT",
    )
    parser.add_argument(
        "--proxy-mqtt-port", type=port, default=MQTT_TLS_PORT, help="TLS port of MQTT at the proxy"
    )
    parser.add_argument("--listen", metavar="ADDRESS", help="address to listen on")


def port(text: str) -> int:
    """Return the number of a port somebody asked for."""
    number = int(text)
    if not 1 <= number <= LAST_PORT:
        raise ArgumentTypeError(f"a port is a number from 1 to {LAST_PORT}")
    return number


def exposure(args: Namespace) -> Exposure:
    """Return what the options ask for.

    Raises
    ------
    Refused
        Something would be in the open without TLS, or the options contradict each other.
    """
    _check(args)
    made = _with_certificate(args) if args.cert else _without(args)
    if made.http_port == made.mqtt_port:
        raise Refused("--port and --mqtt-port must be two")
    return made


def _without(args: Namespace) -> Exposure:
    listen, mqtt_port = args.listen or LOOPBACK, args.mqtt_port or MQTT_PORT
    if args.behind_proxy:
        url = args.behind_proxy.rstrip("/")
        reached = Reached(url, args.public_host, args.proxy_mqtt_port, mqtt_tls=True)
        return Exposure(listen, args.port, mqtt_port, reached)
    reached = Reached(f"http://{LOOPBACK}:{args.port}", LOOPBACK, mqtt_port, mqtt_tls=False)
    return Exposure(listen, args.port, mqtt_port, reached)


def _with_certificate(args: Namespace) -> Exposure:
    _check_certificate(args.cert, args.key)
    mqtt_port = args.mqtt_port or MQTT_TLS_PORT
    port = "" if args.port == HTTPS_PORT else f":{args.port}"
    reached = Reached(f"https://{args.public_host}{port}", args.public_host, mqtt_port, True)
    listen = args.listen or EVERYWHERE
    return Exposure(listen, args.port, mqtt_port, reached, args.cert.resolve(), args.key.resolve())


def _check(args: Namespace) -> None:
    if bool(args.cert) != bool(args.key):
        raise Refused("--cert and --key belong together")
    if args.cert and args.behind_proxy:
        raise Refused("either we end TLS (--cert, --key) or the proxy does (--behind-proxy)")
    if args.public_host and not (args.cert or args.behind_proxy):
        raise Refused(
            "--public-host needs --cert FILE --key FILE, or --behind-proxy https://… that ends TLS "
            "for the pages and for MQTT; without it passwords and health data would be in the open"
        )
    if (args.cert or args.behind_proxy) and not args.public_host:
        raise Refused("--cert and --behind-proxy need --public-host NAME")
    if args.listen and not args.cert and not is_loopback(args.listen):
        raise Refused(
            f"{args.listen} is not this machine alone: that needs --cert and --public-host"
        )
    if args.public_host and set(args.public_host) & NOT_IN_NAMES:
        raise Refused("--public-host is a name alone, such as daykeel.example.org")
    _check_proxy(args.behind_proxy)


def _check_proxy(url: str | None) -> None:
    if url is None:
        return
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.path.strip("/"):
        raise Refused("--behind-proxy must be an https:// URL without a path")


def _check_certificate(cert: Path, key: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, lambda: "")
    except OSError as error:
        raise Refused(f"--cert and --key cannot be used: {error}") from error


def is_loopback(address: str) -> bool:
    """Return whether only this machine can reach the address.

    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
    (True, False)
    """
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return address == "localhost"
