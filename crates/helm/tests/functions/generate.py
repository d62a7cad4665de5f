#!/usr/bin/env python3
"""Asks the real helm what the expressions give and writes functions.jsonl.

Usage: generate.py HELM [--new | --check]   (--new asks only for what is not there yet)

expressions.txt holds one template per line; the lines that matrix() makes are added. All are
rendered as named templates of one chart. An expression that fails ends a rendering, so it is
noted with helm's message and left out of the next one.
"""
import base64, concurrent.futures, json, pathlib, re, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent

# Arguments of every sort, ordinary and odd.
POOL = ['nil', '""', '"Héllo Wörld 日本"', '"12.50"', '-3', '7', '2.5', 'true', '(list)',
        '(list "b" nil 1 "a" 1)', '(dict)', '(dict "a" 1 "b" "x")', '.Values.nothing', '.Values.missing',
        '.Values.num', '.Values.text', '.Values.list', '.Values.words', '.Values.map', '.Values.strings',
        '(split "," "a,b")', '(until 3)', '(semver "1.2.3")']

ONE = '''trim upper lower title untitle swapcase initials snakecase kebabcase camelcase nospace toString
quote squote cat toStrings sortAlpha len not empty typeOf kindOf first last rest initial reverse compact
uniq mustFirst mustLast mustRest mustUniq mustReverse mustCompact int int64 float64 atoi toDecimal add1
floor ceil add add1f addf max min maxf minf toJson toYaml toPrettyJson toRawJson mustToJson b64enc b64dec
b32enc b32dec sha1sum sha256sum sha512sum adler32sum base dir clean ext isAbs osBase osDir osClean osExt
osIsAbs deepCopy mustDeepCopy list tuple dict coalesce all any print println html js urlquery
regexQuoteMeta semver urlParse fromYaml fromYamlArray fromJson fromJsonArray mustFromJson values until
unixEpoch duration durationRound htmlDate default concat toYamlPretty fail required hello'''.split()

# Functions of two arguments and an ordinary first one.
TWO = [('trunc', '5'), ('trunc', '-5'), ('indent', '2'), ('nindent', '2'), ('repeat', '2'), ('abbrev', '6'),
       ('wrap', '5'), ('contains', '"l"'), ('hasPrefix', '"H"'), ('hasSuffix', '"d"'), ('trimAll', '"Hd"'),
       ('trimPrefix', '"H"'), ('trimSuffix', '"d"'), ('split', '"l"'), ('splitList', '"l"'), ('join', '"-"'),
       ('default', '"d"'), ('append', '(list 1)'), ('prepend', '(list 1)'), ('has', '"a"'), ('has', '1'),
       ('eq', '7'), ('eq', '"a"'), ('ne', 'true'), ('lt', '2'), ('gt', '2.5'), ('le', '"b"'), ('ge', '0'),
       ('typeIs', '"string"'), ('kindIs', '"map"'), ('kindIs', '"slice"'), ('typeIsLike', '"semver.Version"'),
       ('deepEqual', '(list)'), ('sub', '10'), ('div', '10'), ('mod', '10'), ('mul', '2'), ('add', '1'),
       ('divf', '10'), ('mulf', '0.1'), ('subf', '1'), ('max', '5'), ('min', '5'), ('maxf', '5'),
       ('hasKey', '.Values.map'), ('get', '.Values.map'), ('pick', '.Values.map'), ('omit', '.Values.map'),
       ('pluck', '"a"'), ('without', '(list 1 "a" nil)'), ('concat', '(list 1)'), ('chunk', '2'),
       ('regexMatch', '"l+"'), ('regexFind', '"l+"'), ('semverCompare', '">=1.2"'), ('index', '.Values.list'),
       ('index', '.Values.map'), ('slice', '.Values.words'), ('required', '"needed"'), ('and', '1'), ('or', '""'),
       ('coalesce', 'nil'), ('date', '"2006-01-02"'), ('dict', '"k"'), ('list', '1'), ('unset', '(dict "a" 1)'),
       ('round', '2.567'), ('plural', '"one" "many"'), ('ternary', '1 2'), ('toYaml | indent', '2'),
       ('printf', '"%v"'), ('printf', '"%s"'), ('printf', '"%d"'), ('printf', '"%q"'), ('printf', '"%5.1f|%t|%x"'),
       ('merge', '(dict "a" 2)'), ('mergeOverwrite', '(dict "a" 2)'), ('set', '(dict) "k"'), ('cat', '"x"'),
       ('quote', '"x"'), ('replace', '"l" "L"'), ('dig', '"a" "b" "none"'), ('regexReplaceAll', '"l" "hello"'),
       ('append', '.Values.list'), ('mustHas', '"a"'), ('mustAppend', '(list 1)'), ('seq', '1'), ('randInt', '5')]

