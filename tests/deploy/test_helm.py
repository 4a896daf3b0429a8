"""The Helm chart: rendered by Helm, held to the schemas of Kubernetes, and to what it promises."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from tests.support import helm

CHART = Path(__file__).parents[2] / "deploy/helm/sluis"
OLDEST, NEWEST = "1.27", "1.34"
pytestmark = [
    pytest.mark.stranger,
    pytest.mark.skipif(helm.program() is None, reason="Helm is not installed: .ci/run does it"),
]
Manifests = dict[str, dict[str, Any]]


def by_kind(*options: str) -> Manifests:
    return {document["kind"]: document for document in helm.rendered(CHART, *options)}


@pytest.fixture(scope="module")
def manifests() -> Manifests:
    return by_kind("--set", "ingress.enabled=true", "--set", "configuration.metadata=sluis-metadata")


def test_it_has_no_flaw():
    done = helm.run("lint", "--strict", "--quiet", CHART)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_every_manifest_is_one_of_kubernetes(manifests: Manifests, version: str):
    assert set(manifests) == {
        "Deployment",
        "HorizontalPodAutoscaler",
        "Ingress",
        "Job",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
    }
    for manifest in manifests.values():
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("kind", ["Deployment", "Job"])
def test_pods_have_no_more_rights_than_they_need(manifests: Manifests, kind: str):
    pod = manifests[kind]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (True, 65532)
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    writable = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
    assert writable == {"/tmp", "/etc/sluis/var"}


def test_secrets_come_by_reference(manifests: Manifests):
    pod = manifests["Deployment"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["envFrom"] == [{"secretRef": {"name": "sluis-environment"}}]
    assert "env" not in pod["containers"][0]
    [keys] = [volume for volume in pod["volumes"] if volume["name"] == "keys"]
    assert keys["secret"] == {"secretName": "sluis-keys", "defaultMode": 0o440}
    assert not {"Secret", "ConfigMap"} & set(manifests)


def test_every_mount_has_its_place_in_the_image(manifests: Manifests):
    image = (CHART.parents[1] / "Containerfile").read_text()
    [made] = [line for line in image.splitlines() if line.startswith("RUN mkdir -p /etc/sluis/")]
    mounts = manifests["Deployment"]["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    directories = {mount["mountPath"] for mount in mounts if not mount.get("subPath")}
    assert directories - {"/tmp"} == set(made.split()[3:])


def test_pods_are_replaced_without_a_gap_and_after_the_migration(manifests: Manifests):
    deployment, job = manifests["Deployment"], manifests["Job"]
    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade,pre-rollback"
    [migrates], [serves] = (one["spec"]["template"]["spec"]["containers"] for one in (job, deployment))
    assert migrates["args"] == ["db", "upgrade", "/etc/sluis"]
    assert serves["args"] == ["serve", "/etc/sluis"]
    assert migrates["image"] == serves["image"]
    assert serves["livenessProbe"]["httpGet"]["path"] == "/health/live"
    assert serves["readinessProbe"]["httpGet"]["path"] == "/health/ready"


def test_the_service_and_the_budget_find_the_pods_and_no_migration(manifests: Manifests):
    pods = manifests["Deployment"]["spec"]["template"]["metadata"]["labels"]
    others = manifests["Job"]["spec"]["template"]["metadata"]["labels"]
    service = manifests["Service"]["spec"]["selector"]
    budget = manifests["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"]
    for selector in (service, budget, manifests["Deployment"]["spec"]["selector"]["matchLabels"]):
        assert selector.items() <= pods.items()
        assert not selector.items() <= others.items()
    [among] = manifests["NetworkPolicy"]["spec"]["podSelector"]["matchExpressions"]
    assert {pods[among["key"]], others[among["key"]]} == set(among["values"])


def test_nothing_goes_out_but_to_what_is_named(manifests: Manifests):
    policy = manifests["NetworkPolicy"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    ports = [[port["port"] for port in rule["ports"]] for rule in policy["egress"]]
    assert ports == [[53, 53], [6379], [5432], [443]]
    assert "169.254.0.0/16" in policy["egress"][-1]["to"][0]["ipBlock"]["except"]


def test_a_collector_of_traces_inside_the_cluster_can_be_reached_where_it_is_named():
    to = '[{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "collector"}}}]'
    rules = by_kind("--set-json", f"networkPolicy.traces.to={to}")["NetworkPolicy"]["spec"]["egress"]
    [found] = [rule for rule in rules if rule["ports"] == [{"port": 4318}]]
    assert found["to"] == [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "collector"}}}]


def test_a_collector_outside_the_cluster_can_be_reached_at_its_port():
    options = ("--set-json", 'networkPolicy.traces={"to": [{"ipBlock": {"cidr": "203.0.113.7/32"}}], "port": 4317}')
    rules = by_kind(*options)["NetworkPolicy"]["spec"]["egress"]
    [found] = [rule for rule in rules if rule["ports"] == [{"port": 4317}]]
    assert found["to"] == [{"ipBlock": {"cidr": "203.0.113.7/32"}}]


def test_without_autoscaling_there_are_as_many_as_are_asked_for():
    made = by_kind("--set", "autoscaling.enabled=false", "--set", "replicas=3")
    assert made["Deployment"]["spec"]["replicas"] == 3
    assert "HorizontalPodAutoscaler" not in made


@pytest.mark.parametrize(
    "wrong", ["image.repostory=x", "image.digest=sha256:short", "autoscaling.minReplicas=1", "secrets.keys="]
)
def test_a_wrong_value_is_refused(wrong: str):
    assert helm.run("template", "r", CHART, "--set", wrong).returncode != 0
