import { parseWebhook as parseGitHub } from "@nominal-code/forge/github/Webhook"
import { parseWebhook as parseGitLab } from "@nominal-code/forge/gitlab/Webhook"
import type { WebhookRequest } from "@nominal-code/forge/Webhooks"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { argv, stdout } from "node:process"
import { makeRandom } from "./Mutation.ts"

/*
 * `node readings.ts <seed>`: reads the payloads that the forges publish, and mutations of each, and prints what was made
 * of them, one a line. Under `--disallow-code-generation-from-strings` the readers are interpreted, otherwise compiled.
 */

const mutations = 30

const random = makeRandom(Number(argv[2]))
const pick = <A>(all: ReadonlyArray<A>): A | undefined => all[Math.floor(random() * all.length)]

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null

const values = [
  null,
  true,
  false,
  0,
  -1,
  7,
  1.5,
  2 ** 60,
  "",
  "x",
  "../x",
  "a/b",
  "é",
  "a".repeat(40),
  "a".repeat(2000)
]
const replacements = [...values, [], [null], {}, { id: 1, login: "a b", name: "", title: null }]

/** A copy in which one field, at a random depth, has another value or is missing. */
const mutated = (payload: unknown): unknown => {
  const name = isObject(payload) ? pick(Object.keys(payload)) : undefined
  if (!isObject(payload) || name === undefined) return pick(replacements)
  const value = payload[name]
  const changed = isObject(value) && random() < 0.7 ? mutated(value) : random() < 0.2 ? undefined : pick(replacements)
  return Array.isArray(payload) ? payload.with(Number(name), changed) : { ...payload, [name]: changed }
}

const editions = ["api.github.com", "ghes-35"].map((edition) =>
  createRequire(import.meta.url).resolve(`@octokit/webhooks-examples/${edition}/index.json`)
)
const published: ReadonlyArray<{ readonly name: string; readonly examples: ReadonlyArray<unknown> }> = editions.flatMap(
  (file) => JSON.parse(readFileSync(file, "utf8"))
)

/** The events of GitLab that are read, with the fields of which its documentation tells. */
const gitLabEvents: ReadonlyArray<unknown> = JSON.parse(
  readFileSync(new URL("gitlab.json", import.meta.url), "utf8")
)

const lines: Array<string> = []
const readAll = (payload: unknown, parse: (request: WebhookRequest) => unknown, event: string) => {
  const headers = {
    "content-type": "application/json",
    "x-github-event": event,
    "x-github-delivery": "d",
    "webhook-id": "d"
  }
  const read = (payload: unknown) =>
    lines.push(JSON.stringify(parse({ headers, body: Buffer.from(JSON.stringify(payload) ?? "") })))
  read(payload)
  for (let count = 0; count < mutations; count++) read(mutated(payload))
}
for (const { examples, name } of published) for (const payload of examples) readAll(payload, parseGitHub, name)
for (const payload of gitLabEvents) for (let times = 0; times < 40; times++) readAll(payload, parseGitLab, "")
stdout.write(`${lines.join("\n")}\n`)
