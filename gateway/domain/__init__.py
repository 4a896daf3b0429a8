"""Ground floor: value types and vocabulary of the chain.

Owns: sectors, BRINs, ECK iDs, roles, canonical attributes, errors, and the contracts of time and randomness.
Must not know: anything above it, nor any web, SAML, OIDC or storage library.
"""
