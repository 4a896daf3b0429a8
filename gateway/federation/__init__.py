"""Who takes part: schools, identity providers, services, agreements, and their trusted SAML metadata.

Owns: the immutable snapshot that every login reads, built once from the settings; look-ups are O(1).
Must not know: how a login goes, or what is released.
"""
