import { assert, it } from "@effect/vitest"
import { ask, linesOf } from "@nominal-code/testing/KubeAsk"
import type * as KubeEmulator from "@nominal-code/testing/KubeEmulator"
import {
  answered,
  assertSame,
  cluster,
  Exchange,
  lasting,
  Lone,
  recording,
  Refused
} from "@nominal-code/testing/KubeRecordings"
import { replay } from "@nominal-code/testing/KubeReplays"
import { Duration, Effect, Schedule, Schema } from "effect"

const jobs = "/apis/batch/v1/namespaces/reviews/jobs"

const Events = Schema.Struct({ events: Schema.Array(Schema.Struct({ type: Schema.String, object: Schema.Json })) })

const { request: first } = recording("create-201", Exchange)

/** The recorded Job under another name. */
const named = (name: string) => ({
  ...first,
  body: JSON.parse(JSON.stringify(first.body).replace("\"name\":\"one\"", `"name":"${name}"`))
})

const until = (holds: () => boolean) =>
  Effect.sync(holds).pipe(
    Effect.repeat({ until: (yes) => yes, schedule: Schedule.spaced("10 millis") }),
    Effect.timeout("10 seconds")
  )

const runs = (at: KubeEmulator.KubeEmulator) => until(() => at.store.jobs().some(({ status }) => status.ready === 1))

const alike = (options?: Partial<KubeEmulator.Options>) => (name: string) =>
  it.live("is answered as the real one did", () => answered(name, options))

/** A cluster with one Job, of which a watch has missed too much. */
const compacted = Effect.gen(function*() {
  const at = yield* cluster()
  yield* ask(at, first)
  at.store.compact()
  return at
})

const withoutVersions = (lines: unknown) => JSON.stringify(lines).replaceAll(/version: \d+ \(\d+\)/g, "version: a (b)")

/** A cluster whose minute lasts 900 ms, and a watch of it. */
const bookmarking = Effect.gen(function*() {
  const at = yield* cluster({ bookmarkEvery: Duration.millis(900), namespaces: { reviews: {}, others: {} } })
  const watch = ask(at, {
    method: "GET",
    path: `${jobs}?watch=true&allowWatchBookmarks=true&resourceVersion=${at.store.version}&timeoutSeconds=4`
  })
  return { at, watch }
})

const deleted = (policy: "Foreground" | "Background" | "Orphan") => (recorded: string) =>
  it.live("is answered as the real one did", () =>
    Effect.gen(function*() {
      const at = yield* cluster()
      const name = `deleted-${policy.toLowerCase()}`
      yield* ask(at, named(name))
      yield* runs(at)
      const deleted = yield* ask(at, { method: "DELETE", path: `${jobs}/${name}?propagationPolicy=${policy}` })
      const { answer } = recording(recorded, Lone)
      // It was another Job that was deleted: its command and its deadline are its own.
      const of = (body: unknown) =>
        JSON.parse(JSON.stringify(lasting(body), (key, value) => key === "spec" ? {} : value))
      assert.deepStrictEqual([deleted.code, of(deleted.body)], [answer.code, of(answer.body)])
    }))

const withoutPods = (namespace: string) => (recorded: string) =>
  it.live("says why the pods of the Job do not come", () =>
    Effect.gen(function*() {
      const { events, job } = recording(recorded, Refused)
      const at = yield* cluster({ sync: Duration.millis(30) })
      yield* ask(at, { ...first, path: first.path.replace("/reviews/", `/${namespace}/`) })
      // Asked again and again, less and less often.
      yield* until(() => at.store.events().length >= events.length)
      const told = at.store.events().slice(0, events.length).map(({ involvedObject: { kind, name }, ...event }) => ({
        type: event.type,
        reason: event.reason,
        message: event.message,
        count: event.count,
        source: event.source,
        involvedObject: { kind, name }
      }))
      const of = (list: unknown) => JSON.stringify(list).replaceAll(/one-[a-z0-9]{5}/g, "a pod")
      assert.strictEqual(of(told), of(events))
      assert.deepStrictEqual(lasting(at.store.jobs()[0]?.status), lasting(job.status))
      assert.deepStrictEqual(at.store.pods(), [])
    }))

