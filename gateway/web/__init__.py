"""What every endpoint shares: the browser's cookie, security headers, trusted proxies.

Owns: the HTTP edge that protocols and pages stand on.
Must not know: a protocol, a template, or what a login decides.
"""

from collections.abc import Callable

from flask import Response

from gateway.login.steps import Step

Respond = Callable[[Step], Response]
"""Turns a step into the response that makes the browser take it."""

Browser = Callable[[], str]
"""The id of the browser that this request came from."""
