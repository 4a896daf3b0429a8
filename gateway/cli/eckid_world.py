"""What the commands about batches at Nummervoorziening work on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from gateway.cli.database import records_of
from gateway.cli.loading import Configuration, configuration_or_exit
from gateway.domain.clock import SystemClock
from gateway.domain.randomness import SystemRandomness
from gateway.federation.models import EckIdSource, IdentityProvider, IdpId, School
from gateway.parts import eck_id_batches_of, nummervoorziening_endpoint, vault_of
from gateway.pseudonyms.nummervoorziening.batches import EckIdBatches
from gateway.pseudonyms.nummervoorziening.client import Nummervoorziening
from gateway.pseudonyms.nummervoorziening.lists import KnownLists
from gateway.pseudonyms.nummervoorziening.stamps import StampBatches
from gateway.settings.models.nummervoorziening import NummervoorzieningEntry
from gateway.storage.eck_id_batches import SqlEckIdBatches
from gateway.storage.eck_id_lists import SqlLists
from gateway.storage.vault import Vault

_SECONDS = 120.0
"""For one call: a batch is large, and nobody waits to log in."""


@dataclass(frozen=True, slots=True)
class EckIdWorld:
    """An operator, with the gateway's configuration, database and certificate at hand."""

    configuration: Configuration
    entry: NummervoorzieningEntry
    service: Nummervoorziening
    vault: Vault
    store: SqlEckIdBatches
    batches: EckIdBatches
    lists: KnownLists
    clock: SystemClock

    def school(self, brin: str) -> School:
        """One that may ask. Raises click.UsageError."""
        schools = self.configuration.federation.schools.values()
        found = next((one for one in schools if str(one.brin) == brin), None)
        if found is None or found.oin is None:
            raise click.UsageError(f"no school {brin} with an `oin`")
        if found.sector.eck.value not in self.entry.sectors:
            raise click.UsageError(f"nummervoorziening.sectors does not name the sector of {brin}")
        return found

    def stamps(self, school: School) -> StampBatches:
        """What submits hashes of a school with an `oin`."""
        assert school.oin is not None
        return StampBatches(
            service=self.service,
            store=self.store,
            vault=self.vault,
            oin=school.oin,
            most=self.entry.batch,
            clock=self.clock,
        )

    def provider(self, idp: str) -> IdentityProvider:
        """One whose accounts are in the vault. Raises click.BadParameter."""
        return vault_provider(self.configuration, idp)


@contextmanager
def eck_id_world(directory: Path) -> Iterator[EckIdWorld]:
    """Opened for one command. Raises click.UsageError where nobody asks Nummervoorziening."""
    configuration = configuration_or_exit(directory)
    settings = configuration.settings
    entry = settings.gateway.nummervoorziening
    if entry is None:
        raise click.UsageError("gateway.yaml has no nummervoorziening")
    clock = SystemClock()
    service = Nummervoorziening(replace(nummervoorziening_endpoint(settings, entry), seconds=_SECONDS))
    try:
        with records_of(settings) as engine:
            vault = vault_of(engine, configuration.keys, SystemRandomness())
            store = SqlEckIdBatches(engine, vault)
            batches = eck_id_batches_of(
                settings, entry, configuration.federation, service=service, store=store, vault=vault, clock=clock
            )
            lists = KnownLists(service=service, store=SqlLists(engine), clock=clock)
            yield EckIdWorld(configuration, entry, service, vault, store, batches, lists, clock)
    finally:
        service.close()


def vault_provider(configuration: Configuration, idp: str) -> IdentityProvider:
    """An identity provider whose accounts are in the vault. Raises click.BadParameter."""
    provider = configuration.federation.identity_providers.get(IdpId(idp))
    if provider is None or EckIdSource.VAULT not in provider.eck_id_sources:
        raise click.BadParameter(f"no identity provider {idp} uses the vault", param_hint="--idp")
    return provider
