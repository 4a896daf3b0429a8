"""Schools, eduID, services and Nummervoorziening for `make demo` and for tests: servers, each on a site of its own.

Owns: parties that the gateway can meet. Nothing of the gateway imports it.
"""
