import { assert, it, vi } from "@effect/vitest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import type { Job } from "@nominal-code/domain/job/Job"
import * as GitHub from "@nominal-code/forge/GitHub"
import * as GitLab from "@nominal-code/forge/GitLab"
import type { Delivery } from "@nominal-code/forge/Webhooks"
import * as StoredJob from "@nominal-code/jobs/table/StoredJob"
import { Effect, Option, Result, Schema } from "effect"
import { decisionBy } from "../src/Decision.ts"
import { type Example, gitHubEvents, gitLabEvents } from "./PublishedPayloads.ts"
import { policy } from "./ServerFixture.ts"

/*
 * Comparison of the readers on the path of a delivery, which are compiled or make values without a schema, with the
 * schemas: for every published payload, and for each with one of its fields changed.
 */

/** Names of the fields that a reader looks at. */
const read = new Set(
  `action repository full_name installation id sender login type label name changes base pull_request
   updated_at number title author_association draft user head ref sha issue comment body path diff_hunk line
   original_line side in_reply_to_id review check_run check_suite head_sha external_id pull_requests
   object_kind object_attributes project path_with_namespace username iid oldrev target_branch work_in_progress
   source_branch last_commit previous current labels old_path new_path old_line new_line event_type note
   noteable_type system internal confidential discussion_id position merge_request`.split(/\s+/)
)

type Path = ReadonlyArray<string>

/** The part of a payload that a reader looks at. */
const partOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.slice(0, 1).map(partOf)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => read.has(key) ? [[key, partOf(inner)]] : [])
  )
}

const placesIn = (value: unknown, at: Path = []): ReadonlyArray<Path> =>
  typeof value !== "object" || value === null
    ? []
    : Object.entries(value).flatMap(([key, inner]) => [[...at, key], ...placesIn(inner, [...at, key])])

const deep = Array.from({ length: 50 }).reduce<unknown>((inner) => ({ inner }), 1)

const numbers = [0, -1, 7, 1.5, 2 ** 53, 1e21]
const texts = [
  "Bot",
  "LEFT",
  "OWNER",
  "f".repeat(40),
  "F".repeat(40),
  // Longer than a path may be.
  "x".repeat(1_100),
  "",
  " ",
  "7",
  "a b",
  "a/../b",
  "../b",
  "acme/shop",
  "x\0y",
  "\ud800"
]

/** Values that take the place of another, as JSON. */
const replacements = [
  ...numbers,
  ...texts,
  null,
  true,
  false,
  [],
  [null],
  {},
  { login: 7 },
  deep
].map((value) => JSON.stringify(value))

/** Changes of any field. */
const changes: ReadonlyArray<(value: string) => ReadonlyArray<string>> = [
  (value) => [value],
  () => [],
  ...replacements.flatMap((other) => [() => [other]]),
  (value) => [value, "null"],
  (value) => ["null", value]
]

/** More than is kept of a comment. */
const longest = JSON.stringify("x".repeat(70_000))

/** The changes of a field: only some may be of any length. */
const changesOf = (name: string) =>
  name === "body" || name === "note" || name === "title" || name === "diff_hunk"
    ? [...changes, () => [longest]]
    : changes

/** The texts of a payload whose value at a place is another, is absent, or is there twice: one for each change. */
const changed = (payload: unknown, [key, ...rest]: Path): ReadonlyArray<string> => {
  if (typeof payload !== "object" || payload === null) return []
  const named = (name: string, text: string) => Array.isArray(payload) ? text : `${JSON.stringify(name)}:${text}`
  const members = Object.entries(payload)
  const at = members.findIndex(([name]) => name === key)
  const others = members.map(([name, value]) => named(name, JSON.stringify(value)))
  const [before, after] = [others.slice(0, at), others.slice(at + 1)]
  const [name = "", value] = members[at] ?? []
  const inside = rest.length === 0
    ? changesOf(name).map((by) => by(JSON.stringify(value)))
    : changed(value, rest).map((text) => [text])
  const [first, last] = Array.isArray(payload) ? "[]" : "{}"
  return inside.map((texts) =>
    `${first}${[...before, ...texts.map((text) => named(name, text)), ...after].join()}${last}`
  )
}

