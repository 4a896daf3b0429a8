"""Levels of assurance in the configuration: everything that does not fit, with its place."""

from click.testing import CliRunner

from gateway.cli import main
from gateway.domain.role import Role
from gateway.parts import assemble
from gateway.settings.loader import load
from tests.support.configuration import FILES, write_configuration

LEVELS = """assurance:
  - {id: basic, names: {nl: een wachtwoord}, context: "https://sluis.example/basic"}
  - {id: code, names: {nl: een code}, context: "https://refeds.org/profile/mfa"}
"""
IDP, SERVICE = "identity-providers/petteflat.yaml", "services/leesplein.yaml"


def files(levels: str = LEVELS, idp: str = "", service: str = "") -> dict[str, str]:
    added = {"gateway.yaml": levels, IDP: idp, SERVICE: service}
    return {name: FILES[name].rstrip("\n") + "\n" + _in_entry(FILES[name], more) for name, more in added.items()}


def _in_entry(file: str, lines: str) -> str:
    """Lines of the last entry of a file, which may be a list of entries."""
    return "".join(f"  {line}\n" for line in lines.splitlines()) if file.startswith("- ") else lines


def said(tmp_path, **changes: str) -> list[str]:
    return CliRunner().invoke(main, ["check", str(write_configuration(tmp_path, files(**changes)))]).output.splitlines()


def test_a_configuration_that_fits_is_what_it_says(tmp_path):
    idp = 'assurance: {code: ["https://refeds.org/profile/mfa", "amr:otp"]}\nassurance_otherwise: basic\n'
    service = "minimum_assurance: basic\nminimum_assurance_of: {employee: code}\n"
    federation = assemble(load(write_configuration(tmp_path, files(idp=idp, service=service)))).federation
    [saying] = [one.assurance for one in federation.identity_providers.values()]
    [needs] = [one.needs for one in federation.services.values()]
    basic, code = federation.levels.values()
    assert (basic.id, code.id, basic < code) == ("basic", "code", True)
    assert saying.of("amr:otp") is code
    assert saying.of("anything else") is basic
    assert needs.of(Role.EMPLOYEE) is code
    assert needs.of(Role.STUDENT) is basic
    assert needs.most is code


def test_what_is_no_level_is_named_with_those_there_are(tmp_path):
    lines = said(
        tmp_path,
        idp="assurance: {cod: [x]}\nassurance_otherwise: bsic\n",
        service="minimum_assurance: cde\nminimum_assurance_of: {employee: card}\n",
    )
    told = "is no level of `assurance` in gateway.yaml; there are: basic, code"
    for level in ("cod", "bsic", "cde", "card"):
        assert any(f" {level} {told}" in line for line in lines), lines
    assert lines[-1].startswith("4 errors")


def test_each_level_has_its_own_id_and_context_and_each_word_one_meaning(tmp_path):
    lines = said(tmp_path, levels=LEVELS + LEVELS.partition("\n")[2], idp="assurance: {basic: [x], code: [y, x]}\n")
    assert sum("two levels have the id" in line for line in lines) == 2
    assert sum("two levels have the context" in line for line in lines) == 2
    assert any("x stands twice; a word means one level" in line for line in lines), lines


def test_a_level_that_nobody_says_is_warned_of(tmp_path):
    lines = said(tmp_path, idp="assurance: {basic: [x]}\n", service="minimum_assurance: code\n")
    assert any("warning: no identity provider says code or a stronger level" in line for line in lines), lines
    reached = said(tmp_path / "2", service="minimum_assurance: basic\n", idp="assurance_otherwise: code\n")
    assert not any("no identity provider says" in line for line in reached)


def test_a_word_with_a_blank_fits_into_no_request(tmp_path):
    assert any("assurance" in line for line in said(tmp_path, idp='assurance: {basic: ["a b"]}\n'))
