"""The gateway as OpenID provider towards services (OpenID Connect Core 1.0, OAuth 2.0 with RFC 9700 and RFC 9207).

Owns: the checks of every endpoint, codes and tokens, ID tokens, UserInfo, discovery, logout at a service's wish.
Must not know: SAML, schools, what may be released (`release` decides), the kept reading of a person (`login.kept`).

How it is laid out, and where more of a protocol belongs:

- Each endpoint has one module with one visible tuple of `check_*` functions (`authorize.CLIENT` and `.WISHES`,
  `client_authentication.CHECKS`, `token.CHECKS` of each grant, `protected.CHECKS`). A second entrance to an endpoint
  runs the same tuple: pushed authorization requests (RFC 9126, `par`) run `client_authentication.CHECKS` and then those
  of the authorization endpoint over the pushed parameters, keep them under a `request_uri`, and
  `sender.check_pushed` takes them back when the browser comes. A request object (RFC 9101) is unpacked into
  `Parameters` behind it, by `sender.check_request_object`.
- How a client may prove who it is: a row in `client_authentication.METHODS` (`certificates` knows those of RFC 8705).
- What binds a token to its sender: `senders` finds the key (of a DPoP proof, RFC 9449, in `proofs`; or of a
  certificate), `token.check_sender` asks for it, `grants.Grant.key` keeps its thumbprint, `protected.check_sender` asks
  for it again.
- A stricter profile is a `Profile` on the client: `fapi2` sets what the client has to do (`federation.build`), and is
  asked for by name where a rule has no switch of its own (`client_keys.algorithms_of`, audiences, rotation).
"""
