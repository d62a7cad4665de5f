#!/usr/bin/env python3
"""Writes what the real helm makes of the charts here. Usage: record.py HELM

cases.json names each rendering: the chart, the values file's text and the arguments. The chart
`packed` is put into the shop's charts/ as an archive first, the same bytes each time.
"""
import gzip, io, json, pathlib, subprocess, sys, tarfile

HERE = pathlib.Path(__file__).resolve().parent


def pack(chart, archive):
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode='w', format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(path for path in chart.rglob('*') if path.is_file()):
            entry = tarfile.TarInfo(str(path.relative_to(chart.parent)))
            entry.size = path.stat().st_size
            tar.addfile(entry, io.BytesIO(path.read_bytes()))
    archive.write_bytes(gzip.compress(plain.getvalue(), mtime=0))


pack(HERE / 'packed', HERE / 'shop/charts/packed-0.1.0.tgz')

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
