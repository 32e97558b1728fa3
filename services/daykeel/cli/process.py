"""`daykeel ingest` and its like: one process of an installation, set by its environment.

The command becomes the process, so that signals reach it and nothing of the command line stays.
"""

import os
import sys
from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Add nothing: a process takes its settings from the environment."""
    parser.epilog = "Settings come from the environment: docs/operating.md lists them."


def run(args: Namespace) -> int:
    """Become the process of this name."""
    os.execv(sys.executable, [sys.executable, "-m", f"daykeel.{args.command}"])  # noqa: S606  our own module by name
