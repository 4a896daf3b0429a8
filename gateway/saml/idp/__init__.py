"""The gateway as identity provider towards services: requests in, responses out.

Owns: the checks of an AuthnRequest, the Response, and the endpoint of both bindings.
Must not know: the gateway towards identity providers (`sp`), discovery, or what may be released.
"""
