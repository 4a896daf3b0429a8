"""What the processes of a gateway tell each other: whether the last reload was taken, and the last row written."""

import json
import mmap
from collections.abc import Mapping
from contextlib import suppress

_BYTES = 4096
_READ_AGAIN = 5


class Standing:
    """A few words in memory that a process and those that it forks afterwards share.

    It holds warnings, by name, each a sentence that may be shown to anybody who asks for the gateway's health: the
    process that starts the workers writes them. And one octet about the ledger, which every worker writes.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _BYTES)
        self._ledger = mmap.mmap(-1, 1)
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

    @property
    def ledger_fails(self) -> bool:
        """Whether the last row that any worker had for the ledger could not be written."""
        return self._ledger[0] == 1

    @ledger_fails.setter
    def ledger_fails(self, fails: bool) -> None:
        if self._ledger[0] != fails:
            self._ledger[0] = fails
