import { access } from "@nominal-code/domain/settings/Access"
import { costs } from "@nominal-code/domain/settings/Costs"
import { filters } from "@nominal-code/domain/settings/Filters"
import { quotas } from "@nominal-code/domain/settings/Quotas"
import { reviewer } from "@nominal-code/domain/settings/Reviewer"
import { defaulted, optional, type Setting } from "@nominal-code/domain/settings/Setting"
import { line, oneOf } from "@nominal-code/domain/settings/SettingType"
import { clouds } from "./settings/Clouds.ts"
import { github, gitlab } from "./settings/Forges.ts"
import { providerNames, providers } from "./settings/Providers.ts"
import { agent, prompts } from "./settings/Review.ts"
import { answerer, explorer, verifier } from "./settings/Roles.ts"
import { jobs, kubernetes, metrics, reconcile, redis, storage, webhook, workspace } from "./settings/Service.ts"
import { tracing } from "./settings/Tracing.ts"

/** Settings that only the environment can set. */
const process = {
  configPath: optional({
    env: "CONFIG_PATH",
    kind: line,
    byDefault: "`./config.yaml`, if there is one",
    doc: "The YAML file. A file that is named here has to exist."
  }),
  logLevel: defaulted("INFO", {
    env: "LOG_LEVEL",
    travels: "pod",
    kind: line,
    doc: "`TRACE`, `DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`. Prompts and diffs show below `INFO` only."
  }),
  logFormat: defaulted("text", {
    env: "LOG_FORMAT",
    travels: "pod",
    kind: oneOf(["text", "json", "pretty"]),
    doc:
      "`text`: one line for each entry, with `key=value`. `json`: one JSON object for each entry, for a collector. " +
      "`pretty`: for people who watch, with line breaks and, on a terminal, colours."
  })
}

const own = {
  github,
  gitlab,
  webhook,
  metrics,
  tracing,
  reviewer,
  access,
  quotas,
  filters,
  agent,
  answerer,
  verifier,
  explorer,
  costs,
  prompts,
  storage,
  workspace,
  jobs,
  reconcile,
  redis,
  kubernetes,
  process
}

/** All settings. Decoding, the check for unknown keys, the JSON Schema and the reference come from here. */
export const settings = { ...own, providers, clouds }

/** Tables of the reference. A note names the settings without effect in this build. */
export const sections: ReadonlyArray<{
  readonly title: string
  readonly note?: string
  readonly settings: ReadonlyArray<Setting<unknown>>
}> = [
  { title: "GitHub", settings: Object.values(github) },
  {
    title: "GitLab",
    note: "With a token, the server serves GitLab, alone or beside GitHub.",
    settings: Object.values(gitlab)
  },
  { title: "Webhook listener", settings: Object.values(webhook) },
  { title: "Metrics", note: "[Operate](operate.md#metrics) lists the metrics.", settings: Object.values(metrics) },
  { title: "Traces", note: "[Operate](operate.md#traces) says what is in them.", settings: Object.values(tracing) },
  { title: "Reviewer", settings: Object.values(reviewer) },
  {
    title: "Access",
    note: "[Access](access.md) says more of this table and of the next two.",
    settings: Object.values(access)
  },
  {
    title: "Quotas",
    note: "[Costs](costs.md) has the limits in dollars.",
    settings: Object.values(quotas)
  },
  {
    title: "Filters",
    note:
      "What is reviewed by itself. In a list, an entry with `!` before it excludes; if there are others, one of them has to fit. [Access](access.md#filters) says more.",
    settings: Object.values(filters)
  },
  { title: "Agent", settings: Object.values(agent) },
  {
    title: "Roles",
    note: "Beside the reviewer. [Choose a model](models.md#a-model-for-each-role) says what each role does.",
    settings: [...Object.values(answerer), ...Object.values(verifier), ...Object.values(explorer)]
  },
  {
    title: "Costs",
    note: "Beside `agent.max_cost_usd`. [Costs](costs.md) says what each limit does.",
    settings: Object.values(costs)
  },
  { title: "Prompts and guidelines", settings: Object.values(prompts) },
  { title: "Storage and workspace", settings: [...Object.values(storage), ...Object.values(workspace)] },
  { title: "Jobs", settings: Object.values(jobs) },
  {
    title: "Missed events",
    note: "[Reliability](reliability.md#nothing-missed) says what is found.",
    settings: Object.values(reconcile)
  },
  {
    title: "Redis",
    note: "With a URL, the queue and the conversations are in Redis, and several servers can share them.",
    settings: Object.values(redis)
  },
  { title: "Kubernetes", settings: Object.values(kubernetes) },
  { title: "Environment only", settings: Object.values(process) },
  {
    title: "Model services",
    settings: providerNames.flatMap((name) => [providers[name].apiKey, providers[name].baseUrl])
      .filter((setting) => setting.yaml.length === 0)
  },
  {
    title: "Accounts of clouds",
    note:
      "Of the providers `bedrock`, `vertex` and `azure`. [Choose a model](models.md#amazon-bedrock) says which are needed.",
    settings: Object.values(clouds).flatMap((group): ReadonlyArray<Setting<unknown>> => Object.values(group))
  }
]

/** Settings that are ours alone. Those that the providers' SDKs also read are checked only if the provider is used. */
export const ownSettings = Object.values(own).flatMap((group): ReadonlyArray<Setting<unknown>> => Object.values(group))

/** Our settings, and the variables that the SDKs of the model services read. */
export const everySetting: ReadonlyArray<Setting<unknown>> = [
  ...new Set([
    ...ownSettings,
    ...Object.values(providers).flatMap(({ apiKey, baseUrl }): ReadonlyArray<Setting<unknown>> => [apiKey, baseUrl]),
    ...Object.values(clouds).flatMap((group): ReadonlyArray<Setting<unknown>> => Object.values(group))
  ])
]
