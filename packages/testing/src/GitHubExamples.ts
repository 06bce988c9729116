import { Effect, Schema } from "effect"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"

/** A JSON object whose fields are not looked into. */
export type Fields = Readonly<Record<string, unknown>>

const Example = Schema.Record(Schema.String, Schema.Unknown)
const Definitions = Schema.Array(Schema.Struct({ name: Schema.String, examples: Schema.Array(Example) }))

let read: typeof Definitions.Type | undefined

const definitions = (): typeof Definitions.Type => {
  if (read === undefined) {
    const file = createRequire(import.meta.url).resolve("@octokit/webhooks-examples")
    read = Effect.runSync(Schema.decodeUnknownEffect(Definitions)(JSON.parse(readFileSync(file, "utf8"))))
  }
  return read
}

/** A payload that GitHub has really sent: the first of that event, of that action where one is named. */
export const example = (event: string, action: string): Fields => {
  const examples = definitions().find(({ name }) => name === event)?.examples ?? []
  return examples.find((candidate) => candidate["action"] === action) ?? examples[0] ?? {}
}

/** Names in the recorded examples, and those that replace them. */
export interface Names {
  readonly origin: string
  readonly apiBase: string
  readonly repository: string
  readonly number: number
}

/** A part of an example, told of another repository and pull request on another host. */
export const renamed = (part: unknown, { apiBase, number, origin, repository }: Names): Fields => {
  const [owner = ""] = repository.split("/")
  const text = JSON.stringify(part)
    .replaceAll("https://api.github.com", apiBase)
    .replaceAll("https://github.com", origin)
    .replaceAll("Codertocat/Hello-World", repository)
    .replaceAll("Codertocat", owner)
    .replaceAll(/(?<=\/(?:pulls|issues|pull)\/)[12](?![0-9])/g, String(number))
  return Effect.runSync(Schema.decodeEffect(Schema.fromJsonString(Example))(text))
}

/** Renames the parts of one example of a pull request, each once for all answers of a forge. */
export const renamedOnce = (origin: string, apiBase: string) => {
  const known = new Map<string, Fields>()
  return (part: "repository" | "pull_request", repository: string, number: number): Fields => {
    const key = `${part} ${repository} ${number}`
    const before = known.get(key)
    if (before !== undefined) return before
    const made = renamed(example("pull_request", "opened")[part], { origin, apiBase, repository, number })
    known.set(key, made)
    return made
  }
}
