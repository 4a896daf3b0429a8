"""Typed configuration: models, loader, and every error at once with its file and line.

Owns: the shape of the YAML files and of their errors; keys and secrets as the files refer to them.
Must not know: what the parties do together (`federation`), or any protocol.
"""
