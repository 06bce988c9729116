import { absent, mistakes } from "./Mistakes.ts"

mistakes("metrics", {
  "the port of the webhooks for the metrics too": {
    env: { METRICS_PORT: "8080" },
    problem: "metrics.port (METRICS_PORT): 8080 is the port of the webhooks (webhook.port): name another one"
  },
  "a port for metrics out of range": {
    yaml: "metrics: { port: 65536 }",
    problem: "metrics.port (METRICS_PORT): 65536 in FILE is not a whole number from 0 to 65535"
  }
})

mistakes("the search for missed events, and ignored files", {
  "a window longer than ended jobs are known": {
    yaml: "reconcile: { window: 169h }",
    problem:
      "reconcile.window (RECONCILE_WINDOW): it is longer than 7d, which is how long ended jobs are known: set it to 7d or less"
  },
  "a window as long as ended jobs are known": { yaml: "reconcile: { window: 7d }" },
  "a pattern of ignored files that matches none": {
    yaml: "reviewer: { ignore_patterns: [\"#docs\"] }",
    warning:
      "reviewer.ignore_patterns (REVIEWER_IGNORE_PATTERNS): \"#docs\" matches nothing. Patterns mean what they mean in a .gitignore; this one is a comment there: write \\# for a name that starts with #"
  }
})

mistakes("credentials and addresses", {
  "no token": {
    env: { GITHUB_TOKEN: absent },
    problem:
      "github.token: GITHUB_TOKEN must be set to a token of the bot's account that may read contents and write pull requests; a GitHub App needs GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY instead, and GitLab needs GITLAB_TOKEN"
  },
  "a token with a line break": {
    env: { GITHUB_TOKEN: "ghp_a\nghp_b" },
    problem: "github.token (GITHUB_TOKEN): the value in the environment is not a token: visible ASCII characters only"
  },
  "an empty webhook secret": {
    env: { GITHUB_WEBHOOK_SECRET: "" },
    problem:
      "github.webhook_secret: GITHUB_WEBHOOK_SECRET must be set to the webhook's secret, at least 16 bytes: openssl rand -hex 32 makes one, for here and for the webhook's settings on GitHub"
  },
  "a webhook secret that can be guessed": {
    env: { GITHUB_WEBHOOK_SECRET: "hunter2" },
    problem:
      "github.webhook_secret (GITHUB_WEBHOOK_SECRET): the secret must have at least 16 bytes: openssl rand -hex 32 makes one"
  },
  "an App without its key": {
    env: { GITHUB_APP_ID: "12345", GITHUB_TOKEN: absent },
    problem:
      "github.private_key: GITHUB_APP_PRIVATE_KEY or GITHUB_APP_PRIVATE_KEY_PATH must be set beside GITHUB_APP_ID: GitHub gives the key in the App's settings, under Private keys"
  },
  "an App's key without the App": {
    env: { GITHUB_APP_PRIVATE_KEY: "x", GITHUB_TOKEN: absent },
    problem:
      "github.app_id: GITHUB_APP_ID must be set beside the App's private key: GitHub shows it in the App's settings, under About"
  },
  "a public key as an App's private key": {
    env: { GITHUB_APP_ID: "12345", GITHUB_APP_PRIVATE_KEY: "-----BEGIN PUBLIC KEY-----" },
    problem:
      "github.private_key (GITHUB_APP_PRIVATE_KEY): it is not a private RSA key: put the whole .pem file here, from -----BEGIN to -----END"
  },
  "an App's key file that does not exist": {
    env: { GITHUB_APP_ID: "12345", GITHUB_APP_PRIVATE_KEY_PATH: "/nowhere/app.pem" },
    problem:
      "github.private_key_path (GITHUB_APP_PRIVATE_KEY_PATH): the file \"/nowhere/app.pem\" does not exist: it must be the private key that GitHub gave for the App"
  },
  "an installation that is no number": {
    env: { GITHUB_INSTALLATION_ID: "acme" },
    problem:
      "github.installation_id (GITHUB_INSTALLATION_ID): \"acme\" in the environment is not a whole number of at least 0"
  },
  "a secret and a file for it": {
    env: { GITHUB_TOKEN_FILE: "/run/secrets/github" },
    problem: "github.token: GITHUB_TOKEN and GITHUB_TOKEN_FILE are both set: remove one of the two"
  },
  "a secret's file that does not exist": {
    env: { GITHUB_TOKEN: absent, GITHUB_TOKEN_FILE: "/run/secrets/none" },
    problem:
      "github.token (GITHUB_TOKEN): the file \"/run/secrets/none\" does not exist: correct the path, or unset GITHUB_TOKEN_FILE"
  },
  "GitHub over http": {
    env: { GITHUB_API_BASE: "http://ghe.example/api/v3" },
    problem:
      "github.api_base (GITHUB_API_BASE): \"http://ghe.example/api/v3\" in the environment is not an https URL without credentials, query and fragment (http is for this machine only: a token goes there)"
  },
  "GitHub without a scheme": {
    env: { GITHUB_API_BASE: "ghe.example" },
    problem:
      "github.api_base (GITHUB_API_BASE): \"ghe.example\" in the environment is not an https URL without credentials, query and fragment (http is for this machine only: a token goes there)"
  },
  "unsigned webhooks from everywhere": {
    env: { WEBHOOK_ALLOW_UNSIGNED: "true", GITHUB_WEBHOOK_SECRET: absent },
    problem:
      "webhook.allow_unsigned (WEBHOOK_ALLOW_UNSIGNED): unsigned webhooks are for this machine only, and webhook.host is 0.0.0.0: set WEBHOOK_HOST to 127.0.0.1, or remove this and set GITHUB_WEBHOOK_SECRET"
  }
})

