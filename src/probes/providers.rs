//! The providers by LiteLLM's names for them: where each is, and how it is spoken to. What a new provider needs is a row here;
//! what a new way of speaking needs is a [`Dialect`].

/// How a provider is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// OpenAI's, which most others speak too.
    OpenAi,
    /// OpenAI's under the names that an operator gives to deployments.
    Azure,
    Anthropic,
    Gemini,
    Cohere,
    Ollama,
    /// One that is not spoken here: a connection is all that can be tried.
    Foreign,
}

/// What is known of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Provider {
    pub(super) dialect: Dialect,
    /// Its own address; `None` where each customer has one.
    pub(super) base: Option<&'static str>,
    /// Whether it has a list of models.
    pub(super) lists_models: bool,
    /// Whether it knows `stream_options`; some refuse what they don't know.
    pub(super) has_stream_options: bool,
}

impl Provider {
    const fn new(dialect: Dialect, base: Option<&'static str>) -> Self {
        Self { dialect, base, lists_models: !matches!(dialect, Dialect::Foreign), has_stream_options: true }
    }

    const fn without_list(self) -> Self {
        Self { lists_models: false, ..self }
    }

    const fn without_stream_options(self) -> Self {
        Self { has_stream_options: false, ..self }
    }
}

/// Speaks OpenAI's dialect at an address of its own.
const fn like_openai(base: &'static str) -> Provider {
    Provider::new(Dialect::OpenAi, Some(base))
}

/// Is reached at this address and spoken to in a way that is not known here.
const fn foreign(base: &'static str) -> Provider {
    Provider::new(Dialect::Foreign, Some(base))
}

/// A server that the operator runs, or an account with an address of its own.
const HOSTED: Provider = Provider::new(Dialect::OpenAi, None);
/// The same, spoken to in a way that is not known here.
const FOREIGN: Provider = Provider::new(Dialect::Foreign, None);
const OPENAI: Provider = like_openai("https://api.openai.com/v1");
const MISTRAL: Provider = like_openai("https://api.mistral.ai/v1").without_stream_options();
const CODESTRAL: Provider = like_openai("https://codestral.mistral.ai/v1").without_list().without_stream_options();
const COHERE: Provider = Provider::new(Dialect::Cohere, Some("https://api.cohere.com"));

