import { assert, describe, it } from "@effect/vitest"
import { ask } from "@nominal-code/testing/KubeAsk"
import * as KubeEmulator from "@nominal-code/testing/KubeEmulator"
import { assertSame, cluster, Exchange, Lone, recording, Refusals, Shapes } from "@nominal-code/testing/KubeRecordings"
import { Effect, Schema } from "effect"

const requests = [
  "401-unauthorized",
  "create-201",
  "create-403-namespace-terminating",
  "create-404-no-namespace",
  "create-in-limit-range",
  "create-in-quota-of-jobs-403",
  "create-in-quota-of-pods",
  "create-in-restricted-namespace",
  "delete-404",
  "get-404",
  "list-200-empty"
]

/** Permissions in the recording of something forbidden. */
const forbidden = ["create-403-forbidden", "list-403-pods", "watch-403-forbidden"]

/** Objects that exist at the start of these recordings. */
const afterCreate = ["create-409-already-exists"]

describe("the emulated API server, held to recordings of a real one", () => {
  it.live.each(requests)("answers %s as the real one did", (name) =>
    Effect.gen(function*() {
      const at = yield* cluster()
      const { answer, request } = recording(name, Exchange)
      assertSame(yield* ask(at, request, name.startsWith("401") ? "nobody" : undefined), answer)
    }))

  it.live.each(forbidden)("answers %s as the real one did", (name) =>
    Effect.gen(function*() {
      const at = yield* cluster({ role: { jobs: ["get", "list"] } })
      const { answer, request } = recording(name, Exchange)
      assertSame(yield* ask(at, request), answer)
    }))

  it.live.each(afterCreate)("answers %s as the real one did", (name) =>
    Effect.gen(function*() {
      const at = yield* cluster()
      const { answer, request } = recording(name, Exchange)
      yield* ask(at, recording("create-201", Exchange).request)
      assertSame(yield* ask(at, request), answer)
    }))

  const { refusals, request: { path } } = recording("create-422-invalid", Refusals)
  it.live.each(Object.entries(refusals))(
    "refuses %s in the real one's words",
    ([, { answer, request }]) =>
      Effect.gen(function*() {
        const at = yield* cluster()
        const whole = JSON.stringify(request).replace("x…(262145)", "x".repeat(262_145))
        assertSame(yield* ask(at, { method: "POST", path, body: JSON.parse(whole) }), answer)
      })
  )

  const { shapes } = recording("create-shapes", Shapes)
  it.live.each(Object.entries(shapes))(
    "takes a body with %s as the real one did",
    ([, { answer, path, request }]) =>
      Effect.gen(function*() {
        const at = yield* cluster()
        assertSame(yield* ask(at, { method: "POST", path, body: request }), answer)
      })
  )

  it.live("refuses a body beyond 3 MiB, and a Job that etcd does not take", () =>
    Effect.gen(function*() {
      const at = yield* cluster()
      const sizes = recording(
        "create-too-large",
        Schema.Struct({ "4 MB": Lone.fields.answer, "2 MB": Lone.fields.answer })
      )
      const large = (megabytes: number): Schema.Json => {
        const text = JSON.stringify(recording("create-201", Exchange).request.body)
        const body = text.replace("\"one\"", "\"large\"").replace("sleep 600", "x".repeat(megabytes * 1_000_000))
        return JSON.parse(body)
      }
      const send = (megabytes: number) => ask(at, { method: "POST", path, body: large(megabytes) })
      assertSame(yield* send(4), sizes["4 MB"])
      assertSame(yield* send(2), sizes["2 MB"])
      assert.deepStrictEqual(at.store.jobs(), [])
    }))

  it.live("says 429 in plain text, with how long to wait", () =>
    Effect.gen(function*() {
      const at = yield* cluster()
      at.faults.next({ path: /jobs/ }, { _tag: "Answer", status: 429 })
      assertSame(yield* ask(at, { method: "GET", path }), recording("429-too-many-requests", Lone).answer)
    }))

  it.live("tells everybody that they may do nothing for a while after it has started", () =>
    Effect.gen(function*() {
      const { answer } = recording("403-starting", Lone)
      const at = yield* KubeEmulator.make({ namespace: "nominal-code" })
      yield* Effect.forkScoped(at.restart(0, "10 seconds"))
      yield* Effect.sleep("20 millis")
      const starting = yield* ask(at, { method: "POST", path: "/apis/batch/v1/namespaces/nominal-code/jobs", body: {} })
      assertSame(starting, answer)
    }))
})
