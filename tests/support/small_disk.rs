//! A small file system of its own, for tests of disks that are full or may only be read.
//!
//! Mounting one needs the super-user; where it is refused a test says so and does nothing.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A mounted disk; dropped, it is gone.
pub struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// A disk of a size at a place, where one may be mounted.
    pub fn mount(path: &'a Path, megabytes: u32) -> Option<Self> {
        fs::create_dir_all(path).unwrap();
        let size = format!("size={megabytes}m");
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(path)
            .stderr(Stdio::null())
            .status();
        if status.is_ok_and(|s| s.success()) {
            return Some(Self(path));
        }
        eprintln!("skipped: no file system may be mounted here");
        None
    }

    /// Takes what is left of it, to the last byte; returns the file that does.
    pub fn use_up(&self) -> PathBuf {
        let path = self.0.join("filler");
        let mut file = fs::File::create(&path).unwrap();
        for size in [1 << 20, 1 << 12, 512] {
            let bytes = vec![0u8; size];
            while file.write_all(&bytes).is_ok() {}
        }
        path
    }

    /// Makes it a disk that may only be read; whether that is possible.
    pub fn read_only(&self) -> bool {
        let mut mount = Command::new("mount");
        mount.args(["-o", "remount,ro"]).arg(self.0);
        let done = mount.status().is_ok_and(|s| s.success());
        if !done {
            eprintln!("skipped: a file system cannot be made read-only here");
        }
        done
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}
