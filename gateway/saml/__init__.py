"""SAML 2.0, both roles: service provider towards schools, identity provider towards services.

Owns: the checks of every SAML message, the messages that the gateway sends, its own metadata documents.
Must not know: what is released or why, pages, other protocols. The only room that imports pysaml2.
"""
