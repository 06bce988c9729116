import { Effort, RunnerName } from "@nominal-code/domain/settings/ReviewSettings"
import { defaulted, optional } from "@nominal-code/domain/settings/Setting"
import { amount, integer, line, list, oneOf, path, structure, text } from "@nominal-code/domain/settings/SettingType"
import { Schema, SchemaTransformation } from "effect"
import { endpoint } from "../Url.ts"

const Count = Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0)))

/** A rate as it is written. */
const WrittenRate = Schema.Struct({ concurrent: Count, tokens_per_minute: Count })

const Rate = WrittenRate.pipe(
  Schema.decodeTo(
    Schema.Struct({ concurrent: Count, tokensPerMinute: Count }),
    SchemaTransformation.transform({
      decode: ({ concurrent, tokens_per_minute: tokensPerMinute }) => ({
        ...(concurrent === undefined ? {} : { concurrent }),
        ...(tokensPerMinute === undefined ? {} : { tokensPerMinute })
      }),
      encode: ({ concurrent, tokensPerMinute }) => ({
        ...(concurrent === undefined ? {} : { concurrent }),
        ...(tokensPerMinute === undefined ? {} : { tokens_per_minute: tokensPerMinute })
      })
    })
  )
)

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
  fallback: defaulted([], {
    yaml: "agent.fallback",
    env: "AGENT_FALLBACK",
    kind: list(
      "models: a provider, or provider/model",
      Schema.Trim.check(Schema.isPattern(/^[a-z0-9.-]+(?:\/\S+)?$/))
    ),
    doc:
      "The models that go on, in this order, where the one before is away: `google/gemini-3.8-flash`, or a provider alone for its default model."
  }),
  rates: defaulted({}, {
    yaml: "agent.rates",
    env: "AGENT_RATES",
    travels: "pod",
    kind: structure(
      "rates",
      "rates by provider: {anthropic: {concurrent: 4, tokens_per_minute: 400000}}",
      Schema.Record(Schema.String, Rate),
      Schema.Record(Schema.String, WrittenRate)
    ),
    doc:
      "How fast the models of a provider are asked: `concurrent` calls and `tokens_per_minute`, by all reviews together; JSON in the environment."
  }),
  baseUrl: optional({
    yaml: "agent.base_url",
    env: "AGENT_BASE_URL",
    travels: "pod",
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
    byDefault: "the model's, as the program knows it or its service tells it",
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
