"""The decision: what goes to a service, why, attribute by attribute, and the record of it.

Owns: policy, the decision and its record, explain, the ledger.
Must not know: web frameworks, SAML or OIDC.
"""
