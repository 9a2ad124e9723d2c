use super::*;

fn table(limit: usize) -> Table<u64> {
    Table::new("table", ["a", "b"], limit)
}

fn rendered(table: &mut Table<u64>) -> Vec<(String, u64)> {
    table.rows().iter().map(|row| (row.labels.as_str().to_owned(), *row.facts)).collect()
}

#[test]
fn what_has_no_place_goes_to_the_overflow_row_and_sums_stay_exact() {
    let mut table = table(2);
    for key in ["x", "y", "z", "w", "x"] {
        *table.entry(&[key, "1"], || 0) += 1;
    }
    assert_eq!(table.rows().iter().map(|row| *row.facts).sum::<u64>(), 5);
    assert_eq!(table.size(), TableSize { table: "table", rows: 2, limit: 2, overflowed: 2 });
    assert!(rendered(&mut table).contains(&(r#"a="other",b="other""#.to_owned(), 2)));
}

#[test]
fn a_row_that_is_really_called_other_is_the_overflow_row_too() {
    let mut table = table(1);
    *table.entry(&["other", "other"], || 0) += 1;
    *table.entry(&["x", "y"], || 0) += 1;
    assert_eq!(rendered(&mut table), [(r#"a="other",b="other""#.to_owned(), 2)]);
}

#[test]
fn rows_come_in_the_order_of_their_labels_whatever_came_first() {
    let mut table = table(10);
    for key in ["c", "a", "b"] {
        table.entry(&[key, "1"], || 0);
    }
    let keys: Vec<_> = rendered(&mut table).into_iter().map(|(labels, _)| labels).collect();
    assert!(keys.is_sorted(), "{keys:?}");
}

#[test]
fn a_removed_row_makes_room_and_is_not_shown() {
    let mut table = table(2);
    for (value, key) in ["x", "y"].into_iter().enumerate() {
        *table.entry(&[key, "1"], || 0) += value as u64;
    }
    assert_eq!(table.remove_if(|value| *value == 0), [0]);
    assert!(!table.contains(&["x", "1"]));
    assert_eq!(rendered(&mut table), [(r#"a="y",b="1""#.to_owned(), 1)]);
    *table.entry(&["z", "1"], || 5) += 0;
    assert_eq!(table.size(), TableSize { table: "table", rows: 2, limit: 2, overflowed: 0 });
    assert_eq!(rendered(&mut table).len(), 2);
    *table.entry(&["x", "1"], || 0) += 1;
    assert_eq!(table.size().overflowed, 1, "the removed row's place is taken");
}

#[test]
fn values_that_look_alike_once_cleaned_are_one_row() {
    let mut table = table(10);
    *table.entry(&["a\n", "b"], || 0) += 1;
    *table.entry(&["a\t", "b"], || 0) += 1;
    assert_eq!(rendered(&mut table), [(r#"a="a?",b="b""#.to_owned(), 2)]);
}

#[test]
fn facts_that_do_not_add_up_are_dropped_and_counted_when_there_is_no_room() {
    let mut table = table(1);
    assert!(table.entry_or_drop(&["x", "1"], || 0).is_some());
    assert!(table.entry_or_drop(&["y", "1"], || 0).is_none());
    assert_eq!(table.size(), TableSize { table: "table", rows: 1, limit: 1, overflowed: 1 });
}
