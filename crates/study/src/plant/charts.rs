//! Mistakes in values, in charts and in what deploys them.

use super::{How, Planted, Planter};
use crate::repository::{APP, Deploy, Line, Repository};
use crate::slips::slip;
use netpol_testgen::Rng;

pub(super) const ALL: &[Planter] = &[
    Planter {
        code: "NP201",
        mistake: "a key of the values is mistyped, in another case, or a level too high",
        how: How::Repository(unread),
    },
    Planter {
        code: "NP202",
        mistake: "a value of another type than the schema's: a number in quotes, a version without; a port above 65535, a mistyped word",
        how: How::Repository(unfit_for_schema),
    },
    Planter {
        code: "NP203",
        mistake: "a value that the chart asks for is emptied; a template with an `end` too few, a mistyped helper or function",
        how: How::Repository(refused),
    },
    Planter {
        code: "NP204",
        mistake: "a mistyped path of a chart, file of values or ConfigMap; a dependency that nobody fetched",
        how: How::Repository(unresolved),
    },
    Planter {
        code: "NP205",
        mistake: "a random annotation that restarts pods, a generated password, a date, a look into the cluster",
        how: How::Repository(not_reproducible),
    },
];

/// Maps that charts hand on as they are: any key is right below them.
const HANDED_ON: [&str; 2] = ["podLabels", "resources"];

/// The lines of the values whose keys the chart knows.
fn known_lines(repository: &Repository) -> Vec<usize> {
    let mut known = Vec::new();
    let mut handed_on = false;
    for (at, line) in repository.values.iter().enumerate() {
        if line.depth == 0 {
            handed_on = HANDED_ON.contains(&line.key.as_str());
        }
        if line.depth == 0 || !handed_on {
            known.push(at);
        }
    }
    known
}

fn unread(repository: &mut Repository, rng: &mut Rng) -> Planted {
    let known = known_lines(repository);
    let at = *known.get(rng.below(known.len()))?;
    let below = repository.below(at);
    let line = repository.values.get_mut(at)?;
    let nested = line.depth > 0;
    match rng.below(4) {
        0 => {
            let other = other_case(&line.key);
            line.key = other;
        }
        1 if nested => {
            // Behind everything else: in front of its own siblings it would cut them off.
            let moved = Line {
                depth: 0,
                ..repository.values.remove(at)
            };
            repository.values.push(moved);
            return Some(vec![repository.value_place(repository.values.len() - 1)]);
        }
        _ => line.key = slip(&line.key, rng),
    }
    let lines = at..=at + below;
    Some(lines.map(|at| repository.value_place(at)).collect())
}

