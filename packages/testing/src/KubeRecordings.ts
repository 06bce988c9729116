import { assert } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { readFileSync } from "node:fs"
import { ask } from "./KubeAsk.ts"
import * as KubeEmulator from "./KubeEmulator.ts"

/*
 * Recorded answers of a real API server of Kubernetes 1.34.4, as `recordings/` keeps them.
 */

const Body = Schema.Json
/** Answer of an API server. */
export const Answer = Schema.Struct({
  code: Schema.Int,
  headers: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  body: Body
})
export type Answer = typeof Answer.Type

/** One request with its answer. */
export const Exchange = Schema.Struct({
  request: Schema.Struct({
    method: Schema.String,
    path: Schema.String,
    body: Schema.optionalKey(Body)
  }),
  answer: Answer
})
export type Exchange = typeof Exchange.Type

/** Requests that create Jobs, by what is wrong with them. */
export const Refusals = Schema.Struct({
  request: Schema.Struct({ path: Schema.String }),
  refusals: Schema.Record(Schema.String, Schema.Struct({ request: Body, answer: Answer }))
})

/** The same, with requests to several paths. */
export const Shapes = Schema.Struct({
  shapes: Schema.Record(Schema.String, Schema.Struct({ path: Schema.String, request: Body, answer: Answer }))
})

/** A Job whose pods are refused: what it looks like after a while, and what events say. */
export const Refused = Schema.Struct({
  job: Schema.Struct({ status: Body }),
  events: Schema.Array(Schema.Struct({
    type: Schema.String,
    reason: Schema.String,
    message: Schema.String,
    count: Schema.Int,
    source: Body,
    involvedObject: Body
  }))
})

/** An answer without its request. */
export const Lone = Schema.Struct({ answer: Answer })

/** A recording, read by what it holds. */
export const recording = <S extends Schema.ConstraintDecoder<unknown>>(name: string, schema: S): S["Type"] =>
  Schema.decodeUnknownSync(schema)(
    JSON.parse(readFileSync(new URL(`../recordings/${name}.json`, import.meta.url), "utf8"))
  )

/** The recordings' namespaces, and their account. */
export const cluster = (options: Partial<KubeEmulator.Options> = {}) =>
  KubeEmulator.make({
    user: "system:serviceaccount:reviews:server",
    namespaces: {
      reviews: {},
      going: { terminating: true },
      "reviews-quota": { quota: { name: "few", jobs: 0 } },
      "reviews-limits": { largestMemory: "256Mi" },
      "reviews-pods": { quota: { name: "few", pods: 0 } },
      "reviews-restricted": { restricted: true }
    },
    behave: () => ({ _tag: "Scripted", run: Effect.never }),
    ...options
  })

/** A body without what is new each time: identifiers, versions, times, the ends of generated names. */
export const lasting = (body: unknown): unknown =>
  JSON.parse(
    JSON.stringify(body, (key, value) => {
      if (key === "resourceVersion") return "a version"
      if (typeof value === "object" && value !== null && Object.keys(value).length === 0 && key === "annotations") {
        return undefined
      }
      return typeof value === "string"
        ? value.replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "a uid")
          .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "a time")
          .replace(/^review-[a-z0-9]{5}$/, "a generated name")
        : value
    })
  )

/** Fails where an answer is not the recorded one. */
export const assertSame = (
  actual: { readonly code: number; readonly headers: object; readonly body: unknown },
  wanted: Answer
) => {
  const bodyOf = (body: unknown) =>
    // Of some answers only the metadata was kept.
    typeof wanted.body === "object" && typeof body === "object" && body !== null
      ? Object.fromEntries(Object.entries(body).filter(([key]) => key in Object(wanted.body)))
      : body
  assert.strictEqual(actual.code, wanted.code, JSON.stringify(actual.body).slice(0, 500))
  assert.deepStrictEqual(lasting(bodyOf(actual.body)), lasting(wanted.body))
  const headers = { ...actual.headers }
  for (const [name, value] of Object.entries(wanted.headers ?? {})) {
    assert.propertyVal(headers, name, value)
  }
  assert.strictEqual("warning" in headers, "warning" in (wanted.headers ?? {}), "a warning")
}

/** Sends a recording's request to a cluster of its own, and fails if the answer is not the recorded one. */
export const answered = Effect.fnUntraced(function*(name: string, options?: Partial<KubeEmulator.Options>) {
  const { answer, request } = recording(name, Exchange)
  assertSame(yield* ask(yield* cluster(options), request), answer)
})
