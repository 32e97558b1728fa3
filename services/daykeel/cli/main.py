"""The `daykeel` command: finds the module of what was asked for and runs it."""

import argparse
import io
import sys
from collections.abc import Sequence
from importlib import import_module

from daykeel.cli.say import Refused

COMMANDS = {
    "demo": ("daykeel.cli.demo", "play weeks of nine synthetic clients and look at the result"),
    "up": ("daykeel.cli.up", "run an installation on this machine"),
    "canary": ("daykeel.canary.__main__", "prove every few minutes that the whole path works"),
    "client": ("daykeel.cli.client", "add a client and the credentials of their devices"),
    "account": ("daykeel.cli.account", "add somebody who signs in, or give them a new link"),
    "doctor": ("daykeel.cli.doctor", "say what is wrong with an installation, and what to do"),
    "quarantine": ("daykeel.cli.quarantine", "see what was refused, replay it or drop it"),
    "rescore": ("daykeel.cli.rescore", "compute everything anew, or look whether it differs"),
    "evaluate": ("daykeel.cli.evaluate", "simulate how often the rules alert, and how soon"),
    "notices": ("daykeel.cli.notices", "say when people work and where letters go"),
    "mosquitto": ("daykeel.cli.mosquitto", "write down for a Mosquitto who may enter"),
    "create": ("daykeel.cli.create", "declare the log's topics, before the processes start"),
    "ingest": ("daykeel.cli.process", "run the process that takes messages in"),
    "stream": ("daykeel.cli.process", "run the process that folds and scores"),
    "sink": ("daykeel.cli.process", "run the process that stores scores"),
    "alerts": ("daykeel.cli.process", "run the process that keeps alerts"),
    "notify": ("daykeel.cli.process", "run the process that lets notices leave"),
    "api": ("daykeel.cli.process", "run the process of pages and API"),
    "pulse": ("daykeel.cli.pulse", "tell whether a process makes progress"),
    "rules": ("daykeel.cli.rules", "set by which rules charts signal, for a client or everybody"),
    "backtest": ("daykeel.cli.backtest", "show what other rules would have told of a client"),
    "normalise": ("daykeel.files.normalise", "show what a payload of a device becomes"),
    "replay": ("daykeel.files.replay", "publish a recording as a device would"),
}
"""Name -> module with `add_arguments(parser)` and `run(args) -> int`, and what it does."""


INTERRUPTED = 130
"""Exit code of what was ended by Ctrl-C."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 2 where it refuses."""
    _speak_in_any_encoding()
    given = list(sys.argv[1:] if argv is None else argv)
    arguments = parser_for(given).parse_args(given)
    try:
        return int(import_module(COMMANDS[arguments.command][0]).run(arguments))
    except Refused as error:
        sys.stderr.write(f"daykeel {arguments.command}: {error}\n")
        return error.code
    except KeyboardInterrupt:
        return INTERRUPTED


def _speak_in_any_encoding() -> None:
    """Let a terminal that cannot show a letter miss that letter, not the password after it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def parser_for(given: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser; only the module of the command that was given is imported."""
    parser = argparse.ArgumentParser(prog="daykeel", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, does) in COMMANDS.items():
        command = commands.add_parser(name, help=does, description=does)
        if given[:1] == [name]:
            import_module(module).add_arguments(command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
