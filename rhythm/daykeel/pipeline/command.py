"""One command into the tables."""

from daykeel.pipeline import outages
from daykeel.pipeline.state import Command, Tables
from daykeel.pipeline.tables import load_client, save

RESCORE = "rescore"
"""Kind that decides nothing: all is to be computed anew from what was said, and said again."""


def apply(tables: Tables, command: Command) -> bool:
    """Keep the command if it is the highest version of its id; return whether it was."""
    state = load_client(tables, command.client)
    if command.kind == outages.KIND:
        is_news = outages.keep(tables, state, command)
        save(tables.clients, command.client, state)
        return is_news
    known = state.commands.get(command.id)
    if known is not None and known.version >= command.version:
        return False
    state.commands[command.id] = command
    state.everything = True
    state.anew |= command.kind == RESCORE
    save(tables.clients, command.client, state)
    return True
