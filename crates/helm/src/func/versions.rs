//! `semver`, `semverCompare` and the version object that the first gives.

use super::semver::{Constraints, Version};
use super::util::{Out, arity};
use super::{Call, Func, FuncError, Param};
use crate::value::{Data, IntKind, Object, Value};

use Param::Str;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("semver", &[Str], |_, args| {
        let [text] = args else { return Err(arity()) };
        Ok(Value::object(VersionObject(Version::parse(&Call::text(
            text,
        ))?)))
    }),
    Func::new("semverCompare", &[Str, Str], |_, args| {
        let [constraint, version] = args else {
            return Err(arity());
        };
        let constraints = Constraints::parse(&Call::text(constraint))?;
        let version = Version::parse(&Call::text(version))?;
        Ok(constraints.check(&version).into())
    }),
];

/// Go's `*semver.Version`.
#[derive(Debug)]
struct VersionObject(Version);

fn part(number: u64) -> Value {
    Data::Int(i64::try_from(number).unwrap_or(i64::MAX), IntKind::Uint64).into()
}

/// A version behind an argument of a method.
fn other(args: &[Value]) -> Result<Version, FuncError> {
    let [
        Value {
            data: Data::Object(object),
            ..
        },
    ] = args
    else {
        return Err(FuncError::new("wrong number of args: want 1"));
    };
    let version = object
        .as_any()
        .and_then(|any| any.downcast_ref::<VersionObject>());
    version
        .map(|version| version.0.clone())
        .ok_or_else(|| FuncError::new("wrong type; expected *semver.Version"))
}

impl Object for VersionObject {
    fn type_name(&self) -> &'static str {
        "*semver.Version"
    }

    fn kind(&self) -> &'static str {
        "ptr"
    }

    fn call(&self, name: &str, args: &[Value]) -> Option<Out> {
        use std::cmp::Ordering;
        let compare = || other(args).map(|other| self.0.compare(&other));
        let ordered = |fits: fn(Ordering) -> bool| compare().map(|order| fits(order).into());
        Some(match name {
            "Major" => Ok(part(self.0.major)),
            "Minor" => Ok(part(self.0.minor)),
            "Patch" => Ok(part(self.0.patch)),
            "Prerelease" => Ok(self.0.prerelease.as_str().into()),
            "Metadata" => Ok(self.0.metadata.as_str().into()),
            "Original" => Ok(self.0.original.as_str().into()),
            "String" => Ok(self.0.to_string().into()),
            "IncPatch" => Ok(Value::object(VersionStruct(self.0.next_patch()))),
            "IncMinor" => Ok(Value::object(VersionStruct(self.0.next_minor()))),
            "IncMajor" => Ok(Value::object(VersionStruct(self.0.next_major()))),
            "Compare" => compare().map(|order| Value::int(order as i64)),
            "Equal" => ordered(Ordering::is_eq),
            "LessThan" => ordered(Ordering::is_lt),
            "LessThanEqual" => ordered(Ordering::is_le),
            "GreaterThan" => ordered(Ordering::is_gt),
            "GreaterThanEqual" => ordered(Ordering::is_ge),
            _ => return None,
        })
    }

    fn print(&self) -> String {
        self.0.to_string()
    }

    fn as_any(&self) -> Option<&dyn std::any::Any> {
        Some(self)
    }
}

/// Go's `semver.Version`, which the `Inc…` methods give: the same without the pointer, so that
/// methods which need one (`Original`, `Compare`) are missing.
#[derive(Debug)]
struct VersionStruct(Version);

impl Object for VersionStruct {
    fn type_name(&self) -> &'static str {
        "semver.Version"
    }

    fn call(&self, name: &str, args: &[Value]) -> Option<Out> {
        let by_value = [
            "Major",
            "Minor",
            "Patch",
            "Prerelease",
            "Metadata",
            "String",
            "IncPatch",
            "IncMinor",
            "IncMajor",
        ];
        if !by_value.contains(&name) {
            return None;
        }
        VersionObject(self.0.clone()).call(name, args)
    }

    fn print(&self) -> String {
        self.0.to_string()
    }
}
