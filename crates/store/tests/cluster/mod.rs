//! A private PostgreSQL for tests: in a temporary directory, on a socket, gone when dropped.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A running cluster.
pub struct Cluster {
    directory: tempfile::TempDir,
    bin: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
}

/// Where the programs of the server are.
fn programs() -> Option<PathBuf> {
    let mut places: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    places.sort();
    places.reverse();
    places.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    places.into_iter().find(|bin| bin.join("initdb").exists() && bin.join("pg_ctl").exists())
}

/// The server refuses to run as root: the user it has been installed with, where tests run as root.
fn user() -> Option<(u32, u32)> {
    let is_root = fs::metadata("/proc/self").map(|found| {
        use std::os::unix::fs::MetadataExt;
        found.uid() == 0
    });
    if !is_root.unwrap_or(false) {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let line = users.lines().find(|line| line.starts_with("postgres:"))?.to_owned();
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

impl Cluster {
    /// Start one, or say in one line why there is none.
    #[allow(dead_code)] // Each test program uses its part of this module.
    pub fn start() -> Option<Cluster> {
        Cluster::with(None, "", &[])
    }

    /// Start one that listens to 127.0.0.1 too, with some lines of settings and with files beside its data that nobody else may
    /// read.
    #[allow(dead_code)] // Each test program uses its part of this module.
    pub fn listening(port: u16, settings: &str, files: &[(&str, &str)]) -> Option<Cluster> {
        Cluster::with(Some(port), settings, files)
    }

    fn with(port: Option<u16>, settings: &str, files: &[(&str, &str)]) -> Option<Cluster> {
        let Some(bin) = programs() else {
            eprintln!(
                "skipped on PostgreSQL: no server is installed; `apt-get install postgresql` brings one"
            );
            return None;
        };
        let directory = tempfile::Builder::new().prefix("lunar-pg-").tempdir_in("/tmp").unwrap();
        let user = user();
        if let Some((uid, gid)) = user {
            chown(directory.path(), Some(uid), Some(gid)).unwrap();
        }
        let address = port.map_or("", |_| "127.0.0.1");
        let cluster = Cluster { directory, bin, user, port: port.unwrap_or(5432) };
        let data = cluster.data();
        let made = cluster
            .command("initdb")
            .args(["--auth=trust", "--username=habitat", "--no-sync", "-E", "UTF8", "-D"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let socket = cluster.directory.path().display();
        let settings = format!(
            "listen_addresses = '{address}'\nport = {}\nunix_socket_directories = '{socket}'\nmax_connections = 60\n{settings}\n",
            cluster.port
        );
        for (name, text) in files {
            let path = data.join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            if let Some((uid, gid)) = cluster.user {
                chown(&path, Some(uid), Some(gid)).unwrap();
            }
        }
        let file = data.join("postgresql.conf");
        fs::write(&file, fs::read_to_string(&file).unwrap() + &settings).unwrap();
        cluster.up();
        Some(cluster)
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.current_dir(self.directory.path()).stdin(Stdio::null());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }

    fn control(&self, what: &[&str]) -> bool {
        let log: &Path = &self.directory.path().join("log");
        let mut command = self.command("pg_ctl");
        command.arg("-D").arg(self.data()).arg("-l").arg(log).arg("-w").args(what);
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }

    /// Start the server.
    pub fn up(&self) {
        assert!(self.control(&["start"]), "the server does not start");
    }

    /// Stop the server at once, as if the power had failed.
    pub fn down(&self) {
        self.control(&["stop", "-m", "immediate"]);
    }

    /// The socket that it listens to.
    #[allow(dead_code)] // Each test program uses its part of this module.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join(format!(".s.PGSQL.{}", self.port))
    }

    /// Stop the server and remove everything of it: a static is never dropped.
    #[allow(dead_code)] // Each test program uses its part of this module.
    pub fn remove(&self) {
        self.down();
        let _ = fs::remove_dir_all(self.directory.path());
    }

    /// URL of a new, empty database.
    pub fn database(&self, name: &str) -> String {
        let socket = self.directory.path().display().to_string();
        let port = self.port.to_string();
        let made = self
            .command("createdb")
            .args(["-h", &socket, "-p", &port, "-U", "habitat", name])
            .output()
            .unwrap();
        assert!(made.status.success(), "createdb: {}", String::from_utf8_lossy(&made.stderr));
        format!("postgres://habitat@{}:{port}/{name}", socket.replace('/', "%2F"))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.down();
    }
}
