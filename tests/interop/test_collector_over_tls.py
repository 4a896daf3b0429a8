"""A collector of traces behind nginx, which ends TLS with a certificate of an authority of one's own."""

import json
import re
from pathlib import Path

import pytest
import yaml

from gateway.demo.federation import DemoFederation
from gateway.observability import tracing
from gateway.wiring.tracing import trace
from tests.support import nginx_proxy
from tests.support.child_process import free_address
from tests.support.collector import collector
from tests.support.demo import running_demo
from tests.support.tls_front import authority

pytestmark = pytest.mark.stranger
SPANS = "sluis_trace_spans_total"


@pytest.mark.skipif(bool(nginx_proxy.why_not()), reason=nginx_proxy.why_not() or "")
@pytest.mark.parametrize("believed", ["known", "other"])
def test_spans_go_to_whom_the_authority_vouches_for_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, believed: str
) -> None:
    """Logins go on either way; what is lost is counted, and told once."""
    monkeypatch.setattr(tracing, "_DELIVERED_WITHIN", 0.9)  # no second try, which comes after a second
    at = free_address("127.0.0.1")
    certificate, key = authority(tmp_path, "known").issue("collector", at.host)
    authority(tmp_path, "other")
    ends = []

    def configure(federation: DemoFederation) -> None:
        (federation.directory / "authorities.pem").write_bytes((tmp_path / f"{believed}.pem").read_bytes())
        entry = {"endpoint": f"https://{at.host}:{at.port}/v1/traces", "share": 1, "authorities": "authorities.pem"}
        with (federation.directory / "gateway.yaml").open("a") as file:
            file.write(yaml.safe_dump({"tracing": entry}))

    with collector() as there:
        behind = there.endpoint.removesuffix("/v1/traces")
        with (
            nginx_proxy.proxy(at, gateway=behind, certificate=certificate, key=key),
            running_demo(tmp_path, configure, made=lambda app, parts: ends.append(trace(app, parts))) as demo,
        ):
            tab = demo.log_in(demo.tab(), "rekentuin", "De Regenboog", "Fenna")
            assert "You are in" in tab.press("Verder").text
            for end in ends:
                end()
            lines = [json.loads(line) for line in demo.log_lines().splitlines()]
            counted = {outcome: demo.metric(SPANS, outcome=outcome) for outcome in ("delivered", "lost", "left_out")}
    told = [(line["event"], line.get("cause")) for line in lines if "traces" in line["event"]]
    arrived = len(there.spans)
    if believed == "known":
        assert {one.name for one in there.spans} >= {"saml_idp.single_sign_on", "saml_sp.acs", "release decision"}
        assert counted == {"delivered": arrived, "lost": 0, "left_out": 0}
        assert told == []
    else:
        assert arrived == 0
        assert counted["lost"] > 5
        assert counted["delivered"] == counted["left_out"] == 0
        assert told == [("traces_not_delivered", "SSLError: unable to get local issuer certificate")] * len(ends)
        assert not re.search(rf":{at.port}\b", json.dumps(lines))
