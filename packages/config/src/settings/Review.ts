import { Severity } from "@nominal-code/domain/Finding"
import { Login, RepoName } from "@nominal-code/domain/PullRequest"
import { Effort, RunnerName } from "@nominal-code/domain/ReviewSettings"
import { Schema } from "effect"
import { defaulted, optional } from "../Setting.ts"
import { amount, flag, integer, line, list, make, oneOf, path, tags, text } from "../SettingType.ts"
import { endpoint } from "../Url.ts"

/** Settings of the bot's account and of what it reviews. */
export const reviewer = {
  botUsername: optional({
    yaml: "reviewer.bot_username",
    env: "REVIEWER_BOT_USERNAME",
    kind: make({
      label: "text",
      expected: "an account's name without @ (a number needs quotes)",
      yaml: Schema.Trim.pipe(Schema.decodeTo(Login)),
      shown: Schema.String
    }),
    doc: "The bot's account: what people mention, and whose comments are its own. Required by `serve`."
  }),
  triggers: defaulted([], {
    yaml: "reviewer.triggers",
    env: "REVIEWER_TRIGGERS",
    kind: list("triggers"),
    doc:
      "What starts a review by itself: `pr_opened`, `pr_push`, `pr_reopened`, `pr_ready_for_review`; `pr_labeled`, if somebody adds `reviewer.review_label`; `pr_retargeted`, if the base branch becomes another."
  }),
  reviewLabel: defaulted("nominal:review", {
    yaml: "reviewer.review_label",
    env: "REVIEWER_REVIEW_LABEL",
    kind: line,
    doc: "The label that asks for a review, with the trigger `pr_labeled`. Who may label may ask."
  }),
  onPush: defaulted("finish", {
    yaml: "reviewer.on_push",
    env: "REVIEWER_ON_PUSH",
    kind: oneOf(["finish", "supersede"]),
    doc:
      "What a push does to a running review of its pull request that nobody asked for: let it `finish`, or end it and review the new head at once (`supersede`)."
  }),
  check: defaulted("auto", {
    yaml: "reviewer.check",
    env: "REVIEWER_CHECK",
    travels: true,
    kind: oneOf(["auto", "off"]),
    doc:
      "Show the state of a review on its commit, where the account may: a check run as a GitHub App, else a commit status."
  }),
  failOn: defaulted("never", {
    yaml: "reviewer.fail_on",
    env: "REVIEWER_FAIL_ON",
    kind: oneOf(["never", ...Severity.literals]),
    doc:
      "The check fails while a finding of this severity or a worse one is open: `critical`, `high`, `medium`, `low`. It needs `reviewer.check`."
  }),
  ignorePatterns: defaulted([], {
    yaml: "reviewer.ignore_patterns",
    env: "REVIEWER_IGNORE_PATTERNS",
    kind: list("patterns"),
    doc: "Patterns as in a `.gitignore` at the repository's root. A file that matches is not reviewed."
  }),
  ignoreLabel: defaulted("nominal:ignore", {
    yaml: "reviewer.ignore_label",
    env: "REVIEWER_IGNORE_LABEL",
    kind: text,
    doc: "A pull request with this label is not reviewed. Empty: no label does that."
  }),
  inlineSuggestions: defaulted(true, {
    yaml: "reviewer.inline_suggestions",
    env: "INLINE_SUGGESTIONS",
    kind: flag,
    doc: "Whether findings may carry a change to apply with one click."
  }),
  dryRun: defaulted(false, {
    yaml: "dry_run",
    env: "DRY_RUN_REVIEW",
    kind: flag,
    doc: "Review, but post nothing and keep nothing."
  }),
  ignoreExistingComments: defaulted(false, {
    yaml: "ignore_existing_comments",
    env: "IGNORE_EXISTING_COMMENTS",
    kind: flag,
    doc: "Do not show the model what was said on the pull request before."
  })
}

/** Settings of who may ask for a review, and where. */
export const access = {
  allowedUsers: defaulted([], {
    yaml: "access.allowed_users",
    env: "ALLOWED_USERS",
    kind: list("account names without @", Login),
    doc: "Who may ask for a review by a mention. Nobody else can. Required by `serve`."
  }),
  allowedRepos: defaulted([], {
    yaml: "access.allowed_repos",
    env: "ALLOWED_REPOS",
    kind: list("owner/name without wildcards", RepoName),
    doc: "The repositories that are served. None named: every one that the webhook tells of."
  }),
  titleIncludeTags: defaulted([], {
    yaml: "access.pr_title_include_tags",
    env: "PR_TITLE_INCLUDE_TAGS",
    kind: tags,
    doc: "A title needs one of them in square brackets, where any is named."
  }),
  titleExcludeTags: defaulted([], {
    yaml: "access.pr_title_exclude_tags",
    env: "PR_TITLE_EXCLUDE_TAGS",
    kind: tags,
    doc: "A title with one of them in square brackets is left alone."
  })
}

