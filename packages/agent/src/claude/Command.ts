import { type Effort, modelOfPlan } from "@nominal-code/domain/settings/ReviewSettings"
import { Config, Effect, Option, type Redacted } from "effect"
import { serverName } from "./Events.ts"

/** Arguments of one process that change from task to task. */
export interface Invocation {
  /** `default`: the model of the user's plan. */
  readonly model: string
  /** Absent: as the model does by itself. */
  readonly effort?: Effort | undefined
  readonly maxTurns: number
  /** In US dollars; none: no limit. */
  readonly maxUsd: Option.Option<number>
  /** Session that it continues. */
  readonly resume: Option.Option<string>
  readonly systemPromptFile: string
  readonly mcpConfigFile: string
}

/** Claude Code's own tools, denied by name in case a later version offers one in spite of `--tools`. */
const denied = [
  "Agent",
  "Bash",
  "BashOutput",
  "Edit",
  "ExitPlanMode",
  "Glob",
  "Grep",
  "KillShell",
  "ListMcpResourcesTool",
  "Monitor",
  "MultiEdit",
  "NotebookEdit",
  "PowerShell",
  "Read",
  "ReadMcpResourceTool",
  "Skill",
  "SlashCommand",
  "Task",
  "WebFetch",
  "WebSearch",
  "Write"
]

/** Options that newer versions know, and the value that a run needs. */
const newer: ReadonlyArray<readonly [flag: string, value: string]> = [
  // Else a session keeps the system prompt of its first review.
  ["--system-prompt-snapshot", "off"],
  ["--permission-prompts", "none"]
]

/** Option that newer versions know. Without it, the model thinks as it does by itself. */
export const effortFlag = "--effort"

/**
 * Arguments of a run without a person: no tool but those of our server, no settings, hooks, memory, plugins, commands or
 * servers of a user or a repository, and a denial for whatever would ask. They hold no secret and no text of a pull request.
 */
export const argumentsOf = (invocation: Invocation, knows: (flag: string) => boolean): ReadonlyArray<string> => [
  "--print",
  "--verbose",
  "--input-format",
  "stream-json",
  "--output-format",
  "stream-json",
  "--include-partial-messages",
  "--setting-sources",
  "",
  "--disable-slash-commands",
  "--strict-mcp-config",
  "--mcp-config",
  invocation.mcpConfigFile,
  "--tools",
  "",
  "--allowedTools",
  `mcp__${serverName}`,
  "--disallowedTools",
  denied.join(","),
  "--permission-mode",
  "dontAsk",
  "--system-prompt-file",
  invocation.systemPromptFile,
  "--max-turns",
  String(invocation.maxTurns),
  ...Option.match(invocation.maxUsd, { onNone: () => [], onSome: (dollars) => ["--max-budget-usd", String(dollars)] }),
  ...(invocation.model === modelOfPlan ? [] : ["--model", invocation.model]),
  ...Option.match(invocation.resume, { onNone: () => [], onSome: (session) => ["--resume", session] }),
  ...(invocation.effort === undefined || !knows(effortFlag) ? [] : [effortFlag, invocation.effort]),
  ...newer.filter(([flag]) => knows(flag)).flat()
]

/** Variables that the process inherits: where it is, who its user is, and how Anthropic is reached. */
const inherited = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "TMPDIR",
  "XDG_CONFIG_HOME",
  "CLAUDE_CONFIG_DIR",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "ANTHROPIC_AUTH_TOKEN",
  "ANTHROPIC_CUSTOM_HEADERS",
  "http_proxy",
  "https_proxy",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR"
]

/** Variables by which Claude Code does nothing but what it is asked. */
const quiet = {
  CLAUDE_CODE_DISABLE_AUTO_MEMORY: "1",
  CLAUDE_CODE_DISABLE_CLAUDE_MDS: "1",
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  CLAUDE_CODE_MAX_RETRIES: "4",
  DISABLE_AUTOUPDATER: "1",
  // With it, the model would have to search for our tools before it can call them.
  ENABLE_TOOL_SEARCH: "false",
  // Our tools keep to a limit of their own.
  MAX_MCP_OUTPUT_TOKENS: "100000"
}

/** Key and address of Anthropic where Claude Code does not use its user's login. */
export interface Account {
  readonly apiKey: Option.Option<Redacted.Redacted>
  readonly baseUrl: Option.Option<string>
}

const variable = (name: string) =>
  Config.option(Config.String(name)).pipe(Effect.orElseSucceed(() => Option.none<string>()))

/** Environment of Claude Code. It has no token of a forge, and nothing else that this process was given. */
export const environment = Effect.fnUntraced(function*({ apiKey, baseUrl }: Account) {
  const values: Record<string, string | Redacted.Redacted> = { ...quiet, NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" }
  for (const name of inherited) {
    const value = yield* variable(name)
    if (Option.isSome(value)) values[name] = value.value
  }
  for (const name of ["NO_PROXY", "no_proxy"]) {
    const value = yield* variable(name)
    if (Option.isSome(value)) values[name] = `127.0.0.1,${value.value}`
  }
  if (Option.isSome(apiKey)) values["ANTHROPIC_API_KEY"] = apiKey.value
  if (Option.isSome(baseUrl)) values["ANTHROPIC_BASE_URL"] = baseUrl.value
  return values
})
