"""SAML 2.0, both roles: towards identity providers (`sp`), towards services (`idp`), and the gateway's own metadata.

Owns: bindings, messages, the checks of what comes in, the only imports of saml2.
Must not know: pages, storage backends, or what may be released.
"""
