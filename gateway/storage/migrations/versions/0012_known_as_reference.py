"""That a service heard of a change is found by the login that brought it, whoever's account it is by then."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Find by reference."""
    op.create_index("ix_known_as_reference", "known_as", ["reference"])
