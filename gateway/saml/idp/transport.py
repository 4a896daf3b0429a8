"""What arrived at the single sign-on address, by either binding, before anything of it is believed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.federation.metadata.entities import Binding


@dataclass(frozen=True, slots=True)
class SentByRedirect:
    """A GET: its query string, in the very octets that were sent."""

    query: bytes = field(repr=False)
    binding = Binding.REDIRECT


@dataclass(frozen=True, slots=True)
class SentByPost:
    """A POST: the values of the two fields that the binding knows (saml-bindings 3.5.4)."""

    messages: Sequence[str] = field(repr=False)
    relay_states: Sequence[str] = field(repr=False)
    binding = Binding.POST


Sent = SentByRedirect | SentByPost
