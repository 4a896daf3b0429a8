"""What the process that starts the workers tells them: whether the last reload was taken."""

import json
import mmap
from collections.abc import Mapping
from contextlib import suppress

_BYTES = 4096
_READ_AGAIN = 5


class Standing:
    """A few words in memory that a process and those that it forks afterwards share; one of them writes.

    It holds warnings, by name, each a sentence that may be shown to anybody who asks for the gateway's health.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _BYTES)
        self.publish({})

    def publish(self, warnings: Mapping[str, str]) -> None:
        """Let everybody know. Raises ValueError for more than 4096 bytes."""
        written = json.dumps(dict(warnings)).encode()
        if len(written) > _BYTES:
            raise ValueError("more than fits")
        self._memory[:] = written.ljust(_BYTES)

    def warnings(self) -> dict[str, str]:
        """What was published last."""
        for _ in range(_READ_AGAIN):
            # The writer may be half-way; what it has then is no JSON.
            with suppress(ValueError):
                found: dict[str, str] = json.loads(self._memory[:])
                return found
        return {}
