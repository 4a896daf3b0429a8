"""Traces of `sluis serve`: a login over two workers is one, and a collector that is stuck holds up nobody."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from lxml import etree

from gateway.cli.init import write_configuration
from gateway.observability.reference import trace_of
from tests.bench.parties import Driver, write_parties
from tests.support.browser_like import Tab
from tests.support.child_process import Address, free_address, serving
from tests.support.collector import collector
from tests.support.patient import patient
from tests.support.server_process import eventually

SLUIS = Path(sys.executable).with_name("sluis")


def configured(directory: Path, address: Address, more: str = "") -> Path:
    """A gateway with two workers that lets a service and a school of the bench in."""
    write_configuration(directory, base_url=address.url, rsa_bits=2048, environment="test")
    write_parties(directory)
    with (patient(directory) / "gateway.yaml").open("a") as file:
        file.write(more)
    return directory


def test_a_login_over_two_workers_is_one_trace_and_no_worker_waits_for_the_collector(tmp_path: Path):
    address = free_address("127.0.0.1")
    with collector() as there:
        more = f"tracing: {{endpoint: '{there.endpoint}', share: 1}}\n"
        directory = configured(tmp_path / "gateway", address, more)
        with serving(
            (SLUIS, "serve", directory),
            address=address,
            log=tmp_path / "printed.log",
            ready=lambda: Tab().open(f"{address.url}/health/ready").status == 200,
        ) as process:
            first, second = Driver(address.host, address.port), Driver(address.host, address.port)
            second.begin_at(1000)
            attempt, request = first.begin()
            begun = _last_line(directory)
            os.kill(begun["worker"], signal.SIGSTOP)
            try:
                second.begin()
            finally:
                os.kill(begun["worker"], signal.SIGCONT)
            second.use(first.browser())
            status, _ = second.answer(attempt, etree.tostring(first.response(request)))
            assert status == 200
            ended = _last_line(directory)
            assert ended["event"] == "login_released"
            assert ended["reference"] == begun["reference"]
            assert ended["worker"] != begun["worker"]
            trace = trace_of(begun["reference"]).written
            eventually(lambda: len({one.process["process.pid"] for one in there.of(trace)}) == 2, "both workers told")
            there.open.clear()
            first.login()
            second.login()
            first.close()
            second.close()
            process.terminate()
            assert process.wait(120) == 0
    legs = {one.name: one for one in there.of(trace) if "sluis.reference" in one.told}
    root, answered = legs.pop("saml_idp.single_sign_on"), legs.pop("saml_sp.acs")
    assert not legs
    assert (root.parent, answered.parent) == ("", root.id)
    assert root.process["process.pid"] == begun["worker"]
    assert answered.process["process.pid"] == ended["worker"]
    assert root.begun < root.ended < answered.begun < answered.ended
    assert answered.told["sluis.outcome"] == "released"


def _last_line(directory: Path) -> dict[str, object]:
    return json.loads((directory / "var" / "sluis.log").read_text().splitlines()[-1])


WITHOUT = """
import sys
from pathlib import Path

import gateway.cli.server
from gateway.app import create_app
from gateway.cli.loading import configuration_or_exit
from gateway.parts import parts_of
from gateway.storage import migrate
from gateway.wiring.tracing import trace

found = configuration_or_exit(Path(sys.argv[1]))
parts = parts_of(found.settings, found.keys, found.federation)
migrate.upgrade(parts.engine)
app = create_app(parts)
called = app.before_request_funcs[None], app.after_request_funcs[None], parts.metrics.logins_told
before = [len(functions) for functions in called]
trace(app, parts)()
assert [len(functions) for functions in called] == before
assert app.test_client().get("/").status_code == 200
print(sorted(name for name in sys.modules if name.partition(".")[0] in ("opentelemetry", "google")))
"""
ENDS = """
from gateway.cli.server import _Server
from gateway.observability import tracing

tracing._ENDED_WITHIN = 120
file = Path(sys.argv[1]) / "gateway.yaml"
file.write_text(file.read_text() + "tracing: {endpoint: '" + sys.argv[2] + "', share: 1}\\n")
server = _Server(file.parent, configuration_or_exit(file.parent), None)
server.load().test_client().get("/saml/sp/acs")
server.cfg.worker_exit(None, None)
"""


def test_without_traces_nothing_is_loaded_or_called_and_with_them_a_worker_delivers_what_it_has_at_its_end(
    tmp_path: Path,
):
    directory = configured(tmp_path / "gateway", free_address("127.0.0.1"))
    with collector() as there:
        command = (sys.executable, "-c", WITHOUT + ENDS, directory, there.endpoint)
        ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "[]" in ran.stdout.splitlines(), "modules of OpenTelemetry that are loaded where nobody asks for them"
    [span] = there.spans
    assert (span.name, span.told["sluis.code"]) == ("saml_sp.gone_back_to", "login_finished")
