"""The chart gives manifests that Kubernetes knows, with the program's settings and commands, and nobody is root."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from cli.config.settings import Settings
from cli.main import COMMANDS
from cluster.scheduler.types import Role

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "zhenyan"
MANIFESTS = [
    (path.name, manifest)
    for path in sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
    for manifest in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    if manifest
]
# The oldest that the chart names, and the newest that the package knows.
VERSIONS = ("1.25", "1.37")


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [manifest for _, manifest in MANIFESTS if manifest["kind"] == kind]


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    """The template of every pod, by the name of its part."""
    for deployment in of_kind("Deployment"):
        yield deployment["metadata"]["name"], deployment["spec"]["template"]
    for cluster in of_kind("RayCluster"):
        yield "head", cluster["spec"]["headGroupSpec"]["template"]
        for group in cluster["spec"]["workerGroupSpecs"]:
            yield group["groupName"], group["template"]


PODS = dict(pods())
each_pod = pytest.mark.parametrize("part", sorted(PODS))


def chart_renders(values: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """What Helm says of these values, in a process of its own: its code brings a runtime along."""
    program = (
        "import json, sys; from helm_python.chart import Chart\n"
        "chart = Chart.load(sys.argv[1]); values = json.loads(sys.argv[2])\n"
        "chart.validate_schema(values); print(json.dumps(chart.render(values, name='other', namespace='there')))"
    )
    command = [sys.executable, "-c", program, str(CHART), json.dumps(values)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_chart_passes_its_linter_and_the_plain_manifests_are_what_it_gives() -> None:
    command = [sys.executable, "-m", "scripts.render_chart", "--check"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_is_one_that_kubernetes_takes(version: str) -> None:
    seen = set()
    for _, manifest in MANIFESTS:
        if manifest["apiVersion"].startswith("ray.io/"):
            continue
        kubernetes_validate.validate(manifest, version, strict=True)
        seen.add(manifest["kind"])
    assert {"Deployment", "Service", "NetworkPolicy", "PodDisruptionBudget", "PersistentVolumeClaim"} <= seen
    assert "HorizontalPodAutoscaler" in seen


@each_pod
@pytest.mark.parametrize("version", VERSIONS)
def test_every_pod_is_one_that_kubernetes_takes(part: str, version: str) -> None:
    metadata = {"name": part, **PODS[part]["metadata"]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": PODS[part]["spec"]}
    kubernetes_validate.validate(pod, version, strict=True)


@each_pod
def test_no_pod_is_root_or_writes_to_its_image(part: str) -> None:
    spec = PODS[part]["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in spec["containers"]:
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"] is True
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys()
        assert {"cpu", "memory"} <= container["resources"]["limits"].keys()
        written = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
        assert written == {"/data", "/tmp"}


def test_the_user_of_the_image_is_the_one_of_the_pods() -> None:
    user = re.search(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert user is not None
    for pod in PODS.values():
        security = pod["spec"]["securityContext"]
        assert (security["runAsUser"], security["runAsGroup"]) == (int(user[1]), int(user[2]))


@each_pod
def test_a_pod_names_settings_that_are_there_and_holds_no_secret(part: str) -> None:
    for container in PODS[part]["spec"]["containers"]:
        for variable in container["env"]:
            name = variable["name"]
            if name.startswith("ZHENYAN_"):
                setting = name.removeprefix("ZHENYAN_").lower()
                assert setting in Settings.model_fields, name
                if not Settings.model_fields[setting].repr:
                    assert "value" not in variable, f"{name} is a secret"
            if "SECRET" in name or "ACCESS_KEY" in name:
                assert "secretKeyRef" in variable["valueFrom"], name


def test_the_settings_file_is_one_that_the_program_reads() -> None:
    (settings,) = of_kind("ConfigMap")
    written = yaml.safe_load(settings["data"]["zhenyan.yaml"])
    assert written
    assert written.keys() <= Settings.model_fields.keys()
    defaults = yaml.safe_load((ROOT / "configs" / "default.yaml").read_text(encoding="utf-8"))
    Settings(**defaults | written)


def test_the_commands_are_the_programs_own() -> None:
    told = [json.dumps(c.get("args", [])) for pod in PODS.values() for c in pod["spec"]["containers"]]
    web = PODS["zhenyan-web"]["spec"]["containers"][0]["args"]
    capture = PODS["capture"]["spec"]["containers"][0]["args"][0]
    assert web[0] in COMMANDS
    assert capture.endswith("exec zhenyan worker --config /etc/zhenyan/zhenyan.yaml")
    assert "worker" in COMMANDS
    assert sum("zhenyan worker" in text for text in told) == 1


def test_each_group_says_what_it_is_for_in_words_that_the_dispatcher_knows() -> None:
    (cluster,) = of_kind("RayCluster")
    groups = cluster["spec"]["workerGroupSpecs"]
    said = [json.loads(group["rayStartParams"]["resources"].strip('"').replace('\\"', '"')) for group in groups]
    assert sorted(name for one in said for name in one) == sorted(role.resource for role in Role)
    assert cluster["spec"]["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"


def test_ray_is_the_one_of_the_image() -> None:
    (cluster,) = of_kind("RayCluster")
    assert f"\nray=={cluster['spec']['rayVersion']}\n" in (ROOT / "constraints.txt").read_text(encoding="utf-8")


def test_a_worker_has_time_to_hand_over() -> None:
    defaults = yaml.safe_load((ROOT / "configs" / "default.yaml").read_text(encoding="utf-8"))
    assert PODS["capture"]["spec"]["terminationGracePeriodSeconds"] > defaults["worker_hand_over_s"]


def test_nothing_goes_in_or_out_unless_a_policy_names_it() -> None:
    policies = {policy["metadata"]["name"]: policy["spec"] for policy in of_kind("NetworkPolicy")}
    closed = policies["zhenyan-closed"]
    assert (closed.get("ingress"), closed.get("egress")) == (None, None)
    labels = closed["podSelector"]["matchLabels"]
    assert all(labels.items() <= pod["metadata"]["labels"].items() for pod in PODS.values())
    ray = policies["zhenyan-ray"]["ingress"]
    assert [list(source) for rule in ray for source in rule["from"]] == [["podSelector"]]
    for name in ("zhenyan-web", "zhenyan-capture"):
        blocks = [to["ipBlock"] for rule in policies[name]["egress"] for to in rule["to"]]
        assert all("169.254.0.0/16" in block["except"] for block in blocks), "an instance's own credentials"


def test_each_part_has_a_budget_of_disruption() -> None:
    for part, pod in PODS.items():
        labels = pod["metadata"]["labels"].items()
        fitting = [
            budget
            for budget in of_kind("PodDisruptionBudget")
            if budget["spec"]["selector"]["matchLabels"].items() <= labels
        ]
        assert len(fitting) == 1, part


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"settings": {"auth": "none"}}, "/settings/auth"),
        ({"settings": {"auth": "local", "database_url": "postgresql://u:p@h/d"}}, "/settings"),
        ({"web": {"replicas": 0}}, "/web/replicas"),
        ({"web": {"autoscaling": {"most": 4, "cpuPercent": 0}}}, "/web/autoscaling/cpuPercent"),
        ({"web": {"replicas": 3, "autoscaling": {"most": 2}}}, "/web/autoscaling/most"),
        ({"ray": {"autoscaling": {"most": 1}}}, "/ray/autoscaling/most"),
        ({"ray": {"autoscaling": {"freeShare": 0}}}, "/ray/autoscaling/freeShare"),
        ({"ray": {"groups": {"listening": {"replicas": 1}}}}, "listening"),
        ({"databse": {"secret": "x"}}, "databse"),
        ({"image": {"digest": "sha256:short"}}, "/image/digest"),
    ],
)
def test_a_value_that_can_not_be_is_refused_by_its_name(values: dict[str, Any], named: str) -> None:
    refused = chart_renders(values)
    assert refused.returncode != 0
    assert named.strip("/").replace("/", ".") in refused.stderr.replace("/", "."), refused.stderr


def test_what_is_given_is_used_and_what_is_there_already_not_made() -> None:
    digest = "sha256:" + "0" * 64
    values = {"image": {"digest": digest}, "data": {"existingClaim": "mine"}, "objectStore": {"url": ""}}
    given = chart_renders(values)
    assert given.returncode == 0, given.stderr
    texts = json.loads(given.stdout)
    everything = "\n".join(texts.values())
    assert f"zhenyan@{digest}" in everything
    assert "PersistentVolumeClaim" not in everything
    assert "claimName: mine" in everything
    assert "AWS_SECRET_ACCESS_KEY" not in everything
    assert "namespace: there" in everything


def test_the_pages_grow_by_what_they_use_and_shrink_slowly() -> None:
    (scaler,) = of_kind("HorizontalPodAutoscaler")
    (web,) = of_kind("Deployment")
    spec = scaler["spec"]
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": web["metadata"]["name"]}
    assert "replicas" not in web["spec"], "each rollout would take the copies back that the scaler made"
    assert spec["minReplicas"] < spec["maxReplicas"]
    (metric,) = spec["metrics"]
    assert metric["resource"]["name"] == "cpu"
    requests = web["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]
    assert "cpu" in requests, "the share is one of what is requested"
    down, up = spec["behavior"]["scaleDown"], spec["behavior"]["scaleUp"]
    assert down["stabilizationWindowSeconds"] > up["stabilizationWindowSeconds"]
    assert [policy["value"] for policy in down["policies"]] == [1], "one of a part at a time, as its budget has it"


def test_without_a_scaler_the_pages_have_so_many_copies() -> None:
    given = chart_renders({"web": {"replicas": 3, "autoscaling": {"most": 0}}})
    assert given.returncode == 0, given.stderr
    texts = json.loads(given.stdout)
    manifests = [one for text in texts.values() for one in yaml.safe_load_all(text) if one]
    assert "HorizontalPodAutoscaler" not in {one["kind"] for one in manifests}
    (web,) = (one for one in manifests if one["kind"] == "Deployment")
    assert web["spec"]["replicas"] == 3


def test_captures_grow_by_places_only_if_that_is_asked_for() -> None:
    (fixed,) = of_kind("RayCluster")
    assert fixed["spec"]["enableInTreeAutoscaling"] is False
    assert all(group["minReplicas"] == group["maxReplicas"] for group in fixed["spec"]["workerGroupSpecs"])
    given = chart_renders({"ray": {"autoscaling": {"most": 9, "freeShare": 0.25}}})
    assert given.returncode == 0, given.stderr
    manifests = [one for text in json.loads(given.stdout).values() for one in yaml.safe_load_all(text) if one]
    (cluster,) = (one["spec"] for one in manifests if one["kind"] == "RayCluster")
    assert cluster["enableInTreeAutoscaling"] is True
    assert cluster["autoscalerOptions"]["idleTimeoutSeconds"] == 600
    assert cluster["autoscalerOptions"]["securityContext"]["runAsNonRoot"] is True
    bounds = {g["groupName"]: (g["replicas"], g["minReplicas"], g["maxReplicas"]) for g in cluster["workerGroupSpecs"]}
    assert bounds["capture"] == (2, 2, 9)
    assert bounds["hearing"] == (1, 1, 1)
    pods = {g["groupName"]: g["template"]["spec"] for g in cluster["workerGroupSpecs"]}
    pods["head"] = cluster["headGroupSpec"]["template"]["spec"]
    assert {name for name, pod in pods.items() if pod["automountServiceAccountToken"]} == {"head"}
    told = {v["name"]: v.get("value") for v in pods["capture"]["containers"][0]["env"]}
    assert told["ZHENYAN_WORKER_FREE_SHARE"] == "0.25"
    (head,) = (one for one in manifests if one["metadata"]["name"] == "other-head" and one["kind"] == "NetworkPolicy")
    assert head["spec"]["egress"] == [
        {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"protocol": "TCP", "port": 443}]}
    ]
    for pod in pods.values():
        written = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": pod}
        kubernetes_validate.validate(written, VERSIONS[-1], strict=True)
