//! One claim as it is shared: which rows of one batch a replica is about to count.
//!
//! Written as a version, who claims, two numbers that make it unlike every other, and the marks: sorted by minute, of which only the
//! steps are told, so that a mark takes nine bytes or little more.

use crate::event::RowMark;
use crate::replicas::ReplicaId;

/// So many rows are in one chunk at most: 100 KB, which a Redis moves in a fraction of a millisecond.
pub(super) const MOST_MARKS: usize = 10_000;

const VERSION: u8 = 1;

/// Rows that one replica claimed at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Who counts them.
    pub(super) owner: ReplicaId,
    /// The epoch in which it claimed them.
    pub(super) epoch: u64,
    /// Which one of that epoch.
    pub(super) number: u64,
    /// The newest minute of its marks, or a later one until which it is kept: when that is older than what is read again, it can go.
    pub(super) newest: i64,
    /// All of it, as it is written.
    pub(super) bytes: Vec<u8>,
}

impl Chunk {
    /// Of these rows, no more than [`MOST_MARKS`]; `None` without any.
    pub(super) fn new(owner: &ReplicaId, epoch: u64, number: u64, marks: &[RowMark]) -> Option<Self> {
        let mut marks = marks.to_vec();
        marks.sort_unstable_by_key(|mark| (mark.minute, mark.id));
        let newest = marks.last()?.minute;
        let mut bytes = Vec::with_capacity(owner.as_str().len() + 32 + marks.len() * 9);
        bytes.push(VERSION);
        // The id of a replica is shorter than 80 bytes.
        bytes.push(u8::try_from(owner.as_str().len()).ok()?);
        bytes.extend(owner.as_str().as_bytes());
        bytes.extend(epoch.to_le_bytes());
        bytes.extend(number.to_le_bytes());
        let mut minute = marks.first()?.minute;
        bytes.extend(minute.to_le_bytes());
        for mark in marks {
            put_varint(&mut bytes, mark.minute.abs_diff(minute));
            bytes.extend(mark.id.to_le_bytes());
            minute = mark.minute;
        }
        Some(Self { owner: owner.clone(), epoch, number, newest, bytes })
    }

    /// Reads one; `None` where the bytes are something else: a later version's, or not ours.
    pub(super) fn read(bytes: Vec<u8>) -> Option<Self> {
        let (owner, epoch, number, marks) = Self::take_apart(&bytes)?;
        let newest = marks.last()?.minute;
        Some(Self { owner, epoch, number, newest, bytes })
    }

    /// The rows, from the oldest minute on.
    pub(super) fn marks(&self) -> Vec<RowMark> {
        Self::take_apart(&self.bytes).map(|(_, _, _, marks)| marks).unwrap_or_default()
    }

    fn take_apart(bytes: &[u8]) -> Option<(ReplicaId, u64, u64, Vec<RowMark>)> {
        let rest = &mut &*bytes;
        let [VERSION, length] = take(rest)? else { return None };
        let (owner, after) = rest.split_at_checked(usize::from(length))?;
        *rest = after;
        let owner = ReplicaId::parse(str::from_utf8(owner).ok()?)?;
        let (epoch, number) = (u64::from_le_bytes(take(rest)?), u64::from_le_bytes(take(rest)?));
        let mut minute = i64::from_le_bytes(take(rest)?);
        let mut marks = Vec::with_capacity(rest.len() / 9);
        while !rest.is_empty() {
            minute = minute.checked_add_unsigned(take_varint(rest)?)?;
            marks.push(RowMark { minute, id: u64::from_le_bytes(take(rest)?) });
        }
        Some((owner, epoch, number, marks))
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

/// Seven bits a byte, the lowest first; the eighth says that there are more.
fn put_varint(bytes: &mut Vec<u8>, mut number: u64) {
    loop {
        let [low, ..] = (number & 0x7f).to_le_bytes();
        number >>= 7;
        if number == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let [byte] = take(bytes)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(minute: i64, id: u64) -> RowMark {
        RowMark { minute, id }
    }

    #[test]
    fn a_chunk_is_read_as_it_was_written() {
        let owner = ReplicaId::of_this_process();
        let marks = [mark(29_900_000, 7), mark(29_899_990, u64::MAX), mark(-3, 1), mark(29_900_000, 1)];
        let chunk = Chunk::new(&owner, 1_795_410_873_314, 9, &marks).expect("there are marks");
        let read = Chunk::read(chunk.bytes.clone()).expect("it is a chunk");
        assert_eq!(read, chunk);
        assert_eq!(read.newest, 29_900_000);
        let sorted = [mark(-3, 1), mark(29_899_990, u64::MAX), mark(29_900_000, 1), mark(29_900_000, 7)];
        assert_eq!(read.marks(), sorted);
    }

    #[test]
    fn ten_thousand_marks_take_some_ninety_kilobytes() {
        let marks: Vec<RowMark> = (0..10_000u64).map(|id| mark(29_900_000 + (id % 60) as i64, id)).collect();
        let chunk = Chunk::new(&ReplicaId::of_this_process(), 1, 1, &marks).expect("there are marks");
        assert!(chunk.bytes.len() < 90_200, "{}", chunk.bytes.len());
    }

    #[test]
    fn what_is_no_chunk_is_none() {
        let chunk = Chunk::new(&ReplicaId::of_this_process(), 1, 1, &[mark(1, 1)]).expect("there is a mark");
        let cut = chunk.bytes[..chunk.bytes.len() - 1].to_vec();
        let later = [&[2], &chunk.bytes[1..]].concat();
        for bytes in [Vec::new(), b"something else".to_vec(), cut, later] {
            assert_eq!(Chunk::read(bytes), None);
        }
        assert_eq!(Chunk::new(&ReplicaId::of_this_process(), 1, 1, &[]), None);
    }
}
