"""The vault over HTTP, for systems of schools' administrations: `/api/vault/v1`.

Owns: their tokens (OAuth client credentials), requests and answers, the OpenAPI document.
Must not know: logins, services, or how the vault seals.
"""
