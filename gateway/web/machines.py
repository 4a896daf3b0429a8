"""Whose an address is: of browsers; of machines of suppliers, where one asks for a whole country; of the operator's."""

_OF_NOBODY = ("/health/", "/metrics", "/static/", "/favicon.ico")
_OF_SUPPLIERS = (
    "/oidc/token",
    "/oidc/userinfo",
    "/oidc/introspect",
    "/oidc/revoke",
    "/oidc/par",
    "/oidc/jwks",
    "/.well-known/",
    "/saml/metadata/",
    "/saml/idp/slo/soap",
    "/api/",
)


def of_browsers(path: str) -> bool:
    """Whether browsers ask for this path, and what they ask costs something."""
    return not path.startswith(_OF_NOBODY) and not of_suppliers(path)


def of_suppliers(path: str) -> bool:
    """Whether machines of suppliers and of schools ask for it."""
    return path.startswith(_OF_SUPPLIERS)