mistakes("people, triggers and placeholders", {
  "no bot": {
    env: { REVIEWER_BOT_USERNAME: absent },
    problem: "reviewer.bot_username: REVIEWER_BOT_USERNAME must be set to the account that reviews, without @"
  },
  "nobody who may ask": {
    env: { ALLOWED_USERS: " , " },
    problem:
      "access.allowed_users: ALLOWED_USERS must contain at least one username, those who may ask for a review by a mention; " +
      "or set ALLOWED_ASSOCIATIONS or ALLOWED_ACCESS_LEVEL"
  },
  "a bot's name with @": {
    env: { REVIEWER_BOT_USERNAME: "@nominalbot" },
    problem:
      "reviewer.bot_username (REVIEWER_BOT_USERNAME): \"@nominalbot\" in the environment is not an account's name without @ (a number needs quotes)"
  },
  "a user with @": {
    env: { ALLOWED_USERS: "@alice" },
    problem:
      "access.allowed_users (ALLOWED_USERS): \"@alice\" in the environment is not a list of account names without @: [one, two] in YAML, one,two in the environment"
  },
  "an unknown trigger": {
    yaml: "reviewer: { triggers: [pr_merged] }",
    problem:
      "reviewer.triggers (REVIEWER_TRIGGERS): \"pr_merged\" is no trigger: there are pr_opened, pr_push, pr_reopened, pr_ready_for_review, pr_labeled, pr_retargeted"
  },
  "two unknown triggers": {
    yaml: "reviewer: { triggers: [pr_merged, pr_opened, PR_PUSH] }",
    problem:
      "reviewer.triggers (REVIEWER_TRIGGERS): \"pr_merged\", \"PR_PUSH\" are no triggers: there are pr_opened, pr_push, pr_reopened, pr_ready_for_review, pr_labeled, pr_retargeted"
  },
  "a mention as a trigger": {
    yaml: "reviewer: { triggers: [issue_comment] }",
    warning:
      "reviewer.triggers (REVIEWER_TRIGGERS): \"issue_comment\" is skipped: a comment starts a review by mentioning the bot, not by a trigger"
  },
  "a repository as a URL": {
    yaml: "access: { allowed_repos: [\"https://github.com/acme/api\"] }",
    problem:
      "access.allowed_repos (ALLOWED_REPOS): [\"https://github.com/acme/api\"] in FILE is not a list of owner/name without wildcards: [one, two] in YAML, one,two in the environment"
  },
  "a placeholder for the token": {
    env: { GITHUB_TOKEN: "ghp_..." },
    problem: "github.token (GITHUB_TOKEN): the value is the placeholder of an example: put your own in its place"
  },
  "a placeholder for the key": {
    env: { ANTHROPIC_API_KEY: "sk-ant-your-key" },
    problem: "ANTHROPIC_API_KEY: the value is the placeholder of an example: put your own in its place"
  },
  "a placeholder for the webhook's secret": {
    env: { GITHUB_WEBHOOK_SECRET: "your-webhook-secret" },
    problem:
      "github.webhook_secret (GITHUB_WEBHOOK_SECRET): the value is the placeholder of an example: put your own in its place"
  },
  "a placeholder for GitLab's token": {
    env: { GITLAB_TOKEN: "glpat-your-token", GITLAB_WEBHOOK_SECRET: "0123456789abcdef" },
    problem: "gitlab.token (GITLAB_TOKEN): the value is the placeholder of an example: put your own in its place"
  },
  "a placeholder for the secret of GitLab's webhook": {
    env: { GITLAB_TOKEN: "glpat-0123456789", GITLAB_WEBHOOK_SECRET: "your-webhook-secret" },
    problem:
      "gitlab.webhook_secret (GITLAB_WEBHOOK_SECRET): the value is the placeholder of an example: put your own in its place"
  },
  "a placeholder that stands for no secret": { yaml: "reviewer: { language: your-token }" },
  "a placeholder in a Redis URL": {
    env: { REDIS_URL: "redis://:your-redis-password@redis:6379/0" },
    problem: "redis.url (REDIS_URL): the value is the placeholder of an example: put your own in its place"
  }
})

