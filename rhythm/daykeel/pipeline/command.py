"""One command into the tables."""

from daykeel.pipeline.state import Command, Tables
from daykeel.pipeline.tables import load_client, save


def apply(tables: Tables, command: Command) -> bool:
    """Keep the command if it is the highest version of its id; return whether it was."""
    state = load_client(tables, command.client)
    known = state.commands.get(command.id)
    if known is not None and known.version >= command.version:
        return False
    state.commands[command.id] = command
    state.everything = True
    save(tables.clients, command.client, state)
    return True
