//! What LiteLLM has gathered in Redis for its database.

use llm_exporter::replicas::spend_buffers;

use super::server::Server;

#[tokio::test]
async fn what_waits_for_the_database_is_counted_by_what_it_is() {
    let server = Server::start();
    let mut conn = server.connect().await;
    assert_eq!(spend_buffers(&mut conn, "").await, Ok([0, 0, 0]), "a list that is not there is empty");
    server.ask::<()>(&["RPUSH", "litellm_spend_logs_buffer", "{}", "{}", "{}"]).await;
    server.ask::<()>(&["RPUSH", "litellm_daily_spend_update_buffer", "{}"]).await;
    assert_eq!(spend_buffers(&mut conn, "").await, Ok([3, 0, 1]));
    server.ask::<()>(&["RPUSH", "prod:litellm_spend_update_buffer", "{}"]).await;
    assert_eq!(spend_buffers(&mut conn, "prod").await, Ok([0, 1, 0]));
}

#[tokio::test]
async fn what_is_no_list_is_an_error_and_no_number() {
    let server = Server::start();
    let mut conn = server.connect().await;
    server.ask::<()>(&["SET", "litellm_spend_update_buffer", "7"]).await;
    assert!(spend_buffers(&mut conn, "").await.is_err());
}
