import packageJson from "../package.json" with { type: "json" }

/** Forge of a first configuration. */
type StarterForge = "github" | "gitlab"

/** Answers that a first configuration is made of. */
export interface StarterAnswers {
  readonly forge: StarterForge
  /** `host`: one process with its queue on the disk. `kubernetes`: a Job for each review, with Redis. */
  readonly place: "host" | "kubernetes"
  /** Account that reviews, without `@`. */
  readonly bot: string
  readonly users: ReadonlyArray<string>
  /** None: every repository of the webhook. */
  readonly repos: ReadonlyArray<string>
}

// A JSON text is one of YAML, too: whatever is in the answer stays text.
const text = (value: string): string => JSON.stringify(value)
/** A login as people mention it becomes one as the settings have it. */
const login = (name: string): string => name.trim().replace(/^@/, "")
const list = (values: ReadonlyArray<string>): string => `[${values.map(text).join(", ")}]`

const kubernetes = `
kubernetes: # each review is a Job of its own: docs/kubernetes.md
  image: "ghcr.io/gauthierdmn/nominal-code:${packageJson.version}"
  namespace: nominal-code
  service_account: nominal-code-job
  env_from_secrets: [nominal-code-secrets] # the Secret with the token and the model's key
`

const host = `
# data_dir: /var/lib/nominal-code # the queue and the conversations
# workspace:
#   base_dir: /var/cache/nominal-code # mirrors of repositories

jobs:
  max_concurrent: 2 # reviews at the same time
`

/** A commented configuration file with what a server needs beside its secrets. */
export const starterConfig = ({ bot, forge, place, repos, users }: StarterAnswers): string =>
  `# Settings of Nominal Code. docs/configuration.md lists all of them; the environment wins over this file.
# Secrets belong in the environment, never here.

webhook:
  host: 0.0.0.0
  port: 8080

reviewer:
  bot_username: ${text(login(bot))} # the account of the token, without @
  triggers: # what starts a review by itself; a mention of the bot always does
    - pr_opened
    - pr_push
    - pr_ready_for_review
  ignore_patterns: # files that are not reviewed
    - "*.lock"
    - "dist/*"

access:
  allowed_users: ${list(users.map(login))} # ${
    users.length === 0 ? "FILL IN: " : ""
  }who may mention the bot; nobody else can
  ${
    repos.length === 0
      ? "# allowed_repos: [acme/api]"
      : `allowed_repos: ${list(repos)}`
  } # none named: every repository of the webhook

agent: # without a provider: that of the only key, or the Claude Code of this machine
  # provider: openai # docs/models.md lists them
  # model: gpt-6.2-sol
  max_cost_usd: 2 # of one review; 0 means no limit
${place === "kubernetes" ? kubernetes : host}${
    forge === "github"
      ? "\n# github: # GitHub Enterprise Server\n#   api_base: https://github.example.com/api/v3\n"
      : "\n# gitlab: # a GitLab of your own\n#   api_base: https://gitlab.example.com\n"
  }`

const secretsOf: Readonly<Record<StarterForge, string>> = {
  github:
    "GITHUB_TOKEN (of the account that reviews: contents read; pull requests, issues and commit statuses write) " +
    "and GITHUB_WEBHOOK_SECRET (openssl rand -hex 32 makes one)",
  gitlab:
    "GITLAB_TOKEN (of the account that reviews, with the scope api) and GITLAB_WEBHOOK_SECRET (openssl rand -hex 32 makes one)"
}

const hookOf: Readonly<Record<StarterForge, string>> = {
  github: "add a webhook to the repository: https://<your host>/webhooks/github, content type application/json, the " +
    "same secret, and the events pull requests, issue comments, pull request reviews and review comments",
  gitlab: "add a webhook to the project: https://<your host>/webhooks/gitlab, the same secret token, and the events " +
    "merge requests and comments"
}

const requestOf: Readonly<Record<StarterForge, string>> = { github: "pull request", gitlab: "merge request" }

/** The next three steps after the file is there. */
export const nextSteps = ({ forge, place, users }: StarterAnswers, file: string): ReadonlyArray<string> => {
  const redis = place === "kubernetes" ? ", REDIS_URL" : ""
  const config = file === "config.yaml" ? "" : `, CONFIG_PATH=${file}`
  const blank = users.length === 0 ? `Fill in access.allowed_users in ${file}: who may ask for a review. ` : ""
  return [
    `${blank}Set ${secretsOf[forge]}${redis}${config}, and the model's key, such as ANTHROPIC_API_KEY. ` +
    "nominal-code doctor says what is missing.",
    place === "kubernetes"
      ? "Deploy the server: docs/kubernetes.md."
      : "Start the server: nominal-code serve, behind an address that the forge can reach.",
    `In the forge, ${hookOf[forge]}. Then open a ${requestOf[forge]}.`
  ]
}
