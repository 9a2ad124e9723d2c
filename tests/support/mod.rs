//! What the integration tests share: the exporter as a child process, a real Prometheus, a plain HTTP client and
//! a strict reader of `/metrics`. Code goes here when a second test needs it; what one test needs stays with that test.
#![allow(dead_code, unused_imports, reason = "each test binary uses its own part of this module")]

pub(crate) mod alertmanager;
pub(crate) mod attempt;
pub(crate) mod blame;
pub(crate) mod captures;
pub(crate) mod certificates;
pub(crate) mod dashboard_files;
pub(crate) mod deadline;
pub(crate) mod demo;
pub(crate) mod edited;
pub(crate) mod events;
pub(crate) mod exporter;
pub(crate) mod exposition;
pub(crate) mod gateway;
pub(crate) mod grafana;
pub(crate) mod http;
pub(crate) mod ledger_tables;
pub(crate) mod litellm_entities;
pub(crate) mod open_transaction;
pub(crate) mod pgbouncer;
pub(crate) mod pipeline;
pub(crate) mod postgres;
pub(crate) mod prometheus;
pub(crate) mod promql;
pub(crate) mod provider;
pub(crate) mod query_api;
pub(crate) mod redis;
pub(crate) mod relay;
pub(crate) mod rule_files;
pub(crate) mod server;
pub(crate) mod spend_log;
pub(crate) mod unprivileged;
pub(crate) mod victoria_metrics;
pub(crate) mod words;
pub(crate) mod yaml;
