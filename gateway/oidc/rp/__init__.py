"""The gateway as a relying party: eduID, hubs and directories that speak OpenID Connect.

Owns: what is asked of an OpenID provider, and every check of what it answers.
Must not know: services, or what is released to them.
"""
