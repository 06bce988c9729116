import { assert, it } from "@effect/vitest"
import { ask } from "@nominal-code/testing/KubeAsk"
import * as KubeEmulator from "@nominal-code/testing/KubeEmulator"
import {
  answered,
  assertSame,
  cluster,
  Exchange,
  Lone,
  recording,
  Refusals,
  Shapes
} from "@nominal-code/testing/KubeRecordings"
import { replay } from "@nominal-code/testing/KubeReplays"
import { Effect, Schedule, Schema } from "effect"

const { request: { path } } = recording("create-422-invalid", Refusals)

const alike = (options?: Partial<KubeEmulator.Options>) => (name: string) =>
  it.live("is answered as the real one did", () => answered(name, options))

replay("requests", "the emulated API server, held to recordings of a real one", {
  "401-unauthorized": (name) =>
    it.live("is answered as the real one did", () =>
      Effect.gen(function*() {
        const at = yield* cluster()
        const { answer, request } = recording(name, Exchange)
        assertSame(yield* ask(at, request, "nobody"), answer)
      })),
  "403-starting": (name) =>
    it.live("tells everybody that they may do nothing for a while after it has started", () =>
      Effect.gen(function*() {
        const { answer } = recording(name, Lone)
        const at = yield* KubeEmulator.make({ namespace: "nominal-code" })
        yield* Effect.forkScoped(at.restart(0, "1 hour"))
        const jobs = "/apis/batch/v1/namespaces/nominal-code/jobs"
        const told = Effect.sandbox(ask(at, { method: "POST", path: jobs, body: {} })).pipe(
          Effect.retry(Schedule.spaced("20 millis")),
          Effect.repeat({ until: ({ code }) => code === 403, schedule: Schedule.spaced("20 millis") })
        )
        assertSame(yield* told, answer)
      })),
  "429-too-many-requests": (name) =>
    it.live("says 429 in plain text, with how long to wait", () =>
      Effect.gen(function*() {
        const at = yield* cluster()
        at.faults.next({ path: /jobs/ }, { _tag: "Answer", status: 429 })
        assertSame(yield* ask(at, { method: "GET", path }), recording(name, Lone).answer)
      })),
  "create-201": alike(),
  "create-403-forbidden": alike({ role: { jobs: ["get", "list"] } }),
  "create-403-namespace-terminating": alike(),
  "create-404-no-namespace": alike(),
  "create-409-already-exists": (name) =>
    it.live("is answered as the real one did", () =>
      Effect.gen(function*() {
        const at = yield* cluster()
        const { answer, request } = recording(name, Exchange)
        yield* ask(at, recording("create-201", Exchange).request)
        assertSame(yield* ask(at, request), answer)
      })),
  "create-422-invalid": (name) =>
    it.live.each(Object.entries(recording(name, Refusals).refusals))(
      "refuses %s in the real one's words",
      ([, { answer, request }]) =>
        Effect.gen(function*() {
          const at = yield* cluster()
          const whole = JSON.stringify(request).replace("x…(262145)", "x".repeat(262_145))
          assertSame(yield* ask(at, { method: "POST", path, body: JSON.parse(whole) }), answer)
        })
    ),
  "create-in-limit-range": alike(),
  "create-in-quota-of-jobs-403": alike(),
  "create-in-quota-of-pods": alike(),
  "create-in-restricted-namespace": alike(),
  "create-shapes": (name) =>
    it.live.each(Object.entries(recording(name, Shapes).shapes))(
      "takes a body with %s as the real one did",
      ([, { answer, path, request }]) =>
        Effect.gen(function*() {
          const at = yield* cluster()
          assertSame(yield* ask(at, { method: "POST", path, body: request }), answer)
        })
    ),
  "create-too-large": (name) =>
    it.live("refuses a body beyond 3 MiB, and a Job that etcd does not take", () =>
      Effect.gen(function*() {
        const at = yield* cluster()
        const sizes = recording(name, Schema.Struct({ "4 MB": Lone.fields.answer, "2 MB": Lone.fields.answer }))
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
})
