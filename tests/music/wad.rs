//! The music of a WAD (the lump archive of Doom): Standard MIDI files in lumps named `D_..`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// Pieces whose hash is among this many smallest are kept for the bench and never trained on.
pub const HELD_OUT: usize = 20;

/// A piece of a WAD.
pub struct Lump {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Every MIDI file of these WADs once, in order of its BLAKE3 hash: the first [`HELD_OUT`] are held
/// out.
pub fn music(wads: &[PathBuf]) -> Vec<Lump> {
    let mut found: BTreeMap<[u8; 32], Lump> = BTreeMap::new();
    for path in wads {
        let bytes = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        for lump in lumps(&bytes) {
            if lump.name.starts_with("D_") && lump.bytes.starts_with(b"MThd") {
                found.entry(*blake3::hash(&lump.bytes).as_bytes()).or_insert(lump);
            }
        }
    }
    found.into_values().collect()
}

/// The directory of a WAD: a header of 12 bytes says where it is and how long, each entry holds
/// offset, size and a name of eight bytes.
fn lumps(bytes: &[u8]) -> Vec<Lump> {
    let word = |at: usize| {
        bytes.get(at..at + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])) as usize
    };
    let (count, directory) = (word(4), word(8));
    (0..count)
        .filter_map(|i| {
            let entry = directory + 16 * i;
            let (offset, size) = (word(entry), word(entry + 4));
            let name = bytes.get(entry + 8..entry + 16)?;
            let name = String::from_utf8_lossy(name).trim_end_matches('\0').to_owned();
            Some(Lump { name, bytes: bytes.get(offset..offset + size)?.to_vec() })
        })
        .collect()
}
