"""What schools and regulators read: figures of the ledger, and the register of processing.

Owns: what is counted, which numbers are too small to show, the pages, CSV and JSON of it.
Must not know: web frameworks, SAML or OIDC. What it reads holds no value of an attribute, and neither does what it
writes.
"""
