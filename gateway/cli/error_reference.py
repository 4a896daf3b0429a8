"""`docs/reference/errors.md`, written from the catalogue and its texts: `python -m gateway.cli.error_reference`."""

import sys
from collections.abc import Iterator

from gateway.domain.errors import CATALOGUE, Audience, ErrorCode, SluisError
from gateway.domain.language import Language
from gateway.oidc.op.errors import oauth_error
from gateway.pages.error_texts import text_of
from gateway.pages.texts import say
from gateway.saml.status import STATUSES

_HEAD = """# Errors

Every error has a code. It stands in the details of its page, beside the reference of ten characters, in the log
(`sluis find REF`), in `sluis_logins_total` and in the ledger. A page says what happened and what to do; what it says
stands here as well.

What a service is told is the status of its protocol, SAML or OAuth, and beside it the reference: in `StatusMessage` of
SAML, in `error_description` of OAuth. A supplier passes it on to a helpdesk, which finds the login by it. Where the
supplier itself must mend its request, what is wrong with it stands there too; of a login it never hears more.

| who can mend it | is |
|---|---|
"""
_WHO = {
    Audience.PERSON: "whoever logs in, by doing it again or otherwise",
    Audience.SCHOOL: "the school, or whoever runs its identity provider or administration",
    Audience.SERVICE: "the supplier of the service",
    Audience.OPERATOR: "the operator of the gateway: the log has the cause",
}


def reference() -> str:
    """The page, in Markdown."""
    return _HEAD + "".join(f"| {one} | {said} |\n" for one, said in _WHO.items()) + "".join(_groups())


def _groups() -> Iterator[str]:
    current = ""
    for code in ErrorCode:
        group = code.partition("_")[0]
        if group != current:
            current = group
            yield f"\n## {group}\n\n| code | page | who | what the page says | what to do | service is told |\n"
            yield "|---|---|---|---|---|---|\n"
        kind, text = CATALOGUE[code], text_of(code)
        title, what, do = (say(Language.EN, f"error.{text}.{part}") for part in ("title", "what", "do"))
        yield (f"| `{code}` | {kind.http_status} | {kind.audience} | **{title}.** {what} | {do} | {_told(code)} |\n")


def _told(code: ErrorCode) -> str:
    """Both words: SAML's second-level code, or its first where there is none, and OAuth's."""
    status = STATUSES[CATALOGUE[code].peer]
    saml = (status.second or status.top).rpartition(":")[2]
    return f"`{saml}`, `{oauth_error(SluisError(code))}`"


if __name__ == "__main__":
    sys.stdout.write(reference())