const delivered = ({ event }: Example, body: string) => ({
  headers: {
    "content-type": "application/json",
    "x-github-event": event,
    "x-github-delivery": "d",
    "webhook-id": "d"
  },
  body: Buffer.from(body)
})

/** The readers with their schemas as they are, without compilation. */
const interpreted = Effect.gen(function*() {
  vi.resetModules()
  vi.doMock("effect/schema/SchemaJITCompiler", () => ({ enable: () => {} }))
  const gitHub = yield* Effect.promise(() => import("@nominal-code/forge/GitHub"))
  const gitLab = yield* Effect.promise(() => import("@nominal-code/forge/GitLab"))
  vi.doUnmock("effect/schema/SchemaJITCompiler")
  return hooksOf(gitHub, gitLab)
})

const hooksOf = (gitHub: typeof GitHub, gitLab: typeof GitLab) => ({
  github: gitHub.webhooks({ secret: Option.none(), allowUnsigned: true }),
  gitlab: gitLab.webhooks({ secret: Option.none(), signingToken: Option.none(), allowUnsigned: true })
})

const hooks = hooksOf(GitHub, GitLab)

const isEvent = Schema.is(PullRequestEvent)

const decide = decisionBy({
  ...policy,
  allowedRepos: [],
  allowedUsers: ["ada", "Codertocat"],
  botUsername: "nominalbot"
})
const arrival = { at: 1, traceparent: Option.none() }

const dataOf = (job: Job): unknown => JSON.parse(JSON.stringify(job))

/** A job as a store gives it back. */
const taken = (job: Job) => Option.map(StoredJob.decode(StoredJob.encode(job)), dataOf)

/** One example of each event and set of fields. */
const oneOfEach = (examples: ReadonlyArray<Example>) => [
  ...new Map(examples.map((one) => [`${one.name} ${placesIn(partOf(one.payload)).join(" ")}`, one])).values()
]

/** The bodies of an example: as it is, and, if it is an event, with each field that is read changed in each way. */
const bodiesOf = (example: Example, isRead: boolean): ReadonlyArray<string> => {
  const part = partOf(example.payload)
  const others = placesIn(part).flatMap((path) => changed(part, path))
  return [JSON.stringify(example.payload), ...isRead ? new Set(others) : []]
}

/** As text: two instances of a module have classes of their own. */
const shown = (result: Result.Result<Delivery, unknown>) => JSON.stringify(result)

it.effect(
  "the readers and the schemas agree on published payloads of each shape, and on each with a field changed",
  () =>
    Effect.gen(function*() {
      const plain = yield* interpreted
      let [events, jobs] = [0, 0]
      for (const [platform, examples] of [["github", gitHubEvents], ["gitlab", gitLabEvents]] as const) {
        for (const example of oneOfEach(examples)) {
          const asItIs = hooks[platform].parse(delivered(example, JSON.stringify(example.payload)))
          const isRead = Result.isSuccess(asItIs) && Option.isSome(asItIs.success.event)
          for (const body of bodiesOf(example, isRead)) {
            const request = delivered(example, body)
            const result = hooks[platform].parse(request)
            assert.strictEqual(shown(result), shown(plain[platform].parse(request)), body.slice(0, 2000))
            if (Result.isFailure(result) || Option.isNone(result.success.event)) continue
            events += 1
            assert.isTrue(isEvent(result.success.event.value), body.slice(0, 2000))
            const decision = decide(result.success, arrival)
            if (decision._tag !== "Admitted") continue
            jobs += 1
            assert.deepStrictEqual(taken(decision.job), Option.some(dataOf(decision.job)))
          }
        }
      }
      assert.isAbove(events, 1000)
      assert.isAbove(jobs, 100)
    }),
  120_000
)