/// Sorted by name.
const PROVIDERS: [(&str, Provider); 76] = [
    ("ai21", foreign("https://api.ai21.com")),
    ("ai21_chat", foreign("https://api.ai21.com")),
    ("aiml", like_openai("https://api.aimlapi.com/v2").without_list()),
    ("aleph_alpha", FOREIGN),
    ("anthropic", Provider::new(Dialect::Anthropic, Some("https://api.anthropic.com"))),
    ("anthropic_text", Provider::new(Dialect::Anthropic, Some("https://api.anthropic.com"))),
    ("assemblyai", foreign("https://api.assemblyai.com")),
    ("azure", Provider::new(Dialect::Azure, None)),
    // Its services differ in the header that carries the key: a wrong one would look like a bad key.
    ("azure_ai", FOREIGN),
    ("azure_text", Provider::new(Dialect::Azure, None)),
    ("bedrock", FOREIGN),
    ("bedrock_converse", FOREIGN),
    ("bytez", foreign("https://api.bytez.com")),
    ("cerebras", like_openai("https://api.cerebras.ai/v1")),
    ("clarifai", foreign("https://api.clarifai.com")),
    ("cloudflare", FOREIGN),
    ("codestral", CODESTRAL),
    ("cohere", COHERE),
    ("cohere_chat", COHERE),
    ("custom_openai", HOSTED),
    ("dashscope", like_openai("https://dashscope-intl.aliyuncs.com/compatible-mode/v1")),
    ("databricks", FOREIGN),
    ("deepgram", foreign("https://api.deepgram.com")),
    ("deepinfra", like_openai("https://api.deepinfra.com/v1/openai")),
    ("deepseek", like_openai("https://api.deepseek.com")),
    ("docker_model_runner", HOSTED),
    ("elevenlabs", foreign("https://api.elevenlabs.io")),
    ("fal_ai", foreign("https://fal.run")),
    ("featherless_ai", like_openai("https://api.featherless.ai/v1")),
    ("fireworks_ai", like_openai("https://api.fireworks.ai/inference/v1")),
    ("friendliai", like_openai("https://api.friendli.ai/serverless/v1").without_list()),
    ("gemini", Provider::new(Dialect::Gemini, Some("https://generativelanguage.googleapis.com/v1beta"))),
    ("github", like_openai("https://models.inference.ai.azure.com").without_list()),
    ("github_copilot", foreign("https://api.githubcopilot.com")),
    ("groq", like_openai("https://api.groq.com/openai/v1")),
    ("hosted_vllm", HOSTED),
    ("huggingface", foreign("https://router.huggingface.co")),
    ("hyperbolic", like_openai("https://api.hyperbolic.xyz/v1")),
    ("infinity", HOSTED),
    ("jina_ai", like_openai("https://api.jina.ai/v1").without_list()),
    ("litellm_proxy", HOSTED),
    ("llamafile", HOSTED),
    ("lm_studio", HOSTED),
    ("meta_llama", like_openai("https://api.llama.com/compat/v1")),
    ("mistral", MISTRAL),
    ("moonshot", like_openai("https://api.moonshot.ai/v1")),
    ("nebius", like_openai("https://api.studio.nebius.ai/v1")),
    ("nlp_cloud", foreign("https://api.nlpcloud.io")),
    ("novita", like_openai("https://api.novita.ai/v3/openai")),
    ("nvidia_nim", like_openai("https://integrate.api.nvidia.com/v1")),
    ("oci", FOREIGN),
    ("ollama", Provider::new(Dialect::Ollama, None)),
    ("ollama_chat", Provider::new(Dialect::Ollama, None)),
    ("openai", OPENAI),
    ("openai_like", HOSTED),
    ("openrouter", like_openai("https://openrouter.ai/api/v1")),
    // It charges for searches too, which no price of a token tells.
    ("perplexity", foreign("https://api.perplexity.ai")),
    ("predibase", FOREIGN),
    ("replicate", foreign("https://api.replicate.com")),
    ("sagemaker", FOREIGN),
    ("sagemaker_chat", FOREIGN),
    ("sambanova", like_openai("https://api.sambanova.ai/v1")),
    ("snowflake", FOREIGN),
    ("text-completion-codestral", CODESTRAL),
    ("text-completion-openai", OPENAI),
    ("together_ai", like_openai("https://api.together.xyz/v1")),
    ("triton", FOREIGN),
    ("vertex_ai", FOREIGN),
    ("vertex_ai_beta", FOREIGN),
    ("vllm", HOSTED),
    ("volcengine", like_openai("https://ark.cn-beijing.volces.com/api/v3").without_list()),
    ("voyage", like_openai("https://api.voyageai.com/v1").without_list()),
    ("watsonx", FOREIGN),
    ("watsonx_text", FOREIGN),
    ("xai", like_openai("https://api.x.ai/v1")),
    ("xinference", HOSTED),
];

/// What is known of the provider with this name. One that is not known speaks OpenAI's dialect at the address that is given.
pub(super) fn find(name: &str) -> Provider {
    let found = PROVIDERS.binary_search_by_key(&name, |(known, _)| known);
    found.map_or(HOSTED, |index| PROVIDERS[index].1)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn the_table_is_sorted_and_each_name_stands_there_once() {
        assert!(PROVIDERS.is_sorted_by(|(one, _), (next, _)| one < next));
    }

    #[test]
    fn every_address_is_a_base_to_which_paths_can_be_added() {
        for (name, base) in PROVIDERS.iter().filter_map(|(name, provider)| Some((name, provider.base?))) {
            let url = Url::parse(base).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(url.scheme(), "https", "{name} gets keys");
            assert!(url.host_str().is_some_and(|host| host.contains('.')), "{name}: {base}");
            assert!(!base.ends_with('/') && url.query().is_none(), "{name}: {base}");
        }
    }

    #[test]
    fn an_unknown_provider_speaks_as_openai_does_where_it_is_told_to_be() {
        assert_eq!(find("someone-new"), HOSTED);
        assert_eq!(find("groq").base, Some("https://api.groq.com/openai/v1"));
    }
}
