"""Where the SAML metadata of a party is; the same for both kinds of party."""

from pydantic import Field, model_validator

from gateway.settings.fields import FileName, Id, Model, Text


class SamlMetadata(Model):
    """A file beside the entry, or an entity of a source."""

    metadata: FileName | None = Field(default=None, description="File with its SAML metadata, beside this one")
    metadata_source: Id | None = Field(
        default=None, description="Id of an entry of `metadata/*.yaml` that has its metadata, instead of a file"
    )
    entity_id: Text | None = Field(
        default=None, description="Its entityID, where the file or source holds the metadata of several entities"
    )
    metadata_certificate: FileName | None = Field(
        default=None, description="Certificate (PEM), beside this file, whose key must have signed the metadata file"
    )

    @model_validator(mode="after")
    def _one_place(self) -> "SamlMetadata":
        if (self.metadata is None) == (self.metadata_source is None):
            raise ValueError("metadata is missing: name a file with metadata, or a metadata_source, one of both")
        if self.metadata_source is not None and self.entity_id is None:
            raise ValueError("entity_id is missing: which entity of metadata_source it is")
        if self.metadata_source is not None and self.metadata_certificate is not None:
            raise ValueError("metadata_certificate belongs to a file; the source has certificates of its own")
        return self
