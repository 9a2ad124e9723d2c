//! What stands in the statements by which the books are read, for a model and a cost, and what their rows say.

use tokio_postgres::Row;

use super::BooksByModel;
use crate::dependencies::database::Columns;
use crate::event::Usd;
use crate::state::{Booked, OVERFLOW, clean};

/// A spend as whole picodollars. What is no amount (negative, not a number, nothing, more than any request costs) adds nothing, as it
/// adds nothing where we count it; and more than this would not fit.
pub(super) const PICOS: &str = "coalesce(sum(CASE WHEN spend >= 0 AND spend < 9000000 \
                     THEN round(spend * 1e12::float8)::bigint END), 0)::text";

/// The public model of a row: as we name what its callback tells. What was refused before a deployment was chosen has none, and nor
/// have the gateway's own health checks.
pub(super) fn model(columns: &Columns) -> String {
    let text = |name: &str| {
        if columns.contains_key(name) { format!("coalesce(\"{name}\", '')") } else { "''".to_owned() }
    };
    let (group, model, id) = (text("model_group"), text("model"), text("model_id"));
    let (status, team) = (text("status"), text("team_id"));
    format!(
        "CASE WHEN {status} = 'failure' AND {id} = '' THEN '' WHEN {group} <> '' THEN {group} \
         WHEN {team} = 'litellm-internal-health-check' THEN '' ELSE {model} END"
    )
}

/// Adds what a row says of a model. Models that `has_room` has none for are `other`.
pub(super) fn add(
    models: &mut BooksByModel,
    row: &Row,
    has_room: &impl Fn(&str, usize) -> bool,
) -> Result<(), tokio_postgres::Error> {
    let requests: i64 = row.try_get(1)?;
    let picos: &str = row.try_get(2)?;
    let booked = Booked {
        requests: u64::try_from(requests).unwrap_or_default(),
        cost: Usd::from_all_picos(picos.parse().unwrap_or_default()),
    };
    let mut model = shown(row.try_get(0)?);
    if !models.contains_key(&model) && !has_room(&model, models.len()) {
        OVERFLOW.clone_into(&mut model);
    }
    models.entry(model).or_default().add(&booked);
    Ok(())
}

/// A model as our tables name it.
pub(super) fn shown(model: &str) -> String {
    if model.is_empty() { OVERFLOW.to_owned() } else { clean(model).into_owned() }
}
