"""State: contracts and their backends.

Owns: the short-lived store (SQLite, Redis), the lasting records (SQLAlchemy, Alembic migrations) and sealing.
Must not know: what the bytes mean, nor who asks.
"""
