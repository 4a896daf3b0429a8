"""Whether this gateway can take logins, and if not, why."""

from collections.abc import Callable, Mapping

import structlog

from gateway.domain.errors import SluisError

log = structlog.get_logger("sluis")

Check = Callable[[], None]
"""Returns when all is well; raises SluisError with the reason when it is not."""


class Health:
    """Named checks, carried out when asked."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = dict(checks)

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
