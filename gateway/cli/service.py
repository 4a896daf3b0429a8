"""`sluis service`: add a relying party (`add-oidc`), and what a school is asked to accept with a new set (`diff`)."""

import json
import sys
from hashlib import sha256
from pathlib import Path

import click
import yaml
from pydantic import TypeAdapter, ValidationError

from gateway.cli.fetch_keys import fetch_keys
from gateway.cli.loading import examine, settings_or_exit, show
from gateway.cli.set_diff import diff
from gateway.domain.attribute import Attribute
from gateway.domain.clock import SystemClock
from gateway.domain.randomness import Randomness, SystemRandomness
from gateway.domain.sector import Sector
from gateway.oidc.op.addresses import CONFIGURATION_PATH
from gateway.pages.connect import PATH as SUPPLIER_PATH
from gateway.settings.fields import Id
from gateway.settings.problems import errors

_METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth", "none")
_STRONG = ("private_key_jwt", "tls_client_auth")
_SECRET_BYTES = 32
_FAPI2 = {
    "profile": "FAPI 2.0 Security Profile",
    "require_pushed_authorization_requests": True,
    "id_token_signed_response_alg": "ES256",
}
"""What a supplier has to know more, by the names of client metadata."""


@click.group("service")
def command() -> None:
    """Add services, and compare their attribute sets."""


command.add_command(diff)
command.add_command(fetch_keys)


