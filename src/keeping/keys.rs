//! The keys under which things are kept.

/// What counts in no table.
pub(super) const TOTALS: &[u8] = b"totals";
/// How far the source has come that reads rows.
pub(super) const PROGRESS: &[u8] = b"progress";
/// What a replica remembers of itself.
pub(super) const HANDOVER: &[u8] = b"handover";
/// The label names of a table stand under this and its name.
const LABELS: &str = "labels/";

/// Ends the name of a table; no name holds it.
const END: u8 = 0x1f;
/// Turns the order of signed numbers into that of their bytes.
const SIGN: i64 = i64::MIN;

pub(super) fn labels(table: &str) -> Vec<u8> {
    [LABELS, table].concat().into_bytes()
}

pub(super) fn row(table: &str, key: &[u8]) -> Vec<u8> {
    [table.as_bytes(), &[END], key].concat()
}

/// Table and key of a row.
pub(super) fn table_and_key(row: &[u8]) -> Option<(&str, &[u8])> {
    let end = row.iter().position(|byte| *byte == END)?;
    Some((std::str::from_utf8(&row[..end]).ok()?, &row[end + 1..]))
}

pub(super) fn chunk(number: u64) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

pub(super) fn number_of_chunk(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.try_into().ok()?))
}

/// Below the keys of all later minutes.
pub(super) fn minute(minute: i64) -> Vec<u8> {
    (minute ^ SIGN).to_be_bytes().to_vec()
}

pub(super) fn chunk_of_minute(of: i64, number: u64) -> Vec<u8> {
    [minute(of), chunk(number)].concat()
}

/// Minute and number of the commit.
pub(super) fn minute_and_number(key: &[u8]) -> Option<(i64, u64)> {
    let (minute, number) = key.split_first_chunk()?;
    Some((i64::from_be_bytes(*minute) ^ SIGN, number_of_chunk(number)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_again_and_in_the_order_of_their_numbers() {
        let minutes = [i64::MIN, -1, 0, 1, i64::MAX];
        let keys = minutes.map(|minute| chunk_of_minute(minute, 7));
        assert!(keys.is_sorted());
        assert_eq!(keys.map(|key| minute_and_number(&key)), minutes.map(|minute| Some((minute, 7))));
        assert!(minute(5) < chunk_of_minute(5, 0) && chunk_of_minute(5, u64::MAX) < minute(6));
        assert_eq!(table_and_key(&row("models", b"gpt\x1f")), Some(("models", &b"gpt\x1f"[..])));
    }
}
