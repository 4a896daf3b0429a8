"""Education sectors."""

from enum import StrEnum


class Sector(StrEnum):
    """A sector of Dutch education, as schools and services are registered."""

    PO = "po"
    SO = "so"
    VO = "vo"
    VSO = "vso"
    MBO = "mbo"
    HO = "ho"

    __hash__ = str.__hash__  # Enum has one in Python, and a decision looks up many

    @property
    def eck(self) -> "Sector":
        """The sector in which an ECK iD is issued: so falls under po, vso under vo.

        Source: Regeling pseudonimisering onderwijsdeelnemers (BWBR0040943).
        """
        return _ECK.get(self, self)


_ECK = {Sector.SO: Sector.PO, Sector.VSO: Sector.VO}
