"""SAML metadata of others, parsed into values once, at load."""
