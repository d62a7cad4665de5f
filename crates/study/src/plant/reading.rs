//! Mistakes in texts: typing, indentation, wrong words for the API server.

use super::{How, Planted, Planter};
use crate::cluster::{Cluster, key};
use crate::slips::slip;
use crate::written::Written;
use netpol_testgen::Rng;
use serde_json::{Value, json};

pub(super) const ALL: &[Planter] = &[
    Planter {
        code: "NP101",
        mistake: "a quote that is not closed, a tab, a bracket too many, a line one blank to the left",
        how: How::Text(syntax),
    },
    Planter {
        code: "NP102",
        mistake: "the name of a policy's field is mistyped: a slip, another case, an `s` too many or too few",
        how: How::Text(field),
    },
    Planter {
        code: "NP103",
        mistake: "a value that the server refuses: `tcp`, `ingress`, a port above 65535, a name with `_`, a bad CIDR or operator",
        how: How::Objects(refused),
    },
    Planter {
        code: "NP104",
        mistake: "a port with a leading zero, a key `y` or `on` among labels, a key written twice",
        how: How::Text(surprise),
    },
    Planter {
        code: "NP105",
        mistake: "a policy of Calico, Antrea or OVN-Kubernetes beside the others",
        how: How::Objects(other_language),
    },
    Planter {
        code: "NP106",
        mistake: "a policy copied to a second place and changed there, under its old name",
        how: How::Objects(duplicate),
    },
    Planter {
        code: "NP107",
        mistake: "a manifest taken out of a chart without rendering it",
        how: How::Text(template),
    },
    Planter {
        code: "NP108",
        mistake: "a suppression that was left when the finding went, or of a code that does not exist",
        how: How::Text(suppression),
    },
];

/// Does a line beside this one belong to the same map?
fn has_sibling(lines: &[&str], at: usize) -> bool {
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let own = lines.get(at).map(indent);
    let beside = [at.checked_sub(1), at.checked_add(1)];
    let mut beside = beside.into_iter().flatten().filter_map(|n| lines.get(n));
    beside.any(|line| Some(indent(line)) == own && !line.trim_start().starts_with('-'))
}

fn syntax(written: &mut Written, rng: &mut Rng) -> Planted {
    let (name, text) = written.any(rng, |_, _| true)?;
    let lines: Vec<&str> = text.lines().collect();
    let values: Vec<usize> = (lines.iter().enumerate())
        .filter(|(at, l)| *at > 1 && l.contains(": ") && !l.contains('"'))
        .map(|(at, _)| at)
        .collect();
    let at = *values.get(rng.below(values.len()))?;
    let line = *lines.get(at)?;
    let (before, after) = line.split_once(": ")?;
    let broken = match rng.below(4) {
        0 => format!("{before}: \"{after}"),
        1 => format!("\t{}", line.trim_start()),
        2 => format!("{before}: [{after}"),
        // Alone in its map a key means the same one blank to the left.
        _ if line.starts_with("  ") && has_sibling(&lines, at) => line.get(1..)?.to_owned(),
        _ if line.starts_with("  ") => format!("{before}: [{after}"),
        _ => format!(" {line}"),
    };
    let mut changed: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
    *changed.get_mut(at)? = broken;
    written.replace(&name, changed.join("\n") + "\n");
    Some(vec![name])
}

/// Fields of policies that people write.
const FIELDS: [&str; 15] = [
    "podSelector",
    "policyTypes",
    "ingress",
    "egress",
    "from",
    "to",
    "ports",
    "protocol",
    "namespaceSelector",
    "ipBlock",
    "matchLabels",
    "endpointSelector",
    "fromEndpoints",
    "toEndpoints",
    "toPorts",
];

