"""Single Logout (saml-profiles-2.0-os 4.4) towards services and identity providers: messages, checks, endpoints."""
