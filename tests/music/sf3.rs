//! `SoundFont` 3 banks, whose samples are Vorbis streams, turned into version 2 in memory.
//!
//! In the chunk `smpl` each sample is a whole Ogg file; its header in `shdr` counts bytes instead of
//! samples, has bit 0x10 in its type, and gives the loop from the sample's own start.

use leitmotif::audio::decode;
use leitmotif::domain::limits::Limits;
use rayon::prelude::*;
use std::fs;

/// Bytes of a sample's header: a name of 20, then five words, two bytes, two half words.
const HEADER: usize = 46;
const PACKED: u16 = 0x10;
/// Silence between samples that version 2 asks for.
const GAP: usize = 46;

/// Whether a bank's samples are packed.
pub fn is_packed(bytes: &[u8]) -> bool {
    let smpl = find(bytes, *b"sdta").and_then(|list| find(list, *b"smpl"));
    smpl.is_some_and(|s| s.starts_with(b"OggS"))
}

/// The same bank with plain samples.
pub fn unpack(bytes: &[u8]) -> Vec<u8> {
    let list = |kind: [u8; 4]| find(bytes, kind).unwrap_or_else(|| panic!("no list {kind:?}"));
    let (info, pdta) = (list(*b"INFO"), list(*b"pdta"));
    let packed = find(list(*b"sdta"), *b"smpl").expect("a bank has samples");
    let headers = find(pdta, *b"shdr").expect("a bank has sample headers");
    let scratch = tempfile::tempdir().expect("a folder for scratch");
    let sounds: Vec<Vec<i16>> = headers
        .par_chunks_exact(HEADER)
        .enumerate()
        .map(|(i, header)| {
            let (start, end) = (word(header, 20) as usize, word(header, 24) as usize);
            if half(header, 44) & PACKED == 0 || end <= start {
                return Vec::new();
            }
            let path = scratch.path().join(format!("{i}.ogg"));
            fs::write(&path, &packed[start..end]).expect("scratch can be written");
            let audio = decode::read_all(&path, &Limits::default())
                .unwrap_or_else(|e| panic!("sample {i}: {e}"));
            audio.mono().iter().map(|x| (x * 32_767.0).clamp(-32_768.0, 32_767.0) as i16).collect()
        })
        .collect();
    let (mut plain, mut shdr) = (Vec::new(), Vec::new());
    for (header, sound) in headers.chunks_exact(HEADER).zip(&sounds) {
        let mut header = header.to_vec();
        let start = (plain.len() / 2) as u32;
        let count = sound.len() as u32;
        let (from, to) = (word(&header, 28).min(count), word(&header, 32).min(count));
        for (at, value) in [(20, start), (24, start + count), (28, start + from), (32, start + to)]
        {
            header[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        let kind = half(&header, 44) & !PACKED;
        header[44..46].copy_from_slice(&kind.to_le_bytes());
        shdr.extend(header);
        plain.extend(sound.iter().flat_map(|s| s.to_le_bytes()));
        plain.resize(plain.len() + 2 * GAP, 0);
    }
    let pdta: Vec<u8> = chunks(pdta)
        .flat_map(|(id, body)| chunk(id, if id == *b"shdr" { &shdr } else { body }))
        .collect();
    let lists = [
        chunk(*b"LIST", &[b"INFO".as_slice(), info].concat()),
        chunk(*b"LIST", &[b"sdta".as_slice(), &chunk(*b"smpl", &plain)].concat()),
        chunk(*b"LIST", &[b"pdta".as_slice(), &pdta].concat()),
    ];
    chunk(*b"RIFF", &[b"sfbk".as_slice(), &lists.concat()].concat())
}

/// The body of a list of a bank, or of a chunk of a list.
fn find(bytes: &[u8], kind: [u8; 4]) -> Option<&[u8]> {
    let inside = if bytes.starts_with(b"RIFF") { bytes.get(12..)? } else { bytes };
    chunks(inside).find_map(|(id, body)| match id {
        id if id == *b"LIST" && body.starts_with(&kind) => Some(&body[4..]),
        id if id == kind => Some(body),
        _ => None,
    })
}

/// Chunks one after the other: name, length, body, and a byte where the length is odd.
fn chunks(mut bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let id = *bytes.first_chunk::<4>()?;
        let length = bytes.get(4..8).map(|b| word(b, 0) as usize)?;
        let body = bytes.get(8..8 + length)?;
        let rest = &bytes[8 + length..];
        // MuseScore's writer leaves the byte out, and no name begins with 0.
        bytes = if length % 2 == 1 { rest.strip_prefix(&[0]).unwrap_or(rest) } else { rest };
        Some((id, body))
    })
}

fn chunk(id: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = [id.as_slice(), &(body.len() as u32).to_le_bytes(), body].concat();
    out.resize(out.len() + body.len() % 2, 0);
    out
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn half(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}
