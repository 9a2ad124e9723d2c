//! Two real exporters beside one PostgreSQL: one reads the spend log, the other takes over, and together they count each row once.

mod support;

#[path = "spend_logs_replicas/alone.rs"]
mod alone;
#[path = "spend_logs_replicas/kills.rs"]
mod kills;
#[path = "spend_logs_replicas/outages.rs"]
mod outages;
#[path = "spend_logs_replicas/scene.rs"]
mod scene;
#[path = "spend_logs_replicas/turns.rs"]
mod turns;
