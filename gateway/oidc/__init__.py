"""OpenID Connect: `op`, the gateway as a provider towards services, and the gateway as a relying party.

Owns: every OAuth and OpenID message. The only room that imports a JOSE or OAuth library.
Must not know: SAML; what may be released.
"""
