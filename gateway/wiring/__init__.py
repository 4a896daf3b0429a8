"""Parts -> what the application is put together from. Only wiring.

Owns: which implementation is handed to whom; which of them the gateway answers with, at which address.
Must not know: how anything is decided, said or stored.
"""