replay("watches", "the emulated API server's lists and watches, held to recordings of real ones", {
  "delete-200-background": deleted("Background"),
  "delete-200-foreground": deleted("Foreground"),
  "delete-200-orphan": deleted("Orphan"),
  "delete-404": alike(),
  "get-200": (name) =>
    it.live("shows a Job right after its creation", () =>
      Effect.gen(function*() {
        const at = yield* cluster({ pace: Duration.seconds(1), sync: Duration.seconds(1) })
        yield* ask(at, first)
        const { answer, request } = recording(name, Exchange)
        assertSame(yield* ask(at, request), answer)
      })),
  "get-404": alike(),
  "job-without-pods-limits": withoutPods("reviews-limits"),
  "job-without-pods-pods": withoutPods("reviews-pods"),
  "job-without-pods-restricted": withoutPods("reviews-restricted"),
  "list-200": (name) =>
    it.live("shows a Job among others", () =>
      Effect.gen(function*() {
        const at = yield* cluster({ pace: Duration.seconds(1), sync: Duration.seconds(1) })
        yield* ask(at, first)
        yield* until(() => at.store.jobs()[0]?.status.active === 1)
        const { answer, request } = recording(name, Exchange)
        assertSame(yield* ask(at, request), answer)
      })),
  "list-200-empty": alike(),
  "list-403-pods": alike({ role: { jobs: ["get", "list"] } }),
  "list-410-continue": (recorded) =>
    it.live("tells who goes on with a list that is too old how to begin anew", () =>
      Effect.gen(function*() {
        const at = yield* cluster()
        for (const name of ["one", "two"]) yield* ask(at, named(name))
        const { body } = yield* ask(at, { method: "GET", path: `${jobs}?limit=1` })
        const rest = { method: "GET", path: `${jobs}?limit=1&continue=${body.metadata.continue}` }
        assert.strictEqual((yield* ask(at, rest)).body.items[0].metadata.name, "two")
        at.store.compact()
        const tooOld = yield* ask(at, rest)
        assertSame(tooOld, recording(recorded, Lone).answer)
        const anew = { ...rest, path: `${jobs}?limit=1&continue=${tooOld.body.metadata.continue}` }
        assert.strictEqual((yield* ask(at, anew)).body.items[0].metadata.name, "two")
      })),
  "watch-400-bad-version": (name) =>
    it.live("refuses a watch from what is no version", () =>
      Effect.gen(function*() {
        const at = yield* cluster()
        yield* ask(at, first)
        const none = yield* ask(at, { method: "GET", path: `${jobs}?watch=true&resourceVersion=abc` })
        assertSame(none, recording(name, Lone).answer)
      })),
  "watch-403-forbidden": alike({ role: { jobs: ["get", "list"] } }),
  "watch-410-expired": (name) =>
    it.live("tells a watch that has missed too much to list anew, as an event of an answer 200", () =>
      Effect.gen(function*() {
        const since = yield* ask(yield* compacted, { method: "GET", path: `${jobs}?watch=true&resourceVersion=661` })
        assert.strictEqual(since.code, 200)
        assert.strictEqual(withoutVersions(linesOf(since)), withoutVersions(recording(name, Events).events))
      })),
  "watch-410-from-1": (name) =>
    it.live("tells the same to a watch from the first version", () =>
      Effect.gen(function*() {
        const fromOne = yield* ask(yield* compacted, { method: "GET", path: `${jobs}?watch=true&resourceVersion=1` })
        assert.strictEqual(withoutVersions(linesOf(fromOne)), withoutVersions([recording(name, Lone).answer.body]))
      })),
  "watch-bookmarks": (name) =>
    it.live("gives a watch bookmarks from time to time and before its end, if its kind has changed", () =>
      Effect.gen(function*() {
        const { at, watch } = yield* bookmarking
        const other = { ...named("one"), path: first.path.replace("/reviews/", "/others/") }
        const [told] = yield* Effect.all([watch, Effect.delay(ask(at, other), "300 millis")], {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(lasting(linesOf(told)), lasting(recording(name, Events).events))
      })),
  "watch-from-the-future": (name) =>
    it.live("tells a watch from the future nothing", () =>
      Effect.gen(function*() {
        const at = yield* cluster()
        yield* ask(at, first)
        const path = `${jobs}?watch=true&resourceVersion=99999999&timeoutSeconds=1`
        assertSame(yield* ask(at, { method: "GET", path }), recording(name, Lone).answer)
      })),
  "watch-quiet-no-bookmarks": (name) =>
    it.live("gives a watch no bookmark if its kind has not changed", () =>
      Effect.gen(function*() {
        const { watch } = yield* bookmarking
        assert.deepStrictEqual(linesOf(yield* watch), recording(name, Events).events)
      }))
})
