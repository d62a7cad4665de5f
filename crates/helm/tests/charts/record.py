#!/usr/bin/env python3
"""Writes what the real helm makes of the charts here. Usage: record.py HELM

cases.json names each rendering: the chart, the values file's text and the arguments.
"""
import json, pathlib, subprocess, sys

HERE = pathlib.Path(__file__).resolve().parent

for case in json.loads((HERE / 'cases.json').read_text()):
    command = [sys.argv[1], 'template', 'release-name', str(HERE / case['chart'])]
    for value in case.get('set', []):
        command += ['--set', value]
    if case.get('crds'):
        command.append('--include-crds')
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{case['name']}: {run.stderr}")
    (HERE / 'expected' / (case['name'] + '.yaml')).write_text(run.stdout)
