"""Whether this gateway can take logins, and if not, why; and what an operator must look at although it can."""

from collections.abc import Callable, Mapping, Sequence

import structlog

from gateway.domain.errors import SluisError

log = structlog.get_logger("sluis")

Check = Callable[[], None]
"""Returns when all is well; raises SluisError with the reason when it is not."""

Warnings = Callable[[], Mapping[str, str]]
"""Name -> sentence of what is wrong while logins go on. It names configuration, never a person, and no secret."""


class Health:
    """Named checks, and sources of warnings, carried out when asked."""

    def __init__(self, checks: Mapping[str, Check], warnings: Sequence[Warnings] = ()) -> None:
        self._checks = dict(checks)
        self._warnings = tuple(warnings)

    def problems(self) -> dict[str, str]:
        """Name of each failing check -> error code; empty when ready."""
        failing = {}
        for name, check in self._checks.items():
            try:
                check()
            except SluisError as error:
                log.warning("not_ready", problem=name, code=error.code, cause=str(error.cause))
                failing[name] = error.code.value
        return failing

    def warnings(self) -> dict[str, str]:
        """What must be looked at, though logins go on; empty when all is well."""
        return {name: said for source in self._warnings for name, said in source().items()}
