"""The configuration files as types, a file for each kind. `docs/reference/settings.md` is generated from them."""
