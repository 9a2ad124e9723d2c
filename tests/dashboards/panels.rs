//! What every panel must have.

use crate::support::dashboard_files::Panel;

/// The units that we use, by their ids in Grafana (`packages/grafana-data/src/valueFormats/categories.ts`).
const UNITS: [&str; 26] = [
    "none",
    "string",
    "short",
    "percent",
    "percentunit",
    "locale",
    "currencyUSD",
    "bytes",
    "decbytes",
    "Bps",
    "binBps",
    "dateTimeAsIso",
    "dateTimeAsSystem",
    "dateTimeFromNow",
    "s",
    "ms",
    "m",
    "h",
    "d",
    "dtdurations",
    "cps",
    "ops",
    "opm",
    "reqps",
    "bool",
    "bool_yes_no",
];

/// The data come from the source that the viewer chose.
pub(crate) fn datasource(panel: &Panel) -> Option<String> {
    let all = [&panel.datasource].into_iter().chain(panel.targets.iter().map(|target| &target.datasource));
    let uids = all.filter(|source| !source.is_null()).map(|source| source["uid"].as_str().unwrap_or_default());
    let is_chosen = |uid: &str| ["$datasource", "${datasource}"].contains(&uid);
    let uids: Vec<&str> = uids.collect();
    if panel.datasource.is_null() {
        return Some("has no data source".to_owned());
    }
    let other = uids.into_iter().find(|uid| !is_chosen(uid))?;
    Some(format!("its data source is {other:?} and not the one that is chosen"))
}

/// A reader learns what is shown, and how it is meant.
pub(crate) fn title_description(panel: &Panel) -> Option<String> {
    let is_missing = panel.title.trim().is_empty() || panel.description.trim().is_empty();
    is_missing.then(|| format!("panel {} has no title or no description", panel.id))
}

/// Numbers have a unit; what is mapped to words needs none.
pub(crate) fn units(panel: &Panel) -> Option<String> {
    let config = &panel.field_config;
    let of_overrides = config.overrides.iter().flat_map(|it| &it.properties).filter(|property| property.id == "unit");
    let overridden: Vec<&str> = of_overrides.map(|property| property.value.as_str().unwrap_or_default()).collect();
    if let Some(unknown) = overridden.iter().copied().find(|unit| !UNITS.contains(unit)) {
        return Some(format!("{unknown:?} is no unit"));
    }
    let unit = config.defaults.unit.as_str();
    let is_mapped = unit.is_empty() && !config.defaults.mappings.is_empty();
    (!is_mapped && !UNITS.contains(&unit)).then(|| format!("its unit is {unit:?}"))
}

/// Something is asked.
pub(crate) fn no_targets(panel: &Panel) -> Option<String> {
    let asks = panel.targets.iter().any(|target| !target.expr.trim().is_empty());
    (!asks).then(|| "asks nothing".to_owned())
}
