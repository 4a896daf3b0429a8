"""The protocol-neutral login: what is asked, what comes back, what is next.

Owns: login messages, transactions, the dispatcher that alone decides the next step.
Must not know: SAML, OIDC or pages; it declares the contracts that they fulfil (`contracts.py`).
"""