mistakes("models", {
  "an unknown provider": {
    env: { AGENT_PROVIDER: "skynet" },
    problem:
      "agent.reviewer.provider (AGENT_PROVIDER): Unknown AGENT_PROVIDER: 'skynet'. Available: anthropic, openai, google, bedrock, vertex, azure, openai-compatible, deepseek, groq, together, fireworks, openrouter, mistral, xai, ollama, vllm, lmstudio"
  },
  "a provider of which only another's key is set": {
    env: { AGENT_PROVIDER: "groq", OPENAI_API_KEY: "k" },
    problem: "GROQ_API_KEY must be set: the provider \"groq\" needs its key"
  },
  "a local server without a model": {
    env: { AGENT_PROVIDER: "ollama" },
    problem: "agent.reviewer.model (AGENT_MODEL): must be set: the provider \"ollama\" has no default model"
  },
  "an endpoint without an address": {
    env: { AGENT_PROVIDER: "openai-compatible", AGENT_MODEL: "m" },
    problem: "agent.base_url (AGENT_BASE_URL): must be set: the provider \"openai-compatible\" has no usual address"
  },
  "an unknown provider of the explorers": {
    yaml: "agent: { explorer: { provider: skynet } }",
    problem:
      "agent.explorer.provider (AGENT_EXPLORER_PROVIDER): Unknown AGENT_EXPLORER_PROVIDER: 'skynet'. Available: anthropic, openai, google, bedrock, vertex, azure, openai-compatible, deepseek, groq, together, fireworks, openrouter, mistral, xai, ollama, vllm, lmstudio"
  },
  "a provider without its key": {
    env: { AGENT_PROVIDER: "openai" },
    problem: "OPENAI_API_KEY must be set: the provider \"openai\" needs its key"
  },
  "a key with a space": {
    env: { ANTHROPIC_API_KEY: "sk ant" },
    problem: "ANTHROPIC_API_KEY: the value in the environment is not a key: visible ASCII characters only"
  },
  "a model service without a scheme": {
    env: { ANTHROPIC_BASE_URL: "gateway.example" },
    problem:
      "ANTHROPIC_BASE_URL: \"gateway.example\" in the environment is not an http or https URL without credentials, query and fragment"
  },
  "turns without a number": {
    env: { AGENT_MAX_TURNS: "unlimited" },
    problem:
      "agent.reviewer.max_turns (AGENT_MAX_TURNS): \"unlimited\" in the environment is not a whole number of at least 0"
  }
})

