//! `.Capabilities`: which cluster templates believe to be rendered for.

use std::rc::Rc;

use crate::func::FuncError;
use crate::func::semver::Version;
use crate::value::{Object, Value};

/// The Kubernetes version that `helm template` 3.17.3 renders for when it is told none.
pub const DEFAULT_KUBE_VERSION: &str = "v1.32.0";

/// The API versions that `helm template` 3.17.3 knows without a cluster, in its order.
pub const DEFAULT_API_VERSIONS: [&str; 56] = [
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "autoscaling/v2beta1",
    "autoscaling/v2beta2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1alpha1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha1",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1alpha1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];

/// A Kubernetes version as `--kube-version` takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KubeVersion {
    pub(super) version: String,
    major: String,
    minor: String,
}

impl KubeVersion {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let version = Version::parse(text)
            .map_err(|error| format!("invalid kube version '{text}': {error}"))?;
        let mut full = format!("v{}.{}.{}", version.major, version.minor, version.patch);
        for (mark, part) in [('-', &version.prerelease), ('+', &version.metadata)] {
            if !part.is_empty() {
                full.push(mark);
                full.push_str(part);
            }
        }
        Ok(Self {
            version: full,
            major: version.major.to_string(),
            minor: version.minor.to_string(),
        })
    }
}

impl Object for KubeVersion {
    fn type_name(&self) -> &'static str {
        "chartutil.KubeVersion"
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Version" | "GitVersion" => Some(Value::str(&self.version)),
            "Major" => Some(Value::str(&self.major)),
            "Minor" => Some(Value::str(&self.minor)),
            _ => None,
        }
    }

    fn call(&self, name: &str, _args: &[Value]) -> Option<Result<Value, FuncError>> {
        match name {
            "String" | "GitVersion" => Some(Ok(Value::str(&self.version))),
            _ => None,
        }
    }

    fn print(&self) -> String {
        self.version.clone()
    }

    fn to_value(&self) -> Value {
        map([
            ("Version", &self.version),
            ("Major", &self.major),
            ("Minor", &self.minor),
        ])
    }
}

/// `.Capabilities.APIVersions`.
#[derive(Clone, Debug)]
struct ApiVersions(Rc<[String]>);

impl Object for ApiVersions {
    fn type_name(&self) -> &'static str {
        "chartutil.VersionSet"
    }

    fn kind(&self) -> &'static str {
        "slice"
    }

    fn call(&self, name: &str, args: &[Value]) -> Option<Result<Value, FuncError>> {
        if name != "Has" {
            return None;
        }
        let [wanted] = args else {
            let message = format!("wrong number of args for Has: want 1 got {}", args.len());
            return Some(Err(FuncError::new(message)));
        };
        let wanted = wanted.as_str().unwrap_or_default();
        Some(Ok(Value::from(self.0.iter().any(|known| known == wanted))))
    }

    fn print(&self) -> String {
        format!("[{}]", self.0.join(" "))
    }

    fn to_value(&self) -> Value {
        Value::strings(self.0.iter().map(String::as_str))
    }

    fn truth(&self) -> bool {
        !self.0.is_empty()
    }

    fn entries(&self) -> Option<Vec<(Value, Value)>> {
        let entries = (0_i64..).zip(self.0.iter());
        Some(
            entries
                .map(|(index, version)| (Value::int(index), Value::str(version)))
                .collect(),
        )
    }
}

/// `.Capabilities.HelmVersion`.
#[derive(Clone, Copy, Debug)]
struct HelmVersion;

const HELM: [(&str, &str, &str); 4] = [
    ("Version", "version", "v3.17.3"),
    (
        "GitCommit",
        "git_commit",
        "e4da49785aa6e6ee2b86efd5dd9e43400318262b",
    ),
    ("GitTreeState", "git_tree_state", "clean"),
    ("GoVersion", "go_version", "go1.23.7"),
];

impl Object for HelmVersion {
    fn type_name(&self) -> &'static str {
        "version.BuildInfo"
    }

    fn field(&self, name: &str) -> Option<Value> {
        let (_, _, text) = HELM.iter().find(|(field, _, _)| *field == name)?;
        Some(Value::str(text))
    }

    fn print(&self) -> String {
        let [one, two, three, four] = HELM.map(|(_, _, text)| text);
        format!("{{{one} {two} {three} {four}}}")
    }

    fn to_value(&self) -> Value {
        map(HELM.map(|(_, name, text)| (name, text)))
    }
}

/// `.Capabilities`.
#[derive(Clone, Debug)]
pub(super) struct Capabilities {
    kube: KubeVersion,
    apis: ApiVersions,
}

impl Capabilities {
    pub(super) fn new(kube: KubeVersion, apis: Vec<String>) -> Self {
        Self {
            kube,
            apis: ApiVersions(apis.into()),
        }
    }
}

impl Object for Capabilities {
    fn type_name(&self) -> &'static str {
        "*chartutil.Capabilities"
    }

    fn kind(&self) -> &'static str {
        "ptr"
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "KubeVersion" => Some(Value::object(self.kube.clone())),
            "APIVersions" => Some(Value::object(self.apis.clone())),
            "HelmVersion" => Some(Value::object(HelmVersion)),
            _ => None,
        }
    }

    fn print(&self) -> String {
        let KubeVersion {
            version,
            major,
            minor,
        } = &self.kube;
        let (apis, helm) = (self.apis.print(), HelmVersion.print());
        format!("&{{{{{version} {major} {minor}}} {apis} {helm}}}")
    }

    fn to_value(&self) -> Value {
        let fields = [
            ("KubeVersion", self.kube.to_value()),
            ("APIVersions", self.apis.to_value()),
            ("HelmVersion", HelmVersion.to_value()),
        ];
        Value::from(fields.into_iter().collect::<crate::value::Map>())
    }
}

fn map<T: AsRef<str>>(fields: impl IntoIterator<Item = (&'static str, T)>) -> Value {
    let map: crate::value::Map = fields
        .into_iter()
        .map(|(name, text)| (name, Value::str(text.as_ref())))
        .collect();
    Value::from(map)
}
