"""A gateway that lets everybody wait: tests run on machines that are busy with other tests."""

from pathlib import Path

PATIENT = "busy: {start_waits: 10m, other_waits: 10m}\n"


def patient(directory: Path) -> Path:
    """Have the gateway with this configuration turn nobody away, however long they wait."""
    file = directory / "gateway.yaml"
    file.write_text(f"{file.read_text().rstrip()}\n{PATIENT}")
    return directory