/// `replicaCount` as `replicacount`, `image` as `Image`.
fn other_case(key: &str) -> String {
    let lower = key.to_ascii_lowercase();
    if lower != key {
        return lower;
    }
    let mut letters = key.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn unfit_for_schema(repository: &mut Repository, rng: &mut Rng) -> Planted {
    if !repository.has_schema {
        return None;
    }
    let known = known_lines(repository);
    let at = *known.get(rng.below(known.len()))?;
    let line = repository.values.get_mut(at)?;
    line.value = match line.key.as_str() {
        "replicaCount" => (*rng.pick(&["\"3\"", "-1", "2.5", "many"])).to_owned(),
        "port" => match rng.below(3) {
            0 => format!("\"{}\"", line.value),
            1 => format!("{}0", line.value.repeat(2)),
            _ => "http".to_owned(),
        },
        "tag" => (*rng.pick(&["2.0", "1.10", "20260101"])).to_owned(),
        "type" => slip(&line.value, rng),
        "enabled" => (*rng.pick(&["\"true\"", "\"yes\"", "1"])).to_owned(),
        "client" => format!("[{}]", line.value),
        "repository" => "\"\"".to_owned(),
        _ => return None,
    };
    Some(vec![repository.value_place(at)])
}

fn refused(repository: &mut Repository, rng: &mut Rng) -> Planted {
    match rng.below(4) {
        0 => emptied_client(repository),
        1 => emptied_image(repository),
        2 => without_end(repository, rng),
        _ => mistyped_call(repository, rng),
    }
}

fn emptied_client(repository: &mut Repository) -> Planted {
    let at = repository.value(&["networkPolicy", "client"])?;
    repository.values.get_mut(at)?.value = String::from("\"\"");
    let template = repository.in_chart("templates/networkpolicy.yaml");
    Some(vec![repository.value_place(at), template])
}

/// `image:` with everything below it commented out: the key is taken away from the chart's own
/// values, and templates look into nothing.
fn emptied_image(repository: &mut Repository) -> Planted {
    let at = repository.value(&["image"])?;
    let below = repository.below(at);
    repository.values.drain(at + 1..=at + below);
    let place = repository.value_place(at);
    let templates = ["templates/_helpers.tpl", "templates/deployment.yaml"];
    let templates = templates.map(|path| repository.in_chart(path));
    Some(templates.into_iter().chain([place]).collect())
}

fn template(repository: &Repository, rng: &mut Rng) -> String {
    let names = ["deployment", "service", "networkpolicy"];
    repository.in_chart(&format!("templates/{}.yaml", rng.pick(&names)))
}

fn without_end(repository: &mut Repository, rng: &mut Rng) -> Planted {
    let path = template(repository, rng);
    let text = repository.files.get_mut(&path)?;
    let lines: Vec<&str> = text.lines().collect();
    let ends = lines
        .iter()
        .enumerate()
        .filter(|(_, l)| l.contains("{{- end }}"));
    let ends: Vec<usize> = ends.map(|(at, _)| at).collect();
    let gone = *ends.get(rng.below(ends.len()))?;
    let kept = lines.iter().enumerate().filter(|(at, _)| *at != gone);
    let kept: String = kept.flat_map(|(_, line)| [*line, "\n"]).collect();
    *text = kept;
    Some(vec![path])
}

fn mistyped_call(repository: &mut Repository, rng: &mut Rng) -> Planted {
    let path = template(repository, rng);
    let helper = format!("{}.labels", repository.name);
    let text = repository.files.get_mut(&path)?;
    let (word, other) = match rng.below(3) {
        0 => (helper.clone(), format!("{}.lables", repository.name)),
        1 => ("nindent".to_owned(), slip("nindent", rng)),
        _ => ("include".to_owned(), slip("include", rng)),
    };
    *text = text.replacen(&word, &other, 1);
    Some(vec![path])
}

fn unresolved(repository: &mut Repository, rng: &mut Rng) -> Planted {
    match (repository.deploy, rng.below(3)) {
        (Deploy::Values, _) | (_, 0) => {
            let path = repository.in_chart("Chart.yaml");
            let text = repository.files.get_mut(&path)?;
            text.push_str(
                "dependencies:\n  - name: redis\n    version: 19.6.4\n    repository: https://charts.example.com\n",
            );
            return Some(vec![path]);
        }
        (Deploy::Application, 1) => {
            repository.values_name =
                (*rng.pick(&["production.yaml", "prod.yml", "../prod.yaml"])).to_owned();
        }
        (Deploy::HelmRelease, 1) => {
            let name = repository.values_from.as_mut()?;
            *name = slip(name, rng);
        }
        _ => {
            let name = repository.name;
            repository.chart_path = match rng.below(3) {
                0 => format!("chart/{name}"),
                1 => format!("charts/{}", slip(name, rng)),
                _ => format!("platform/charts/{name}"),
            };
        }
    }
    Some(vec![APP.to_owned()])
}

fn not_reproducible(repository: &mut Repository, rng: &mut Rng) -> Planted {
    let call = match rng.below(4) {
        0 => {
            let path = repository.in_chart("values.yaml");
            let own = repository.files.get_mut(&path)?;
            *own = own.replace("podAnnotations: {}", "podAnnotations: {restarted: always}");
            "        rollme: {{ randAlphaNum 5 | quote }}\n"
        }
        1 => {
            let path = repository.in_chart("values.yaml");
            let own = repository.files.get_mut(&path)?;
            *own = own.replace("podAnnotations: {}", "podAnnotations: {restarted: always}");
            "        deployed: {{ now | date \"2006-01-02\" | quote }}\n"
        }
        at => {
            let path = repository.in_chart("templates/secret.yaml");
            let text = if at == 2 { PASSWORD } else { KEPT };
            repository.files.insert(path.clone(), text.to_owned());
            return Some(vec![path]);
        }
    };
    let path = repository.in_chart("templates/deployment.yaml");
    let text = repository.files.get_mut(&path)?;
    let annotations = "      annotations:\n";
    *text = text.replacen(annotations, &format!("{annotations}{call}"), 1);
    Some(vec![path])
}

const PASSWORD: &str = "\
apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}
stringData:
  password: {{ randAlphaNum 24 | quote }}
";

const KEPT: &str = "\
{{- $found := lookup \"v1\" \"Secret\" .Release.Namespace .Release.Name }}
apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}
data:
  password: {{ dig \"data\" \"password\" \"\" ($found | default dict) | quote }}
";
