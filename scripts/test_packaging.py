"""Runs the packaging for CI services in a repository made for it; see test-packaging.sh."""

import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import hashlib

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(sys.argv[1])

DEAD = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: NAME, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress]
  egress:
  - to:
    - podSelector: {}
"""
OPEN = DEAD.replace("NAME", "web").split("  egress")[0] + "  ingress: [{}]\n"
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: registry.example/web, ports: [{containerPort: 80}]}]}
"""


def run(args, cwd, env=None, code=0):
    done = subprocess.run(args, cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == code, f"{args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def git(cwd, *args):
    run(["git", "-c", "user.name=t", "-c", "user.email=t@example.invalid", *args], cwd)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def executable(path, text):
    write(path, text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


class Job:
    """A job of GitHub Actions: a checkout of a pull request, and steps with their outputs."""

    def __init__(self, scratch, name, files):
        self.dir = scratch / name
        origin = self.dir / "origin"
        write(origin / "k8s/pod.yaml", POD)
        write(origin / "k8s/closed.yaml", DEAD.split("  egress")[0].replace("NAME", "closed"))
        git(origin, "init", "--quiet", "--initial-branch=main")
        git(origin, "add", ".")
        git(origin, "commit", "--quiet", "-m", "base")
        self.work = self.dir / "work"
        git(self.dir, "clone", "--quiet", f"file://{origin}", str(self.work))
        git(self.work, "checkout", "--quiet", "-b", "change")
        for path, text in files.items():
            write(self.work / path, text)
        # What actions/checkout leaves: nothing is known of the base.
        git(self.work, "update-ref", "-d", "refs/remotes/origin/main")
        self.temp = self.dir / "temp"
        self.temp.mkdir()
        self.tools = self.dir / "tools"
        self.tools.mkdir()
        self.calls = self.dir / "gh-calls"
        executable(self.tools / "gh", f'#!/bin/sh\nprintf \'%s\\n\' "$*" >>"{self.calls}"\nexit "${{GH_EXIT:-0}}"\n')
        self.summary = self.dir / "summary"
        self.steps = {}
        self.log = ""

    def with_netpolc(self):
        shutil.copy(BINARY, self.tools / "netpolc")
        return self

    def value(self, text, inputs):
        """The expressions that action.yml uses: inputs, outputs of steps, a few of the context."""
        context = {
            "github.base_ref": "main",
            "github.token": "token",
            "github.action_ref": "v9.9.9",
            "github.action_repository": "netpolc/netpolc",
            "github.event.pull_request.number": "7",
        }

        def known(match):
            name = match.group(1).strip()
            if name.startswith("inputs."):
                return inputs[name.removeprefix("inputs.")]
            if name.startswith("steps."):
                _, step, _, output = name.split(".")
                return self.steps.get(step, {}).get(output, "")
            return context[name]

        return re.sub(r"\$\{\{([^}]*)\}\}", known, text)

    def holds(self, condition, inputs):
        text = condition.removeprefix("${{").removesuffix("}}")
        text = re.sub(r"(inputs|steps)\.[\w.-]+", lambda m: repr(self.value("${{ %s }}" % m.group(0), inputs)), text)
        return eval(text.replace("&&", " and ").replace("||", " or "), {})

    def run(self, given, code=0, env=None):
        action = yaml.safe_load((ROOT / "action.yml").read_text())
        assert set(given) <= set(action["inputs"]), given
        inputs = {name: about["default"] for name, about in action["inputs"].items()} | given
        inputs = {name: self.value(value, {}) for name, value in inputs.items()}
        used = []
        for step in action["runs"]["steps"]:
            if not self.holds(step.get("if", "True"), inputs):
                continue
            used.append(step["name"])
            if "uses" in step:
                assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"]), step["uses"]
                for value in step["with"].values():
                    self.value(value, inputs)
                continue
            output = self.dir / "output"
            output.write_text("")
            path = self.dir / "path"
            path.touch()
            before = os.pathsep.join([str(self.tools), *path.read_text().split(), "/usr/local/bin", "/usr/bin", "/bin"])
            environment = {
                "PATH": before,
                "HOME": str(self.dir),
                "RUNNER_TEMP": str(self.temp),
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_PATH": str(path),
                "GITHUB_STEP_SUMMARY": str(self.summary),
                "GITHUB_REPOSITORY": "example/shop",
                **{name: self.value(value, inputs) for name, value in step.get("env", {}).items()},
                **(env or {}),
            }
            # As GitHub runs `shell: bash`.
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            done = subprocess.run(command, cwd=self.work, env=environment, capture_output=True, text=True)
            self.log += done.stdout + done.stderr
            if "id" in step:
                pairs = (line.split("=", 1) for line in output.read_text().splitlines())
                self.steps[step["id"]] = dict(pairs)
            if done.returncode != 0:
                assert step["name"] == "Verdict" or code == 2, f"{step['name']}\n{self.log}"
                assert done.returncode == code, self.log
                return {}
        assert code == 0, self.log
        for output in action["outputs"].values():
            assert "${{ steps." in output["value"]
        outputs = {name: self.value(about["value"], inputs) for name, about in action["outputs"].items()}
        return outputs | {"used": used}


def action_on_a_pull_request(scratch):
    job = Job(scratch, "pull", {"k8s/open.yaml": OPEN, "k8s/dead.yaml": DEAD.replace("NAME", "dead")}).with_netpolc()
    out = job.run({"paths": "k8s"})
    assert out["findings"] == "1" and out["errors"] == "0", (out, job.log)
    assert int(out["opened"]) > 0 and out["closed"] == "0", (out, job.log)
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", out["digest"]), out
    assert "Upload" in out["used"]
    sarif = json.loads(pathlib.Path(out["sarif-file"]).read_text())
    results = sarif["runs"][0]["results"]
    place = results[0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "k8s/dead.yaml", "uriBaseId": "SRCROOT"}, place
    assert "::warning file=k8s/dead.yaml,line=8" in job.log, job.log
    summary = job.summary.read_text()
    assert "NP309" in summary and "<!-- netpolc:diff -->" in summary, summary
    assert "--method POST repos/example/shop/issues/7/comments" in job.calls.read_text()


def action_fails_when_it_should(scratch):
    job = Job(scratch, "fail", {"k8s/dead.yaml": DEAD.replace("NAME", "dead")}).with_netpolc()
    job.run({"paths": "k8s\n", "fail-on": "warning"}, code=1)
    assert "Upload" not in job.log and job.steps["check"]["findings"] == "1"
    # Nothing opens, so nothing is said.
    assert "POST" not in job.calls.read_text()
    assert job.run({"paths": "k8s", "fail-on": "never"})["findings"] == "1"
    write(job.work / "k8s/broken.yaml", "apiVersion: v1\nkind: Pod\nmetadata: [")
    job.run({"paths": "k8s"}, code=2)


def action_with_a_token_that_may_only_read(scratch):
    job = Job(scratch, "fork", {"k8s/open.yaml": OPEN}).with_netpolc()
    job.run({"paths": "./k8s/", "sarif": "false"}, env={"GH_EXIT": "1"})
    assert "::notice::the comment cannot be written" in job.log, job.log


def action_on_targets(scratch):
    config = '[[target]]\nname = "one"\npaths = ["k8s"]\n'
    job = Job(scratch, "targets", {"netpolc.toml": config, "k8s/dead.yaml": DEAD.replace("NAME", "dead")}).with_netpolc()
    out = job.run({})
    assert "::warning file=k8s/dead.yaml" in job.log and out["digest"] == "", (out, job.log)
    assert out["opened"] == "0" and "Upload" not in out["used"], (out, job.log)


def action_installs_a_release(scratch):
    job = Job(scratch, "install", {})
    releases = scratch / "releases/v9.9.9"
    releases.mkdir(parents=True)
    machine = os.uname().machine
    name = f"netpolc-v9.9.9-{machine}-unknown-linux-musl.tar.gz"
    with tarfile.open(releases / name, "w:gz") as archive:
        archive.add(BINARY, "netpolc")
    digest = hashlib.sha256((releases / name).read_bytes()).hexdigest()
    write(releases / f"{name}.sha256", f"{digest}  {name}\n")
    env = {"NETPOLC_DOWNLOADS": f"file://{scratch}/releases"}
    out = job.run({"paths": "k8s", "base": ""}, env=env)
    assert out["findings"] == "0" and out["opened"] == "" and "Changes" not in out["used"], (out, job.log)
    write(releases / f"{name}.sha256", f"{'0' * 64}  {name}\n")
    job = Job(scratch, "tampered", {})
    try:
        job.run({"paths": "k8s", "base": ""}, env=env)
    except AssertionError:
        assert "WARNING" in job.log and "netpolc-bin" not in (job.dir / "path").read_text(), job.log
    else:
        raise AssertionError("a release with another digest was installed")


def hook(scratch):
    [about] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert about["pass_filenames"] is False and about["language"] == "system"
    job = Job(scratch, "hook", {"k8s/dead.yaml": DEAD.replace("NAME", "dead")}).with_netpolc()
    env = {"PATH": f"{job.tools}:/usr/bin:/bin", "HOME": str(job.dir)}
    entry = about["entry"].split()
    assert "NP309" in run([*entry, "k8s"], job.work, env)
    run([*entry, "k8s", "--fail-on", "warning"], job.work, env, code=1)
    if shutil.which("pre-commit") is None:
        print("pre-commit is not installed; its entry was run as it would be")
        return
    hooks = job.dir / "hooks"
    write(hooks / ".pre-commit-hooks.yaml", (ROOT / ".pre-commit-hooks.yaml").read_text())
    git(hooks, "init", "--quiet", "--initial-branch=main")
    git(hooks, "add", ".")
    git(hooks, "commit", "--quiet", "-m", "hooks")
    write(job.work / "netpolc.toml", '[[target]]\nname = "one"\npaths = ["k8s"]\n')
    git(job.work, "add", ".")
    args = ["pre-commit", "try-repo", str(hooks), "netpolc-check", "--all-files", "--verbose"]
    env["PATH"] = f"{job.tools}:{os.environ['PATH']}"
    assert "NP309" in run(args, job.work, env)


def gitlab(scratch):
    text = (ROOT / "templates/netpolc.yml").read_text()
    header, _, body = text.partition("\n---\n")
    inputs = yaml.safe_load(header)["spec"]["inputs"]

    def job_of(**given):
        values = {name: about.get("default") for name, about in inputs.items()} | given
        assert set(given) <= set(inputs)

        def known(match):
            value = values[match.group(1)]
            return json.dumps(value) if isinstance(value, bool) else str(value)

        return yaml.safe_load(re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", known, body))["netpolc"]

    files = {"k8s/dead.yaml": DEAD.replace("NAME", "dead")}
    work = Job(scratch, "gitlab", files).with_netpolc()

    def execute(code, **given):
        job = job_of(image="netpolc", **given)
        env = {"PATH": f"{work.tools}:/usr/bin:/bin"} | job["variables"]
        script = "set -eo pipefail\n" + "\n".join(job["script"])
        out = run(["bash", "-c", script], work.work, env, code)
        return job, out

    job, out = execute(0, paths="k8s")
    assert "NP309" in out
    quality = json.loads((work.work / job["artifacts"]["reports"]["codequality"]).read_text())
    assert quality[0]["location"] == {"path": "k8s/dead.yaml", "lines": {"begin": 8, "end": quality[0]["location"]["lines"]["end"]}}
    assert "<testsuites" in (work.work / job["artifacts"]["reports"]["junit"]).read_text()
    execute(1, **{"paths": "k8s", "fail-on": "warning"})
    job, _ = execute(100, **{"paths": "k8s", "fail-on": "warning", "allow-findings": True})
    assert job["allow_failure"] == {"exit_codes": [100]}
    execute(2, **{"paths": "nowhere", "allow-findings": True})


def main():
    with tempfile.TemporaryDirectory() as scratch:
        for number, test in enumerate([
            action_on_a_pull_request,
            action_fails_when_it_should,
            action_with_a_token_that_may_only_read,
            action_on_targets,
            action_installs_a_release,
            hook,
            gitlab,
        ]):
            place = pathlib.Path(scratch) / str(number)
            place.mkdir()
            test(place)
            print(f"ok  {test.__name__}")


main()
