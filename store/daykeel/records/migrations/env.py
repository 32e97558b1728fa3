"""Where Alembic runs the migrations: in the transaction that `migrate` has begun."""

from alembic import context


def run() -> None:
    """Run them."""
    context.configure(connection=context.config.attributes["connection"])
    with context.begin_transaction():
        context.run_migrations()


if __name__ == "env_py":  # the name Alembic loads it under
    run()
