"""Checks of what others reach: ports, pages, and the broker by its public name."""

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from daykeel.doctor.finding import Ailment, Finding, Level, NothingToSee
from daykeel.doctor.premises import Premises
from daykeel.process.broker import address
from daykeel.process.visit import Broker, NotHeard, broker_at, visit
from daykeel.records.canary import CanaryLogin

ANSWER_S = 5.0
"""How long an answer is waited for."""
EXPIRED = 10
"""What OpenSSL calls it when a certificate is over."""
ANYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  what is listened on, not to listen on
PAGES, MQTT = "pages", "MQTT"


@dataclass(frozen=True, slots=True)
class Door:
    """Where one of our processes listens."""

    what: str
    host: str
    port: int
    process: str
    option: str
    """Of `daykeel up`: what gives it another port."""

    @property
    def reached(self) -> tuple[str, int]:
        """Where one gets to it on this machine."""
        return ("127.0.0.1" if self.host in ANYWHERE else self.host, self.port)


def doors(premises: Premises) -> list[Door]:
    """Return where processes listen, as far as settings say."""
    found = []
    if mqtt := premises.setting("mqtt"):
        broker = address(mqtt)
        process = "ingest" if broker.is_embedded else "the broker"
        found.append(Door(MQTT, broker.host, broker.port, process, "--mqtt-port"))
    if http := premises.setting("http"):
        host, _, port = http.rpartition(":")
        found.append(Door(PAGES, host.strip("[]"), int(port), "api", "--port"))
    return found


def ports(premises: Premises) -> Iterator[Finding]:
    """Yield of each port whether the right one has it: our process, or nobody while stopped."""
    known = doors(premises)
    if not known:
        raise NothingToSee("nothing says where processes listen; start it once with this release")
    for door in known:
        if premises.is_running:
            yield _listens(door, premises)
        elif premises.is_embedded:
            yield _is_free(door)
        else:
            raise NothingToSee("the installation is stopped")


def _listens(door: Door, premises: Premises) -> Finding:
    where = f"port {door.port} of {door.reached[0]}, for {door.what}"
    try:
        socket.create_connection(door.reached, ANSWER_S).close()
    except OSError as error:
        said = f"nobody listens on {where}: {error.strerror or type(error).__name__}"
        advice = f"see whether {door.process} runs, and in {premises.logs} what keeps it"
        return Finding("ports", Level.FAILED, said, advice)
    return Finding("ports", Level.WELL, f"somebody listens on {where}")


def _is_free(door: Door) -> Finding:
    where = f"port {door.port} of {door.host or '0.0.0.0'}, for {door.what}"  # noqa: S104  said
    with socket.socket(socket.AF_INET6 if ":" in door.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((door.host, door.port))
        except OSError as error:
            said = f"{where}, cannot be had: {error.strerror}"
            advice = (
                f"end what has it (`ss -ltnp 'sport = :{door.port}'` shows it), "
                f"or start with another {door.option}"
            )
            return Finding("ports", Level.FAILED, said, advice)
    return Finding("ports", Level.WELL, f"{where}, is free for the next start")


def trust(premises: Premises) -> ssl.SSLContext:
    """Return how devices make sure of us, with our own certificate trusted as well."""
    context = ssl.create_default_context()
    own = premises.file("cert")
    mqtt = premises.setting("mqtt")
    for file in (own, address(mqtt).ca_file if mqtt else None):
        if file is not None:
            context.load_verify_locations(file)
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def pages(premises: Premises) -> str:
    """Return that the API answers, here and by its public name."""
    if not premises.is_running:
        raise NothingToSee("the installation is stopped")
    url = premises.setting("public_url") or (premises.reached.url if premises.reached else None)
    if not url:
        raise NothingToSee("no setting here says how browsers reach the pages")
    _answers(f"{url.rstrip('/')}/healthz", premises)
    return f"pages answer at {url}"


def _answers(url: str, premises: Premises) -> None:
    advice = (
        "see whether `api` runs, and if it does what stands between: the name and its DNS entry, "
        "the firewall, the reverse proxy"
    )
    try:
        context = trust(premises) if url.startswith("https:") else None
        with urlopen(Request(url), timeout=ANSWER_S, context=context) as answer:  # noqa: S310  ours
            said = answer.read(16)
    except HTTPError as error:
        with error:
            raise Ailment(f"{url} answers {error.code}, not 200", advice) from None
    except URLError as error:
        if _is_over(error.reason):
            raise NothingToSee("its certificate is not valid now, see certificate") from None
        raise Ailment(f"{url} does not answer: {_plain(error.reason)}", advice) from None
    except OSError as error:
        raise Ailment(f"{url} does not answer: {_plain(error)}", advice) from None
    if said.strip() != b"ok":
        raise Ailment(f"at {url} something else answers", advice)


def _is_over(error: object) -> bool:
    return isinstance(error, ssl.SSLCertVerificationError) and error.verify_code == EXPIRED


def _plain(error: object) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message)
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__


