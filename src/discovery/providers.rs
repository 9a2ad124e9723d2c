//! Who runs a model, by the names that LiteLLM has for them.

/// For models whose provider nobody named, as in events.
const UNKNOWN: &str = "unknown";

/// LiteLLM's names that may stand before the slash of a model's name. One that is missing here is still found where nothing
/// else is told.
#[rustfmt::skip]
const KNOWN: &[&str] = &[
    "ai21", "ai21_chat", "aiml", "aiohttp_openai", "amazon_nova", "anthropic", "anthropic_text", "assemblyai",
    "auto_router", "aws_polly", "azure", "azure_ai", "azure_text", "baseten", "bedrock", "black_forest_labs", "bytez",
    "cerebras", "chatgpt", "clarifai", "cloudflare", "codestral", "cohere", "cohere_chat", "cometapi", "compactifai",
    "custom", "custom_openai", "dashscope", "databricks", "datarobot", "deepgram", "deepinfra", "deepseek",
    "docker_model_runner", "dotprompt", "elevenlabs", "empower", "fal_ai", "featherless_ai", "fireworks_ai",
    "friendliai", "galadriel", "gemini", "github", "github_copilot", "gradient_ai", "groq", "heroku", "hosted_vllm",
    "huggingface", "humanloop", "hyperbolic", "infinity", "jina_ai", "lambda_ai", "langfuse", "lemonade",
    "litellm_proxy", "llamafile", "lm_studio", "maritalk", "meta_llama", "milvus", "minimax", "mistral", "moonshot",
    "morph", "nebius", "nlp_cloud", "novita", "nscale", "nvidia_nim", "oci", "ollama", "ollama_chat", "oobabooga",
    "openai", "openai_like", "openrouter", "ovhcloud", "perplexity", "petals", "pg_vector", "predibase", "recraft",
    "replicate", "runwayml", "sagemaker", "sagemaker_chat", "sagemaker_nova", "sambanova", "snowflake",
    "text-completion-codestral", "text-completion-openai", "together_ai", "topaz", "triton", "v0", "vercel_ai_gateway",
    "vertex_ai", "vertex_ai_beta", "vllm", "volcengine", "voyage", "wandb", "watsonx", "watsonx_text", "xai",
    "xinference", "zai",
];

/// Families of models that LiteLLM knows without a provider before their names.
const FAMILIES: [(&str, &str); 9] = [
    ("gpt", "openai"),
    ("ft:gpt", "openai"),
    ("chatgpt", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("text-embedding", "openai"),
    ("dall-e", "openai"),
    ("claude", "anthropic"),
];

/// Who runs `model`: `explicit` is what stands in its parameters, `of_prices` is LiteLLM's word in its list of prices.
///
/// The result is what events carry as `custom_llm_provider`, as far as that can be told without LiteLLM's own lists.
pub(super) fn of(explicit: Option<&str>, model: &str, of_prices: Option<&str>) -> String {
    let prefix = model.split_once('/').map(|(prefix, _)| prefix);
    let known_prefix = prefix.filter(|prefix| is_known(prefix));
    let is_of = |family: &str| model.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    let bare = || FAMILIES.iter().find(|(family, _)| is_of(family)).map(|(_, provider)| *provider);
    let everything = || (model == "*").then_some("openai");
    let provider =
        explicit.or(known_prefix).or(of_prices.map(without_kind)).or(prefix).or_else(bare).or_else(everything);
    provider.filter(|name| !name.is_empty()).unwrap_or(UNKNOWN).to_owned()
}

fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
}

/// The list of prices names some by what they are for as well: `vertex_ai-chat-models`, `bedrock_converse`.
fn without_kind(of_prices: &str) -> &str {
    if is_known(of_prices) {
        return of_prices;
    }
    let mut ends = of_prices.match_indices(['-', '_']).map(|(end, _)| &of_prices[..end]);
    ends.rfind(|name| is_known(name)).unwrap_or(of_prices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_outright_comes_first() {
        assert_eq!(of(Some("hosted_vllm"), "openai/gpt-oss", Some("openai")), "hosted_vllm");
    }

    #[test]
    fn the_beginning_of_the_name_is_a_provider_where_litellm_has_one_of_that_name() {
        assert_eq!(of(None, "azure/gpt-4o", Some("openai")), "azure");
        assert_eq!(of(None, "xai/grok-4", None), "xai");
        assert_eq!(of(None, "meta/llama-3", Some("replicate")), "replicate");
        assert_eq!(of(None, "brand_new/model", None), "brand_new", "newer than this list");
    }

    #[test]
    fn the_list_of_prices_speaks_of_kinds_of_models() {
        assert_eq!(of(None, "gemini-pro", Some("vertex_ai-language-models")), "vertex_ai");
        assert_eq!(of(None, "claude-x", Some("bedrock_converse")), "bedrock");
        assert_eq!(of(None, "davinci", Some("text-completion-openai")), "text-completion-openai");
        assert_eq!(of(None, "thing", Some("some-thing")), "some-thing");
    }

    #[test]
    fn bare_names_are_known_or_they_are_not() {
        assert_eq!(of(None, "gpt-4o", None), "openai");
        assert_eq!(of(None, "o3", None), "openai");
        assert_eq!(of(None, "o365", None), "unknown");
        assert_eq!(of(None, "claude-sonnet-4-5", None), "anthropic");
        assert_eq!(of(None, "*", None), "openai");
        assert_eq!(of(None, "my-own", None), "unknown");
        assert_eq!(of(None, "/x", None), "unknown");
    }
}
