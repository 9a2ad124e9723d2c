//! The dashboards in `dashboards/`, as Grafana reads them.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

/// A dashboard, and the text that it was read from.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Dashboard {
    #[serde(skip)]
    pub(crate) file: String,
    #[serde(skip)]
    pub(crate) text: String,
    pub(crate) title: String,
    pub(crate) uid: String,
    pub(crate) description: String,
    pub(crate) editable: bool,
    pub(crate) schema_version: u64,
    pub(crate) tags: Vec<String>,
    pub(crate) links: Vec<Link>,
    pub(crate) templating: Templating,
    pub(crate) annotations: Annotations,
    pub(crate) panels: Vec<Panel>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Templating {
    pub(crate) list: Vec<Variable>,
}

/// What a viewer can choose.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) label: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    query: Value,
    pub(crate) datasource: Value,
    pub(crate) multi: bool,
    pub(crate) include_all: bool,
    pub(crate) all_value: Option<String>,
    pub(crate) refresh: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Annotations {
    pub(crate) list: Vec<Annotation>,
}

/// What is marked on the time axis.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Annotation {
    pub(crate) name: String,
    pub(crate) expr: String,
    pub(crate) tag_keys: String,
    pub(crate) text_format: String,
    pub(crate) title_format: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Link {
    pub(crate) title: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) tags: Vec<String>,
    pub(crate) url: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Panel {
    pub(crate) id: u64,
    pub(crate) title: String,
    pub(crate) description: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) collapsed: bool,
    pub(crate) grid_pos: Area,
    pub(crate) datasource: Value,
    pub(crate) targets: Vec<Target>,
    pub(crate) field_config: FieldConfig,
    pub(crate) transformations: Vec<Transformation>,
    pub(crate) links: Vec<Link>,
    pub(crate) panels: Vec<Panel>,
}

/// Where a panel stands, in cells.
#[derive(Debug, Clone, Copy, Default, Deserialize, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) w: usize,
    pub(crate) h: usize,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Target {
    pub(crate) ref_id: String,
    pub(crate) expr: String,
    pub(crate) legend_format: String,
    pub(crate) exemplar: bool,
    pub(crate) datasource: Value,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FieldConfig {
    pub(crate) defaults: Defaults,
    pub(crate) overrides: Vec<Override>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Defaults {
    pub(crate) unit: String,
    pub(crate) no_value: String,
    pub(crate) mappings: Vec<Value>,
    pub(crate) links: Vec<Link>,
}

/// What is otherwise for some of the fields.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Override {
    pub(crate) matcher: Matcher,
    pub(crate) properties: Vec<Property>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Matcher {
    pub(crate) id: String,
    pub(crate) options: Value,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Property {
    pub(crate) id: String,
    pub(crate) value: Value,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Transformation {
    pub(crate) id: String,
    pub(crate) options: Value,
}

/// The folder of the dashboards.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("dashboards")
}

impl Dashboard {
    /// Those of the project, by the names of their files.
    pub(crate) fn load_all() -> Vec<Self> {
        let entries = fs::read_dir(folder()).expect("the folder of the dashboards");
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        let file = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        paths.iter().map(|path| Self::parse(&file(path), &fs::read_to_string(path).expect("a text"))).collect()
    }

    pub(crate) fn parse(file: &str, text: &str) -> Self {
        let read: Self = serde_json::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        Self { file: file.to_owned(), text: text.to_owned(), ..read }
    }

    /// Every panel, those in rows too.
    pub(crate) fn all_panels(&self) -> impl Iterator<Item = &Panel> {
        self.panels.iter().flat_map(|panel| [panel].into_iter().chain(&panel.panels))
    }

    /// Those that show data.
    pub(crate) fn data_panels(&self) -> impl Iterator<Item = &Panel> {
        self.all_panels().filter(|panel| panel.shows_data())
    }
}

impl Panel {
    pub(crate) fn shows_data(&self) -> bool {
        self.kind != "row" && self.kind != "text"
    }
}

impl Variable {
    /// The query, in whichever way it is written.
    pub(crate) fn query(&self) -> &str {
        self.query.as_str().or_else(|| self.query.get("query")?.as_str()).unwrap_or_default()
    }
}
