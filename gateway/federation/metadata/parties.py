"""Which entities of a source are parties of the configuration."""

from gateway.settings.loader import Settings
from gateway.settings.models.saml_metadata import SamlMetadata


def configured_entities(settings: Settings, source: str) -> frozenset[tuple[str, str]]:
    """The entityIDs that entries name in this source, each with its role there: `idp` or `sp`."""
    kinds = (("idp", settings.identity_providers), ("sp", settings.services))
    return frozenset(
        (entry.value.entity_id, role)
        for role, entries in kinds
        for entry in entries
        if isinstance(entry.value, SamlMetadata)
        and entry.value.metadata_source == source
        and entry.value.entity_id is not None
    )
