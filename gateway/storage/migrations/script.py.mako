"""${message}."""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
serves = ${repr(down_revision)}
"""The oldest version whose gateways go on working on what this makes."""


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