@dataclass(frozen=True, slots=True)
class PublicBroker(Broker):
    """The broker by the name by which devices know it, and checked as they do."""

    tls: ssl.SSLContext | None = None

    @property
    def context(self) -> ssl.SSLContext | None:
        """How to make sure of it."""
        return self.tls


def broker(premises: Premises, login: Callable[[], CanaryLogin | None]) -> Iterator[Finding]:
    """Yield whether a device gets in at the broker by its public name, as the canary does."""
    if not premises.is_running:
        raise NothingToSee("the installation is stopped")
    public = _public(premises)
    canary = login()
    if canary is None:
        raise NothingToSee("the canary has no credential yet: it gets one when it first runs")
    where = f"{public.host}:{public.port}"
    try:
        visit(public, canary.username, canary.password, (), patience_s=ANSWER_S)
    except NotHeard as error:
        if _is_over(error.__cause__):
            raise NothingToSee("its certificate is not valid now, see certificate") from None
        raise Ailment(
            f"a device cannot sign in at the broker {where}: {_why(error)}",
            _what_to_do(premises, error),
        ) from None
    how = "over TLS" if public.is_tls else "without TLS"
    yield Finding("broker", Level.WELL, f"a device can sign in at the broker {where}, {how}")
    if public.is_tls and not _is_trusted(public):
        yield Finding(
            "broker",
            Level.WARNING,
            f"the certificate of {where} is from nobody a phone trusts by itself",
            "put it on every device, or use one of a public authority",
        )


def public_name(premises: Premises) -> tuple[str, int, bool] | None:
    """Return by which host and port devices know the broker, and whether over TLS."""
    mqtt, reached = premises.setting("mqtt"), premises.reached
    if premises.is_embedded and reached is not None:
        return reached.mqtt_host, reached.mqtt_port, reached.mqtt_tls
    if mqtt is None:
        return None
    named = broker_at(mqtt, cert=premises.file("cert"))
    return named.host, named.port, named.is_tls


def _public(premises: Premises) -> PublicBroker:
    named = public_name(premises)
    if named is None:
        raise NothingToSee("no setting here says which broker it is")
    host, port, is_tls = named
    return PublicBroker(host, port, is_tls, tls=trust(premises) if is_tls else None)


def _why(error: NotHeard) -> str:
    """Return what kept a device out; the address is said already."""
    cause = error.__cause__
    return _plain(cause) if isinstance(cause, OSError) else str(error)


def _what_to_do(premises: Premises, error: NotHeard) -> str:
    if isinstance(error.__cause__, ssl.SSLError):
        return (
            "the certificate must name the public host and be trusted: see `daykeel up --cert`, "
            "or what ends TLS before the broker"
        )
    if isinstance(error.__cause__, OSError):
        return "see the name and its DNS entry, the firewall, and what forwards to the broker"
    if premises.is_embedded:
        return f"see in {premises.logs} what `ingest` says"
    return "write its lists anew with `daykeel mosquitto`, and let it read them (SIGHUP)"


def _is_trusted(public: Broker) -> bool:
    """Return whether a device that was told nothing would trust the certificate."""
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((public.host, public.port), ANSWER_S) as plain,
            context.wrap_socket(plain, server_hostname=public.host),
        ):
            return True
    except OSError:
        return False


def endpoint(url: str) -> tuple[str, int] | None:
    """Return where to see the certificate of an `https` URL."""
    parts = urlsplit(url)
    return (str(parts.hostname), parts.port or 443) if parts.scheme == "https" else None
