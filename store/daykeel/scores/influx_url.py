"""From a URL to the InfluxDB it names."""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from daykeel.scores.influx import InfluxScores
from daykeel.scores.influx_server import WRITE_PATIENCE_S, Address, Server

FORM = (
    "use influxdb://HOST:PORT/ORGANISATION/PREFIX?token_file=PATH, or influxdbs:// for TLS;"
    " further options are retention_days=DAYS and, with TLS, ca_file=PATH"
)
PORT = 8086
_HTTP = {"influxdb": "http", "influxdbs": "https"}
_OPTIONS = {"influxdb": {"token_file", "retention_days"}}
_OPTIONS["influxdbs"] = _OPTIONS["influxdb"] | {"ca_file"}


class Named(NamedTuple):
    """What the URL of an InfluxDB names."""

    address: Address
    prefix: str
    retention_days: int | None


def open_influx(url: str, *, patience_s: float = WRITE_PATIENCE_S) -> InfluxScores:
    """Return the store at `url`; nothing connects before it is used.

    Parameters
    ----------
    url
        Of the form of `named`.
    patience_s
        How long a call that fails is repeated.

    Raises
    ------
    ValueError
        As `named` does.
    """
    address, prefix, retention_days = named(url)
    server = Server(address, patience_s=patience_s)
    return InfluxScores(server, prefix, retention_days=retention_days)


def named(url: str) -> Named:
    """Return what a URL names.

    Raises
    ------
    ValueError
        The URL is not of the form, or there is no token in the file it names.

    Examples
    --------
    >>> named("influxdb://localhost/daykeel")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: no InfluxDB is named like this; use influxdb://HOST:PORT/...
    """
    parts = urlsplit(url)
    names = [unquote(one) for one in parts.path.strip("/").split("/") if one]
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    is_of_the_form = (
        parts.hostname
        and parts.username is None
        and len(names) == 2  # noqa: PLR2004  organisation and prefix
        and "token_file" in options
        and options.keys() <= _OPTIONS[parts.scheme]
    )
    if not is_of_the_form:
        raise ValueError(f"no InfluxDB is named like this; {FORM}")
    org, prefix = names
    where = parts.netloc if parts.port else f"{parts.netloc}:{PORT}"
    ca_file = Path(options["ca_file"]) if "ca_file" in options else None
    token = _token(Path(options["token_file"]))
    address = Address(f"{_HTTP[parts.scheme]}://{where}", org, token, ca_file)
    return Named(address, prefix, _days(options))


def _token(path: Path) -> str:
    try:
        token = path.read_text().strip()
    except OSError as error:
        raise ValueError(f"the token of InfluxDB cannot be read: {error}") from None
    if not token:
        raise ValueError(f"there is no token of InfluxDB in {path}")
    return token


def _days(options: dict[str, str]) -> int | None:
    told = options.get("retention_days")
    if told is None:
        return None
    if not told.isdecimal():
        raise ValueError(f"retention_days is a number of days, 0 for ever, not {told!r}")
    return int(told)
