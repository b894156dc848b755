"""Container, compose and Kubernetes files: clean, as their schemas want them, and true."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent


def tool(name):
    found = shutil.which(name, path=str(BIN)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def passes(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_container_file_is_clean():
    passes(tool("hadolint"), DEPLOY / "Dockerfile")


def test_scripts_are_clean():
    passes(tool("shellcheck"), DEPLOY / "azure.sh")


def test_compose_fits_its_schema():
    passes(
        tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml"
    )


def test_kubernetes_takes_the_manifest():
    passes(tool("kubernetes-validate"), "--strict", DEPLOY / "kubernetes.yaml")


def dockerfile():
    return (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")


def test_what_is_copied_is_there_and_let_through():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    let_through = {line[1:] for line in ignored if line.startswith("!")}
    assert ignored[0] == "*"
    for line in re.findall(r"^COPY (?!--from)(.*)$", dockerfile(), flags=re.MULTILINE):
        *sources, _place = line.split()
        for source in sources:
            assert (ROOT / source).exists(), source
            assert source in let_through, source


def commands():
    """What the files tell the program, each with where it stands."""
    (cmd,) = re.findall(r"^CMD (\[.*\])$", dockerfile(), flags=re.MULTILINE)
    yield "Dockerfile", json.loads(cmd)
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    for name, service in compose["services"].items():
        yield f"compose {name}", service["command"]
    for made in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()):
        for container in made["spec"].get("template", {}).get("spec", {}).get("containers", ()):
            yield f"kubernetes {made['metadata']['name']}", container["args"]


@pytest.mark.parametrize(("where", "argv"), [*commands()])
def test_the_command_line_knows_what_it_is_told(where, argv):
    import typer

    from sentigram.cli.app import app

    group = typer.main.get_group(app)
    command = group.get_command(group.make_context(where, ["doctor"]), argv[0])
    command.make_context(where, list(map(str, argv[1:])))


def containers():
    for made in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()):
        pod = made["spec"].get("template", {}).get("spec")
        if pod:
            yield pod, pod["containers"][0]


def test_nobody_is_root_and_nothing_is_written_into_the_image():
    assert "USER 10001:10001" in dockerfile()
    for pod, container in containers():
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
    for service in yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