# `print` of these would show pointers or the order of a Go map.
SKIP = {('values', '.Values.map'), ('values', '(dict "a" 1 "b" "x")'), ('values', '.Values.strings'),
        ('htmlDate', ''), ('semver', '')}


def matrix():
    for name in ONE:
        for argument in POOL:
            if (name, argument) in SKIP or name == 'htmlDate' and 'int' not in argument and argument not in ('7', '-3'):
                continue
            yield shown(f'{name} {argument}')
    for name, first in TWO:
        for argument in POOL:
            if name == 'date' and argument not in ('7', '-3') or name == 'randInt' and argument != '-3':
                continue
            if '|' in name:
                yield '{{ toYaml %s | indent %s }}' % (argument, first)
                continue
            yield shown(f'{name} {first} {argument}')


def shown(call):
    return '{{ $r := %s }}{{ typeOf $r }} {{ toJson $r }}' % call


def chart(folder, templates):
    """Expression n stands in line n of _e.tpl; a line of one that failed is empty."""
    (folder / 'templates').mkdir(exist_ok=True)
    (folder / 'Chart.yaml').write_text('apiVersion: v2\nname: golden\nversion: 0.1.0\n')
    (folder / 'values.yaml').write_text((HERE / 'values.yaml').read_text())
    defines = ''.join('{{ define "e%d" }}%s{{ end }}\n' % (n, t) if t else '\n' for n, t in templates)
    lines = ''.join('e%d: "{{ include "e%d" . | b64enc }}"\n' % (n, n) if t else '\n' for n, t in templates)
    (folder / 'templates/_e.tpl').write_text(defines)
    (folder / 'templates/_inner.tpl').write_text('{{ define "inner" }}<{{ . }}>{{ end }}')
    (folder / 'templates/a.yaml').write_text(lines)


def ask(helm, expressions):
    """What each expression gives; one failing expression a run."""
    templates, found = list(enumerate(expressions, 1)), {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        while True:
            chart(folder, templates)
            run = subprocess.run([helm, 'template', 'r', str(folder), '--namespace', 'ns'], capture_output=True, text=True)
            if run.returncode == 0:
                for n, body in re.findall(r'e(\d+): "([^"]*)"', run.stdout):
                    found[int(n)] = {'out': base64.b64decode(body).decode('utf-8', 'replace')}
                return [found[n] for n, _ in templates]
            message = run.stderr.strip().removeprefix('Error: ')
            message = re.sub(r'\n\nUse --debug flag.*', '', message, flags=re.S)
            number = failing(message)
            if number in found:
                raise SystemExit('twice: ' + message)
            found[number] = {'error': cut(message)}
            templates = [(n, None if n == number else t) for n, t in templates]


def failing(message):
    for pattern in (r'^execution error at \(golden/templates/a\.yaml:(\d+)', r'<include "e(\d+)" \.>',
                    r'executing "e(\d+)"', r'_e\.tpl:(\d+)'):
        hit = re.search(pattern, message)
        if hit:
            return int(hit.group(1))
    raise SystemExit('which one failed? ' + message)


def cut(message):
    """From the place inside the expression on; all before it is the generator's own chart."""
    hit = re.search(r'executing "e\d+" at (.*)', message, flags=re.S)
    if hit:
        message = hit.group(1)
    # What is left of numbers are those of the generator's own lines.
    message = re.sub(r'golden/templates/(_e\.tpl|a\.yaml)(:\d+)+', r'golden/templates/\1', message)
    return re.sub(r'(executing|<include|template:? )( ?)"e\d+"', r'\1\2"e"', message)


def main():
    helm = sys.argv[1]
    lines = (HERE / 'expressions.txt').read_text().split('\n')
    every = [line for line in lines if line.strip() and not line.startswith('#')] + list(matrix())
    every = list(dict.fromkeys(every))
    target = HERE / 'functions.jsonl'
    known = {}
    if '--new' in sys.argv:
        known = {one.pop('template'): one for one in map(json.loads, target.read_text().split('\n')[:-1])}
    asked = [template for template in every if template not in known]
    # Small groups: the more expressions fail, the more often their group is rendered.
    groups = [asked[start:start + 50] for start in range(0, len(asked), 50)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = [one for group in pool.map(lambda group: ask(helm, group), groups) for one in group]
    known.update(zip(asked, found))
    text = ''.join(json.dumps({'template': t, **known[t]}, ensure_ascii=False) + '\n' for t in every)
    if '--check' in sys.argv:
        sys.exit(0 if target.read_text() == text else 'functions.jsonl is not what this helm gives')
    target.write_text(text)
    print(len(every), 'expressions,', sum('error' in known[t] for t in every), 'of them errors')


if __name__ == '__main__':
    main()
