import { line } from "./Kind.ts"
import { defaulted, optional, type Setting } from "./Setting.ts"
import { github, gitlab } from "./settings/Forges.ts"
import { providers } from "./settings/Providers.ts"
import { access, agent, prompts, reviewer } from "./settings/Review.ts"
import { jobs, kubernetes, redis, storage, webhook } from "./settings/Service.ts"

/** What only the environment can say. */
const process = {
  configPath: optional({
    env: "CONFIG_PATH",
    kind: line,
    byDefault: "`./config.yaml`, if there is one",
    doc: "The YAML file. A file that is named here has to exist."
  }),
  logLevel: defaulted("INFO", {
    env: "LOG_LEVEL",
    kind: line,
    doc: "`TRACE`, `DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`. Prompts and diffs show below `INFO` only."
  })
}

/** Every setting there is. Decoding, the check for unknown keys, the JSON Schema and the reference all come from here. */
export const settings = {
  github,
  gitlab,
  webhook,
  reviewer,
  access,
  agent,
  prompts,
  storage,
  jobs,
  redis,
  kubernetes,
  providers,
  process
}

/** The tables of the reference: a title, and the settings under it. */
export const sections: ReadonlyArray<readonly [title: string, settings: ReadonlyArray<Setting<unknown>>]> = [
  ["GitHub", Object.values(github)],
  ["Webhook listener", Object.values(webhook)],
  ["Reviewer", Object.values(reviewer)],
  ["Access", Object.values(access)],
  ["Agent", Object.values(agent)],
  ["Prompts and guidelines", Object.values(prompts)],
  ["Storage and workspace", Object.values(storage)],
  ["Jobs", Object.values(jobs)],
  ["GitLab", Object.values(gitlab)],
  ["Redis", Object.values(redis)],
  ["Kubernetes", Object.values(kubernetes)],
  ["Environment only", [
    ...Object.values(process),
    ...Object.values(providers).flatMap(({ apiKey, baseUrl }) => [apiKey, baseUrl])
  ]]
]

/** All of them, once. */
export const allSettings: ReadonlyArray<Setting<unknown>> = sections.flatMap(([, settings]) => settings)