mistakes("Redis and Kubernetes", {
  "a Redis URL of another scheme": {
    env: { REDIS_URL: "http://redis:6379" },
    problem:
      "redis.url (REDIS_URL): the value in the environment is not a redis:// or rediss:// URL: redis://:password@host:6379/0, in the password %2F for /, %3A for :, %40 for @; nodes of a cluster with commas between them, sentinels as redis+sentinel://host:26379,host:26379/name"
  },
  "a Redis URL without a scheme": {
    env: { REDIS_URL: "redis:6379" },
    problem:
      "redis.url (REDIS_URL): the value in the environment is not a redis:// or rediss:// URL: redis://:password@host:6379/0, in the password %2F for /, %3A for :, %40 for @; nodes of a cluster with commas between them, sentinels as redis+sentinel://host:26379,host:26379/name"
  },
  "more replicas than are waited for": {
    env: { REDIS_WAIT_REPLICAS: "2" },
    problem: "redis.wait_replicas (REDIS_WAIT_REPLICAS): \"2\" in the environment is not a whole number from 0 to 1"
  },
  "too many shards": {
    yaml: "redis: { shards: 65 }",
    problem: "redis.shards (REDIS_SHARDS): 65 in FILE is not a whole number from 1 to 64"
  },
  "Kubernetes without Redis": {
    env: { K8S_IMAGE: "ghcr.io/acme/nominal:1" },
    problem:
      "redis.url: REDIS_URL is required when kubernetes config is set: the Jobs' queue, their results and the conversations are in Redis"
  },
  "a password that would stand in a Job": {
    env: { K8S_IMAGE: "ghcr.io/acme/nominal:1", REDIS_URL: "redis://:hunter22@redis:6379" },
    problem:
      "kubernetes.env_from_secrets (K8S_ENV_FROM_SECRETS): redis.url holds a password, which must not stand in a Job: put REDIS_URL into a Secret, and name the Secret here"
  },
  "a namespace with capitals": {
    env: { K8S_NAMESPACE: "Nominal", K8S_IMAGE: "i", REDIS_URL: "redis://redis:6379" },
    problem:
      "kubernetes.namespace (K8S_NAMESPACE): \"Nominal\" in the environment is not the name of a namespace: lower-case letters, digits and -"
  },
  "a pull policy in small letters": {
    yaml: "kubernetes: { image_pull_policy: always }",
    problem:
      "kubernetes.image_pull_policy (K8S_IMAGE_PULL_POLICY): \"always\" in FILE is not one of Always, Never, IfNotPresent"
  },
  "a quantity with a space": {
    yaml: "kubernetes: { resources: { limits: { memory: \"2 GB\" } } }",
    problem:
      "kubernetes.resources.limits.memory (K8S_RESOURCE_LIMITS_MEMORY): \"2 GB\" in FILE is not a Kubernetes quantity like 500m or 256Mi"
  },
  "memory as a number": {
    yaml: "kubernetes: { resources: { limits: { memory: 512 } } }",
    problem:
      "kubernetes.resources.limits.memory (K8S_RESOURCE_LIMITS_MEMORY): 512 in FILE is not a Kubernetes quantity like 500m or 256Mi"
  },
  "a label of the program itself": {
    env: { REDIS_URL: "redis://redis:6379" },
    yaml: "kubernetes: { image: i, labels: { \"app.kubernetes.io/name\": \"x\" } }",
    problem: "kubernetes.labels (K8S_LABELS): the program itself sets app.kubernetes.io/name"
  },
  "a toleration with a misspelled field": {
    yaml: "kubernetes: { tolerations: [{ ky: spot }] }",
    problem:
      "kubernetes.tolerations (K8S_TOLERATIONS): [a map] in FILE is not a list of tolerations in Kubernetes' notation"
  },
  "an affinity that is no JSON": {
    env: { K8S_AFFINITY: "{nodeAffinity" },
    problem:
      "kubernetes.affinity (K8S_AFFINITY): \"{nodeAffinity\" in the environment is not an affinity in Kubernetes' notation"
  },
  "an unknown log level": { env: { LOG_LEVEL: "loud" }, warning: "LOG_LEVEL: \"loud\" is no level, so INFO holds" }
})
