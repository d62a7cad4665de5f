//! `cargo xtask demo`: the whole way on the shop, from YAML to a dropped packet.
//!
//! Every step is a command that a user would type; the demo prints it before it runs it. The
//! cluster is made of network namespaces, so nothing of the host is touched and nothing is
//! installed. Without root (or Linux) the kernel's part is left out and the image's reference
//! interpreter answers instead.

mod ask;
#[cfg(target_os = "linux")]
mod cluster;
#[cfg(target_os = "linux")]
mod stream;
mod table;

use crate::root;
use netpol_policy::Cluster;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

/// Where the example lies, from the root of the repository.
const SHOP: &str = "policies-examples/shop";
/// Where bundles and state go.
const WORK: &str = "target/demo";
/// The node that the demo plays.
const NODE: &str = "node-a";

/// The whole way on an example: check, build, load, real packets, swap, rollback.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Leaves the kernel out even as root, and asks the reference interpreter.
    #[arg(long)]
    no_kernel: bool,
}

/// Runs the demo.
///
/// # Errors
/// A step did not do what it should; the sentence says which.
pub fn run(args: &Args) -> Result<(), String> {
    let demo = Demo::prepare()?;
    demo.check()?;
    demo.build(1)?;
    demo.build(2)?;
    let kernel = cfg!(target_os = "linux") && !args.no_kernel;
    #[cfg(target_os = "linux")]
    if kernel {
        match cluster::Lab::new(&demo) {
            Ok(lab) => return lab.run(),
            Err(reason) => say(&format!(
                "\nNo network namespaces here ({reason}), so no packet is sent.\n\
                 For the real thing run:  sudo --preserve-env=PATH,HOME cargo xtask demo\n"
            )),
        }
    }
    if !kernel {
        say("\nNo packet is sent. For the real thing, on Linux as root:  cargo xtask demo\n");
    }
    demo.interpret()
}

/// Writes to standard output; nobody is left to be told when it is gone.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).unwrap_or_default();
    out.write_all(b"\n").unwrap_or_default();
    out.flush().unwrap_or_default();
}

/// The binaries, the example and its inventory.
struct Demo {
    binaries: PathBuf,
    inventory: Cluster,
}

impl Demo {
    fn prepare() -> Result<Self, String> {
        let mut build = Command::new(env!("CARGO"));
        build
            .current_dir(root())
            .args(["build", "--quiet", "-p", "netpolc"]);
        if cfg!(target_os = "linux") {
            build.args(["-p", "netpold"]);
        }
        let built = build.status().map_err(|e| format!("cargo build: {e}"))?;
        if !built.success() {
            return Err("netpolc and netpold do not compile".to_owned());
        }
        let binaries = std::env::current_exe()
            .ok()
            .and_then(|exe| exe.parent().map(PathBuf::from))
            .ok_or("the place of this program is not known")?;
        let work = root().join(WORK);
        // A run that was cut off may have left something behind.
        let _absent = std::fs::remove_dir_all(&work);
        std::fs::create_dir_all(&work).map_err(|e| format!("{WORK}: {e}"))?;
        let path = root().join(SHOP).join("inventory.json");
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{SHOP}: {e}"))?;
        let mut inventory: Cluster =
            serde_json::from_str(&text).map_err(|e| format!("inventory.json: {e}"))?;
        inventory.normalize();
        Ok(Self {
            binaries,
            inventory,
        })
    }

    /// A command of ours, run from the root, said before it is run.
    fn command(&self, program: &str, args: &[String]) -> Command {
        say(&format!("\n$ {program} {}", args.join(" ")));
        let mut command = Command::new(self.binaries.join(program));
        command.current_dir(root()).args(args).stdin(Stdio::null());
        command
    }

    fn check(&self) -> Result<(), String> {
        say("== What contradicts itself in version 1");
        let args = words(&format!(
            "check {SHOP}/workloads {SHOP}/v1 --cni-values {SHOP}/values/cilium-v1.yaml"
        ));
        let status = run_to_end(self.command("netpolc", &args))?;
        if status.code() != Some(1) {
            return Err(format!(
                "check was to find something, and ended with {status}"
            ));
        }
        say("\n== Version 2 is the same shop, repaired");
        let args = words(&format!(
            "check {SHOP}/workloads {SHOP}/v2 --cni-values {SHOP}/values/cilium-v2.yaml"
        ));
        expect_success(self.command("netpolc", &args))
    }

    fn build(&self, version: u8) -> Result<(), String> {
        if version == 1 {
            say("\n== Both versions, compiled");
        }
        // Version 1 is compiled in spite of what check says: it is what runs today.
        let despite = if version == 1 {
            " --accept NP3,NP4"
        } else {
            ""
        };
        let args = words(&format!(
            "build {SHOP}/workloads {SHOP}/v{version} --inventory {SHOP}/inventory.json{despite} -o {}",
            bundle(version)
        ));
        expect_success(self.command("netpolc", &args))
    }

    /// Without a kernel: what the sources say against what the compiled image says.
    fn interpret(&self) -> Result<(), String> {
        let attempts = ask::attempts(&self.inventory, &[]);
        for version in [1, 2] {
            say(&format!(
                "\n== Version {version}: the sources' answer against the compiled image's"
            ));
            let source = ask::from_source(self, version, &attempts)?;
            let image = ask::from_image(self, version, &attempts)?;
            table::print(&self.inventory, &[], &attempts, &source, &image)?;
        }
        say("\nDone. No packet was sent; the reference interpreter answered for the kernel.");
        Ok(())
    }
}

fn bundle(version: u8) -> String {
    format!("{WORK}/shop-v{version}.npb")
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

fn run_to_end(mut command: Command) -> Result<ExitStatus, String> {
    command
        .status()
        .map_err(|e| format!("{}: {e}", command.get_program().display()))
}

fn expect_success(command: Command) -> Result<(), String> {
    let name = command.get_program().display().to_string();
    let status = run_to_end(command)?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{name} ended with {status}"))
    }
}
