"""Sluis: a federated identity gateway for Dutch education.

Each room below has one task; `docs/architecture.md` has the map, and `pyproject.toml` holds the floors.
"""
