"""Which identifier: ECK iD sources, pairwise and provisional ids, the subject that a service sees.

Owns: local accounts (as keyed hashes), anchors, subjects, anomalies of identifiers.
Must not know: web frameworks, SAML, OIDC, or what else a service gets.
"""