/** Settings of the models and their cost caps. */
export const agent = {
  runner: optional({
    yaml: "agent.runner",
    env: "AGENT_RUNNER",
    kind: oneOf(RunnerName.literals),
    byDefault: "`claude-code` where neither a provider nor a key of Anthropic is set and `claude` is found, else `api`",
    doc: "What runs the agents: `api`, a provider's API, or `claude-code`, the Claude Code of this machine."
  }),
  cliPath: optional({
    yaml: "agent.cli_path",
    env: "AGENT_CLI_PATH",
    kind: path,
    byDefault: "`claude` on the `PATH`",
    doc: "The Claude Code program."
  }),
  provider: optional({
    yaml: ["agent.reviewer.provider", "agent.provider"],
    env: "AGENT_PROVIDER",
    kind: line,
    byDefault: "`anthropic`",
    doc: "The model service of the reviewer."
  }),
  model: optional({
    yaml: ["agent.reviewer.model", "agent.model"],
    env: "AGENT_MODEL",
    kind: line,
    byDefault: "the provider's, see below; with Claude Code, that of its user's plan",
    doc: "The reviewer's model."
  }),
  baseUrl: optional({
    yaml: "agent.base_url",
    env: "AGENT_BASE_URL",
    travels: true,
    kind: endpoint,
    doc:
      "The address of the provider `openai-compatible`, up to and including the version: `https://models.example/v1`. The other providers have variables of their own, see below."
  }),
  effort: optional({
    yaml: "agent.effort",
    env: "AGENT_EFFORT",
    kind: oneOf(Effort.literals),
    byDefault: "the service's own",
    doc: "How hard the models think, for those that can be told. Others refuse the request."
  }),
  reviewerEffort: optional({
    yaml: "agent.reviewer.effort",
    env: "AGENT_REVIEWER_EFFORT",
    kind: oneOf(Effort.literals),
    byDefault: "`agent.effort`",
    doc: "The same, for the reviewer."
  }),
  tools: defaulted("auto", {
    yaml: "agent.tools",
    env: "AGENT_TOOLS",
    kind: oneOf(["auto", "off"]),
    doc:
      "`off`: the models are asked once, with the diff and without tools. `auto`: so are those only whose service says that they take no tools."
  }),
  contextWindow: optional({
    yaml: "agent.context_window",
    env: "AGENT_CONTEXT_WINDOW",
    kind: integer(4096),
    byDefault: "large enough for every review",
    doc:
      "The size of the models' context windows in tokens. A quarter of it is for each answer, and a longer prompt is shortened before it is sent."
  }),
  maxTurns: defaulted(8, {
    yaml: ["agent.reviewer.max_turns", "agent.max_turns"],
    env: "AGENT_MAX_TURNS",
    kind: integer(0),
    doc: "How many turns the reviewer has; 0 means no limit."
  }),
  systemPrompt: optional({
    yaml: "agent.reviewer.system_prompt",
    env: "REVIEWER_SYSTEM_PROMPT",
    kind: text,
    byDefault: "the bundled one",
    doc: "Replaces the reviewer's system prompt."
  }),
  systemPromptFile: optional({
    yaml: "agent.reviewer.system_prompt_file",
    env: "REVIEWER_SYSTEM_PROMPT_FILE",
    kind: path,
    doc: "The same, from a file. Wins over the text."
  }),
  maxCostUsd: defaulted(2, {
    yaml: "agent.max_cost_usd",
    env: "AGENT_MAX_COST_USD",
    kind: amount,
    doc: "What one review may cost in US dollars, everything included; 0 means no limit."
  })
}

/** Settings of prompts and guidelines. */
export const prompts = {
  codingGuidelines: optional({
    yaml: "prompts.coding_guidelines",
    env: "CODING_GUIDELINES",
    kind: text,
    doc: "Guidelines for every repository. A repository's own `.nominal/guidelines.md` replaces them."
  }),
  codingGuidelinesFile: optional({
    yaml: "prompts.coding_guidelines_file",
    env: "CODING_GUIDELINES_FILE",
    kind: path,
    doc: "The same, from a file. Wins over the text."
  }),
  languageGuidelinesDir: optional({
    yaml: "prompts.language_guidelines_dir",
    env: "LANGUAGE_GUIDELINES_DIR",
    kind: path,
    byDefault: "the bundled ones",
    doc: "A directory of `<language>.md` files that replace the bundled guidelines, all of them."
  })
}