fn field(written: &mut Written, rng: &mut Rng) -> Planted {
    let holds = |line: &str| {
        let name = line.trim_start().trim_start_matches("- ").split(':').next();
        name.is_some_and(|name| FIELDS.contains(&name))
    };
    // Kinds that are no policy are read for what policies need; their other fields are not checked.
    let is_policy = |name: &str| {
        name.split('/')
            .next()
            .is_some_and(|k| k.ends_with("NetworkPolicy"))
    };
    let (name, text) = written.any(rng, |name, text| is_policy(name) && text.lines().any(holds))?;
    let at: Vec<usize> = (text.lines().enumerate())
        .filter(|(_, l)| holds(l))
        .map(|(at, _)| at)
        .collect();
    let at = *at.get(rng.below(at.len()))?;
    let changed: Vec<String> = (text.lines().enumerate())
        .map(|(number, line)| {
            if number != at {
                return line.to_owned();
            }
            let start = line.len() - line.trim_start().trim_start_matches("- ").len();
            let (indent, rest) = line.split_at(start);
            match rest.split_once(':') {
                Some((field, value)) => format!("{indent}{}:{value}", mistyped(field, rng)),
                None => line.to_owned(),
            }
        })
        .collect();
    written.replace(&name, changed.join("\n") + "\n");
    Some(vec![name])
}

/// Another case, a missing `s`, or a slip; never another field.
fn mistyped(field: &str, rng: &mut Rng) -> String {
    for _ in 0..20 {
        let changed = match rng.below(3) {
            0 => field.to_ascii_lowercase(),
            1 => field
                .strip_suffix('s')
                .map_or_else(|| format!("{field}s"), str::to_owned),
            _ => slip(field, rng),
        };
        if changed != field && !FIELDS.contains(&changed.as_str()) {
            return changed;
        }
    }
    format!("{field}x")
}

fn refused(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let bad: [(&str, &[&str], Value); 8] = [
        (
            "/spec/ingress/0/ports/0/protocol",
            &["NetworkPolicy"],
            json!("tcp"),
        ),
        (
            "/spec/ingress/0/ports/0/port",
            &["NetworkPolicy"],
            json!(84_430),
        ),
        ("/spec/policyTypes/0", &["NetworkPolicy"], json!("ingress")),
        (
            "/spec/ingress/0/toPorts/0/ports/0/protocol",
            &["CiliumNetworkPolicy"],
            json!("Tcp"),
        ),
        (
            "/spec/ingress/0/toPorts/0/ports/0/port",
            &["CiliumNetworkPolicy"],
            json!("84430"),
        ),
        (
            "/metadata/name",
            &["NetworkPolicy", "CiliumNetworkPolicy"],
            json!("allow_web"),
        ),
        (
            "/spec/template/spec/containers/0/ports/0/containerPort",
            &["Deployment", "StatefulSet"],
            json!("8080"),
        ),
        (
            "/spec/egress/0/to/0/ipBlock/cidr",
            &["NetworkPolicy"],
            json!("203.0.113.0/33"),
        ),
    ];
    let (pointer, kinds, value) = rng.pick(&bad).clone();
    let fits = |object: &Value| {
        let kind = object.pointer("/kind").and_then(Value::as_str);
        kind.is_some_and(|kind| kinds.contains(&kind)) && object.pointer(pointer).is_some()
    };
    let places: Vec<usize> = (cluster.objects.iter().enumerate())
        .filter(|(_, o)| fits(o))
        .map(|(at, _)| at)
        .collect();
    let object = cluster
        .objects
        .get_mut(*places.get(rng.below(places.len()))?)?;
    *object.pointer_mut(pointer)? = value;
    Some(vec![key(object)])
}

