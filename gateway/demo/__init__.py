"""Two schools and three services for `make demo` and for tests: real HTTP servers, each on a site of its own.

Owns: parties that the gateway can meet. Nothing imports it.
"""