@command.command("add-oidc")
@click.argument("directory", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("name")
@click.option(
    "--redirect-uri", "redirect_uris", multiple=True, required=True, help="Where answers go; repeat for more."
)
@click.option("--title", help="What people read; the name, if it is not given.")
@click.option("--supplier", default="", help="Name of the supplier.")
@click.option("--contact", default="", help="E-mail address of the supplier.")
@click.option(
    "--sector",
    "sectors",
    multiple=True,
    type=click.Choice([one.value for one in Sector]),
    default=["po", "vo"],
    show_default=True,
    help="Whose schools it is for; repeat for more.",
)
@click.option("--attribute", "attributes", multiple=True, help="ATTRIBUTE=PURPOSE, beside the ECK iD; repeat for more.")
@click.option(
    "--auth", type=click.Choice(_METHODS), default=_METHODS[0], show_default=True, help="How it proves itself."
)
@click.option("--jwks", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its public keys (JWK Set).")
@click.option("--jwks-uri", help="Where it publishes its public keys, in place of --jwks.")
@click.option("--fapi2", is_flag=True, help="Hold it to the FAPI 2.0 Security Profile; not with a secret.")
@click.option("--subject-dn", help="Its name in its certificate (RFC 4514); with --auth tls_client_auth.")
@click.option("--native", is_flag=True, help="An app on the person's own machine.")
@click.option("--logout-uri", "logout_uris", multiple=True, help="Where a logout may end; repeat for more.")
def add_oidc(  # noqa: PLR0917 - click hands in every option by its name
    directory: Path,
    name: str,
    redirect_uris: tuple[str, ...],
    title: str | None,
    supplier: str,
    contact: str,
    sectors: tuple[str, ...],
    attributes: tuple[str, ...],
    auth: str,
    jwks: Path | None,
    jwks_uri: str | None,
    logout_uris: tuple[str, ...],
    subject_dn: str | None,
    *,
    fapi2: bool,
    native: bool,
) -> None:
    """Write services/NAME.yaml, checked, and print what to send to the supplier. A secret is shown this once."""
    settings = settings_or_exit(directory)
    try:
        TypeAdapter(Id).validate_python(name)
    except ValidationError as cause:
        raise click.BadParameter(str(cause.errors()[0]["ctx"]["error"]), param_hint="NAME") from cause
    if (auth == "private_key_jwt") != (jwks is not None or jwks_uri is not None) or (jwks and jwks_uri):
        raise click.UsageError("one of --jwks and --jwks-uri goes with --auth private_key_jwt, and with nothing else")
    if (auth == "tls_client_auth") != (subject_dn is not None):
        raise click.UsageError("--subject-dn goes with --auth tls_client_auth, and with nothing else")
    if fapi2 and auth not in _STRONG:
        raise click.UsageError(f"--fapi2 goes with --auth {' or '.join(_STRONG)}: anything else proves too little")
    bound = _bound(auth) if fapi2 or subject_dn else {}
    path = directory / "services" / f"{name}.yaml"
    keys = directory / "services" / f"{name}.jwks"
    if path.exists() or (jwks is not None and keys.exists()):
        raise click.UsageError(f"{path} is there already")
    secret = _secret(SystemRandomness()) if auth.startswith("client_secret") else None
    entry = {
        "id": name,
        "protocol": "oidc",
        "names": {"nl": title or name},
        "supplier": {"name": supplier or title or name, "contact": contact or "unknown"},
        "sectors": list(sectors),
        **({"application_type": "native"} if native else {}),
        "redirect_uris": list(redirect_uris),
        **({"post_logout_redirect_uris": list(logout_uris)} if logout_uris else {}),
        "token_endpoint_auth_methods": [auth],
        **({"client_secret_hashes": [f"sha256:{sha256(secret.encode()).hexdigest()}"]} if secret else {}),
        **({"jwks": keys.name} if jwks else {}),
        **({"jwks_uri": jwks_uri} if jwks_uri else {}),
        **({"tls_client_auth_subject_dn": subject_dn} if subject_dn else {}),
        **({"profile": "fapi2", "id_token_signed_response_alg": "ES256"} if fapi2 else {}),
        **bound,
        "attribute_sets": {1: _asked(attributes)},
    }
    path.parent.mkdir(exist_ok=True)
    if jwks is not None:
        keys.write_bytes(jwks.read_bytes())
    path.write_text(yaml.safe_dump(entry, sort_keys=False, allow_unicode=True), "utf-8")
    _keep_if_right(directory, path, [keys] if jwks else [])
    click.echo(f"wrote {path}; a release needs an agreement in agreements/ as well\n\nFor the supplier:")
    base = settings.gateway.base_url
    told = {
        "issuer": base,
        "discovery": base + CONFIGURATION_PATH,
        **({"documentation": base + SUPPLIER_PATH} if settings.gateway.supplier_page else {}),
        "client_id": name,
        **({"client_secret": secret} if secret else {}),
        "token_endpoint_auth_method": auth,
        "redirect_uris": list(redirect_uris),
        "scope": "openid eck" + "".join(f" {scope}" for scope in ("profile", "school", "groups", "email")),
        "pkce": "S256",
        **(_FAPI2 if fapi2 else {}),
        **bound,
    }
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))


def _bound(auth: str) -> dict[str, bool]:
    """What its tokens are bound to, as client metadata has it (RFC 9449 5.2, RFC 8705 3.4)."""
    name = "tls_client_certificate_bound_access_tokens" if auth == "tls_client_auth" else "dpop_bound_access_tokens"
    return {name: True}


def _asked(attributes: tuple[str, ...]) -> dict[str, str]:
    asked = {Attribute.ECK_ID.value: "access"}
    for one in attributes:
        attribute, separator, purpose = one.partition("=")
        if not separator or not purpose:
            raise click.BadParameter("ATTRIBUTE=PURPOSE, such as given_name=greeting", param_hint="--attribute")
        asked[attribute] = purpose
    return asked


def _secret(randomness: Randomness) -> str:
    """256 bits in hexadecimal: no character of it means anything to a shell, a form or a header."""
    return randomness.bytes(_SECRET_BYTES).hex()


def _keep_if_right(directory: Path, path: Path, more: list[Path]) -> None:
    """Keep the new files if the configuration has no new error in them; else say what is wrong, and remove them."""
    file = f"services/{path.name}"
    problems = [problem for problem in examine(directory, SystemClock()).problems if problem.place.file == file]
    if errors(problems):
        show(problems)
        for one in (path, *more):
            one.unlink()
        click.echo("nothing was written", err=True)
        sys.exit(1)
