//! Asks deployments whether they answer.