fn surprise(written: &mut Written, rng: &mut Rng) -> Planted {
    let (find, instead): (&str, fn(&str) -> String) = match rng.below(3) {
        0 => ("port: ", |line| match line.split_once("port: ") {
            Some((before, number)) => format!("{before}port: 0{number}"),
            None => line.to_owned(),
        }),
        1 => ("tier: ", |line| {
            let indent = line.len() - line.trim_start().len();
            format!("{line}\n{}y: \"1\"", " ".repeat(indent))
        }),
        _ => ("name: ", |line| format!("{line}\n{line}")),
    };
    // A number of digits 0 to 7 alone is what YAML 1.1 takes for octal.
    let octal = |line: &str| {
        let number = line.split(": ").nth(1).unwrap_or_default();
        !number.is_empty() && number.chars().all(|c| ('0'..='7').contains(&c))
    };
    let fits = |line: &str| {
        let starts = line.trim_start().starts_with(find);
        starts && (find != "port: " || octal(line))
    };
    let (name, text) = written.any(rng, |_, text| text.lines().any(fits))?;
    let mut done = false;
    let changed: Vec<String> = (text.lines())
        .map(|line| {
            if !done && fits(line) {
                done = true;
                instead(line)
            } else {
                line.to_owned()
            }
        })
        .collect();
    written.replace(&name, changed.join("\n") + "\n");
    Some(vec![name])
}

fn other_language(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let home = cluster
        .namespaces
        .get(rng.below(cluster.namespaces.len()))?
        .name;
    let object = match rng.below(4) {
        0 => json!({
            "apiVersion": "crd.projectcalico.org/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "allow-metrics", "namespace": home},
            "spec": {"selector": "app == 'api'", "types": ["Ingress"]},
        }),
        1 => json!({
            "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
            "metadata": {"name": "deny-all"},
            "spec": {"selector": "all()", "types": ["Ingress", "Egress"]},
        }),
        2 => json!({
            "apiVersion": "crd.antrea.io/v1beta1", "kind": "ClusterNetworkPolicy",
            "metadata": {"name": "strict"},
            "spec": {"priority": 5, "tier": "securityops", "appliedTo": [{"podSelector": {}}]},
        }),
        _ => json!({
            "apiVersion": "k8s.ovn.org/v1", "kind": "EgressFirewall",
            "metadata": {"name": "default", "namespace": home},
            "spec": {"egress": [{"type": "Deny", "to": {"cidrSelector": "0.0.0.0/0"}}]},
        }),
    };
    let name = key(&object);
    cluster.objects.push(object);
    Some(vec![name])
}

fn duplicate(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let place = cluster.any_workload(rng, |c, at, _| c.has_policy(at))?;
    let name = cluster.policy_key(place)?;
    let mut copy = cluster.policy(place)?.clone();
    let spec = copy.pointer_mut("/spec")?.as_object_mut()?;
    spec.remove("ingress")?;
    cluster.objects.push(copy);
    Some(vec![name])
}

fn template(written: &mut Written, rng: &mut Rng) -> Planted {
    let (name, text) = written.any(rng, |_, text| text.contains("  namespace: "))?;
    let (before, after) = text.split_once("  namespace: ")?;
    let (value, rest) = after.split_once('\n')?;
    let text = match rng.below(3) {
        0 => format!("{before}  namespace: {{{{ .Release.Namespace }}}}\n{rest}"),
        1 => format!(
            "{{{{- if .Values.networkPolicy.enabled }}}}\n{before}  namespace: {value}\n{rest}{{{{- end }}}}\n"
        ),
        _ => format!(
            "{before}  namespace: {value}\n  annotations:\n    {{{{- toYaml .Values.annotations | nindent 4 }}}}\n{rest}"
        ),
    };
    written.replace(&name, text);
    Some(vec![name])
}

fn suppression(written: &mut Written, rng: &mut Rng) -> Planted {
    let (name, text) = written.any(rng, |_, text| text.contains("\nspec:"))?;
    let code = rng.pick(&["NP301", "NP309", "NP403", "NP411", "NP999"]);
    let comment = format!("\n# netpolc: ignore[{code}] the gateway opens this next week\nspec:");
    written.replace(&name, text.replacen("\nspec:", &comment, 1));
    Some(vec![name])
}
