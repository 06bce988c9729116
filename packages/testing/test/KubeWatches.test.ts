import { assert, describe, it } from "@effect/vitest"
import { ask, linesOf } from "@nominal-code/testing/KubeAsk"
import type * as KubeEmulator from "@nominal-code/testing/KubeEmulator"
import { assertSame, cluster, Exchange, lasting, Lone, recording, Refused } from "@nominal-code/testing/KubeRecordings"
import { Duration, Effect, Schedule, Schema } from "effect"
import { readdirSync, readFileSync } from "node:fs"

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

describe("the emulated API server's lists and watches, held to recordings of real ones", () => {
  it.live("shows a Job as the real one did: right after its creation, and among others", () =>
    Effect.gen(function*() {
      const at = yield* cluster({ pace: Duration.seconds(1), sync: Duration.seconds(1) })
      yield* ask(at, first)
      const { answer, request } = recording("get-200", Exchange)
      assertSame(yield* ask(at, request), answer)
      yield* until(() => at.store.jobs()[0]?.status.active === 1)
      const list = recording("list-200", Exchange)
      assertSame(yield* ask(at, list.request), list.answer)
    }))

  it.live("tells who goes on with a list that is too old how to begin anew", () =>
    Effect.gen(function*() {
      const at = yield* cluster()
      for (const name of ["one", "two"]) yield* ask(at, named(name))
      const { body } = yield* ask(at, { method: "GET", path: `${jobs}?limit=1` })
      const rest = { method: "GET", path: `${jobs}?limit=1&continue=${body.metadata.continue}` }
      assert.strictEqual((yield* ask(at, rest)).body.items[0].metadata.name, "two")
      at.store.compact()
      const tooOld = yield* ask(at, rest)
      assertSame(tooOld, recording("list-410-continue", Lone).answer)
      const anew = { ...rest, path: `${jobs}?limit=1&continue=${tooOld.body.metadata.continue}` }
      assert.strictEqual((yield* ask(at, anew)).body.items[0].metadata.name, "two")
    }))

  it.live.each(["Foreground", "Background", "Orphan"])(
    "answers the deletion of a Job, %s, as the real one did",
    (policy) =>
      Effect.gen(function*() {
        const at = yield* cluster()
        const name = `deleted-${policy.toLowerCase()}`
        yield* ask(at, named(name))
        yield* runs(at)
        const deleted = yield* ask(at, { method: "DELETE", path: `${jobs}/${name}?propagationPolicy=${policy}` })
        const { answer } = recording(`delete-200-${policy.toLowerCase()}`, Lone)
        // It was another Job that was deleted: its command and its deadline are its own.
        const of = (body: unknown) =>
          JSON.parse(JSON.stringify(lasting(body), (key, value) => key === "spec" ? {} : value))
        assert.deepStrictEqual([deleted.code, of(deleted.body)], [answer.code, of(answer.body)])
      })
  )

  it.live("tells a watch that has missed too much to list anew, as an event of an answer 200", () =>
    Effect.gen(function*() {
      const at = yield* cluster()
      yield* ask(at, first)
      at.store.compact()
      const same = (lines: unknown) => JSON.stringify(lines).replaceAll(/version: \d+ \(\d+\)/g, "version: a (b)")
      const since = yield* ask(at, { method: "GET", path: `${jobs}?watch=true&resourceVersion=661` })
      assert.strictEqual(since.code, 200)
      assert.strictEqual(same(linesOf(since)), same(recording("watch-410-expired", Events).events))
      const fromOne = yield* ask(at, { method: "GET", path: `${jobs}?watch=true&resourceVersion=1` })
      assert.strictEqual(same(linesOf(fromOne)), same([recording("watch-410-from-1", Lone).answer.body]))
    }))

  it.live("refuses a watch from what is no version, and tells one from the future nothing", () =>
    Effect.gen(function*() {
      const at = yield* cluster()
      yield* ask(at, first)
      const none = yield* ask(at, { method: "GET", path: `${jobs}?watch=true&resourceVersion=abc` })
      assertSame(none, recording("watch-400-bad-version", Lone).answer)
      const future = yield* ask(at, {
        method: "GET",
        path: `${jobs}?watch=true&resourceVersion=99999999&timeoutSeconds=1`
      })
      assertSame(future, recording("watch-from-the-future", Lone).answer)
    }))

  it.live("gives a watch bookmarks from time to time and before its end, if its kind has changed, and none else", () =>
    Effect.gen(function*() {
      // A minute lasts 900 ms.
      const at = yield* cluster({ bookmarkEvery: Duration.millis(900), namespaces: { reviews: {}, others: {} } })
      const watch = ask(at, {
        method: "GET",
        path: `${jobs}?watch=true&allowWatchBookmarks=true&resourceVersion=${at.store.version}&timeoutSeconds=4`
      })
      assert.deepStrictEqual(linesOf(yield* watch), recording("watch-quiet-no-bookmarks", Events).events)
      const other = { ...named("one"), path: first.path.replace("/reviews/", "/others/") }
      const [told] = yield* Effect.all([watch, Effect.delay(ask(at, other), "300 millis")], {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(lasting(linesOf(told)), lasting(recording("watch-bookmarks", Events).events))
    }))

  it.live.each(["pods", "limits", "restricted"])(
    "says why the pods of a Job do not come: %s",
    (name) =>
      Effect.gen(function*() {
        const { events, job } = recording(`job-without-pods-${name}`, Refused)
        const at = yield* cluster({ sync: Duration.millis(30) })
        yield* ask(at, { ...first, path: first.path.replace("/reviews/", `/reviews-${name}/`) })
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
      })
  )
})

describe("the recordings", () => {
  it("are all replayed", () => {
    const tests = ["KubeRecordings", "KubeStreams", "KubeWatches"].map((name) =>
      readFileSync(new URL(`${name}.test.ts`, import.meta.url), "utf8").toLowerCase()
    )
    const names = readdirSync(new URL("../recordings", import.meta.url)).filter((name) => name.endsWith(".json"))
    const missing = names.map((name) => name.replace(/\.json$/, "")).filter((name) => {
      const short = name.replace(/^(?:stream|delete-200|job-without-pods)-/, "")
      return !tests.some((text) => text.includes(name) || text.includes(`"${short}"`) || text.includes(`${short}: {`))
    })
    assert.deepStrictEqual(missing, [])
  })
})
