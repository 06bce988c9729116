import { assert, it } from "@effect/vitest"
import { JobId, JobOutcome } from "@nominal-code/domain/job/Job"
import { laneKey } from "@nominal-code/domain/job/Lane"
import { Usage, UsageSummary } from "@nominal-code/domain/model/Usage"
import { Settlement } from "@nominal-code/jobs/JobQueue"
import * as SqliteJobTable from "@nominal-code/jobs/sqlite/SqliteJobTable"
import * as SqliteQueue from "@nominal-code/jobs/sqlite/SqliteQueue"
import type { FoundRow, JobTable } from "@nominal-code/jobs/table/JobTable"
import { Sqlite, type Statements } from "@nominal-code/persistence/Sqlite"
import { laneOf, mention, push, shaOf } from "@nominal-code/testing/Jobs"
import { storeIn } from "@nominal-code/testing/QueueSteps"
import { Context, Effect, Layer, Option, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import { randomUUID } from "node:crypto"
import { databaseAt, quickDirectory } from "./TestStore.ts"

const Figure = Schema.Struct({ figure: Schema.Int })
const Sql = Schema.Struct({ sql: Schema.NullOr(Schema.String) })
const Plan = Schema.Struct({ detail: Schema.String })
const Operation = Schema.Struct({ opcode: Schema.String })

/** A queue, and the database that it is in. */
const opened = Effect.gen(function*() {
  const database = databaseAt(yield* quickDirectory)
  const context = yield* Layer.build(Layer.fresh(SqliteQueue.layer).pipe(Layer.provideMerge(database)))
  const sqlite = Context.get(context, Sqlite)
  const figure = (sql: string) => sqlite.read("test", (statements) => statements.get(Figure, sql)?.figure ?? 0)
  return { queue: storeIn(context), sqlite, figure }
})

/** Records that a review of some size leaves behind. */
const outcomeOf = (index: number) =>
  JobOutcome.cases.Reviewed.make({
    headSha: shaOf(`head ${index}`),
    findings: index % 7,
    url: `https://github.com/acme/api/pull/${index}#pullrequestreview-${2_000_000_000 + index}`,
    alreadyPosted: false,
    usage: new UsageSummary({
      provider: "anthropic",
      model: "claude-sonnet-4-5-20250929",
      usage: new Usage({ input: 12_345 + index, output: 2345 + index, cacheRead: 123_456, cacheWrite: 12_345 }),
      costUsd: 0.123_456,
      calls: 12
    })
  })

it.effect(
  "an ended job keeps at most 300 bytes of the database, with its outcome and what it cost",
  () =>
    Effect.gen(function*() {
      const { figure, queue } = yield* opened
      const pages = Effect.map(
        Effect.all([
          figure("SELECT page_count AS figure FROM pragma_page_count"),
          figure("SELECT freelist_count AS figure FROM pragma_freelist_count"),
          figure("SELECT page_size AS figure FROM pragma_page_size")
        ]),
        ([all, free, size]) => (all - free) * size
      )
      const run = Effect.fnUntraced(function*(index: number) {
        const lane = laneOf(index)
        const job = index % 2 === 0 ? push(lane, randomUUID()) : mention(lane, randomUUID(), "why? ".repeat(300))
        const outcome = outcomeOf(index)
        yield* queue.offer(job)
        yield* queue.settle(Option.getOrThrow(yield* queue.take(lane)), Settlement.cases.Done.make({ outcome }))
        if (index % 100 > 0) return
        assert.deepStrictEqual(Option.getOrThrow(yield* queue.find(job.id)).outcome, Option.some(outcome))
      })
      const before = yield* pages
      const count = 2000
      yield* Effect.forEach(Array.from({ length: count }, (_, index) => index + 1), run, {
        concurrency: 50,
        discard: true
      })
      assert.isAtMost(((yield* pages) - before) / count, 300)
    })
)

/** Calls back with each statement of a table, before it is run. */
const eachStatement = (
  statements: Statements,
  use: (table: JobTable) => void,
  note: (sql: string, parameters: Parameters<Statements["run"]>[1]) => void
): void =>
  use(SqliteJobTable.make({
    run: (sql, parameters) => (note(sql, parameters), statements.run(sql, parameters)),
    get: (row, sql, parameters) => (note(sql, parameters), statements.get(row, sql, parameters)),
    all: (row, sql, parameters) => (note(sql, parameters), statements.all(row, sql, parameters))
  }))

/** Query plan of each statement of a table. */
const plansOf = (statements: Statements, use: (table: JobTable) => void): ReadonlyArray<string> => {
  const plans: Array<string> = []
  eachStatement(statements, use, (sql, parameters) => {
    plans.push(...statements.all(Plan, `EXPLAIN QUERY PLAN ${sql}`, parameters).map(({ detail }) => detail))
  })
  return plans
}

it.effect("no step of the queue and no page of its records reads the jobs through", () =>
  Effect.gen(function*() {
    const { sqlite } = yield* opened
    const plans = yield* sqlite.read("test", (statements) =>
      plansOf(statements, (table) => {
        const lane = laneKey(laneOf(1))
        table.knows({ id: JobId.make("0".repeat(20)), lane, event: "pr_push:0" })
        table.byId("0".repeat(20))
        table.byEvent(lane, "pr_push:0")
        table.active(lane)
        table.payload("0".repeat(20))
        for (const state of ["waiting", "running", "parked"] as const) table.count(state)
        table.waitingSince()
        table.heads(1)
        for (const before of [{}, { before: 9 }]) {
          table.list({ limit: 50, ...before })
          for (const state of ["waiting", "running", "parked", "done", "superseded"] as const) {
            table.list({ limit: 50, state, ...before })
          }
        }
      }))
    assert.isAbove(plans.length, 20)
    assert.deepStrictEqual(plans.filter((detail) => /SCAN (?!CONSTANT ROW)|TEMP B-TREE/.test(detail)), [])
  }))

it.effect("no write of a job makes a temporary table, not even for the list of the states", () =>
  Effect.gen(function*() {
    const { queue, sqlite } = yield* opened
    yield* queue.offer(mention(laneOf(1), "one"))
    const operations: Array<string> = []
    yield* sqlite.transaction("test", (statements) =>
      eachStatement(
        statements,
        (table) => {
          const [row] = table.active(laneKey(laneOf(1)))
          if (row === undefined) return
          table.insert({ ...row, id: JobId.make("0".repeat(20)), position: row.position + 1 }, "")
          table.update({ ...row, state: "running", dueAt: 1 })
          table.update({ ...row, state: "done", endedAt: 1 })
        },
        (sql, parameters) => {
          operations.push(...statements.all(Operation, `EXPLAIN ${sql}`, parameters).map(({ opcode }) => opcode))
        }
      ))
    assert.isAtLeast(operations.filter((opcode) => opcode === "IdxInsert").length, 20)
    assert.notInclude(operations, "OpenEphemeral")
  }))

const usesActive = (plans: ReadonlyArray<string>) =>
  plans.some((detail) => /USING (?:COVERING )?INDEX jobs_active/.test(detail))

/** A queue in which jobs 1 to 700 of lanes of their own were accepted, and those of these numbers are parked. */
const partlyParked = Effect.fnUntraced(function*(isParked: (number: number) => boolean) {
  const { queue, sqlite } = yield* opened
  const jobOf = (number: number) => mention(laneOf(number), `${number}`)
  const all = Array.from({ length: 700 }, (_, index) => jobOf(index + 1))
  yield* queue.offerAll(all)
  const parked = all.filter(({ lane }) => isParked(lane.number)).map(({ id }) => `'${id}'`)
  yield* sqlite.transaction("test", ({ run }) => {
    run(`UPDATE jobs SET state = 'parked', ended_at = 1 WHERE id IN (${parked.join()})`)
    run(`UPDATE job_counts SET number = number - ${parked.length} WHERE state = 'waiting'`)
    run(`UPDATE job_counts SET number = number + ${parked.length} WHERE state = 'parked'`)
  })
  const listed = (use: (table: JobTable) => ReadonlyArray<FoundRow>) =>
    sqlite.read("test", (statements) => {
      let found: ReadonlyArray<FoundRow> = []
      const plans = plansOf(statements, (table) => found = use(table))
      return { plans, found: found.map((one) => Result.getOrThrow(one).delivery) }
    })
  const pageBefore = (number: number) => (table: JobTable) =>
    table.list({ state: "waiting", limit: 2, before: table.byId(jobOf(number).id)?.position ?? 0 })
  return { queue, listed, pageBefore }
})

it.effect("the jobs that wait are listed in their order without reading those that are parked, where these are more", () =>
  Effect.gen(function*() {
    const { listed, pageBefore, queue } = yield* partlyParked((number) => number > 8 || [2, 4, 5, 6].includes(number))
    yield* queue.take(laneOf(1))
    const amongActive = Effect.fnUntraced(function*(use: (table: JobTable) => ReadonlyArray<FoundRow>) {
      const { found, plans } = yield* listed(use)
      assert.isTrue(usesActive(plans))
      return found
    })
    assert.deepStrictEqual(yield* amongActive((table) => table.list({ state: "waiting", limit: 2 })), ["8", "7"])
    assert.deepStrictEqual((yield* listed(pageBefore(7))).found, ["3"])
    assert.deepStrictEqual(yield* amongActive((table) => table.oldestWaiting(2)), ["3", "7"])
  }))

it.effect("a page of jobs that wait does not read all of them where a few more are parked", () =>
  Effect.gen(function*() {
    const { listed, pageBefore } = yield* partlyParked((number) => number % 2 === 0 || number < 5)
    const { found, plans } = yield* listed((table) => table.list({ state: "waiting", limit: 2 }))
    assert.deepStrictEqual([found, usesActive(plans)], [["699", "697"], false])
    const next = yield* listed(pageBefore(697))
    assert.deepStrictEqual([next.found, usesActive(next.plans)], [["695", "693"], false])
    assert.deepStrictEqual((yield* listed(pageBefore(7))).found, ["5"])
  }))

it.effect("a job that waits is in at most six indexes, and no trigger runs", () =>
  Effect.gen(function*() {
    const { sqlite } = yield* opened
    const sqls = (type: string) =>
      sqlite.read("test", (statements) =>
        statements.all(Sql, "SELECT sql FROM sqlite_schema WHERE tbl_name = 'jobs' AND type = :type", { type }))
    const indexes = (yield* sqls("index")).filter(({ sql }) =>
      !/ WHERE (?:ended_at IS NOT NULL|state = 'running')$/.test(sql ?? "")
    )
    assert.isAtMost(indexes.length, 6)
    assert.deepStrictEqual(yield* sqls("trigger"), [])
  }))

it.effect("what a server of the version before did not count is counted by the next clean-up", () =>
  Effect.gen(function*() {
    const { queue, sqlite } = yield* opened
    yield* queue.offer(mention(laneOf(1), "one"))
    yield* queue.offer(mention(laneOf(2), "two"))
    yield* queue.take(laneOf(2))
    yield* sqlite.transaction("test", ({ run }) => run("UPDATE job_counts SET number = 7"))
    yield* TestClock.adjust("1 hour")
    assert.deepInclude(yield* queue.depth, { waiting: 1, running: 1, parked: 0 })
  }))

it.effect("a check fails while the database can take nothing more", () =>
  Effect.gen(function*() {
    const { figure, queue, sqlite } = yield* opened
    const limit = (pages: number) =>
      sqlite.read("test", (statements) => statements.get(Schema.Struct({}), `PRAGMA max_page_count = ${pages}`))
    yield* queue.check
    yield* limit(yield* figure("SELECT page_count AS figure FROM pragma_page_count"))
    const offers = Array.from({ length: 500 }, (_, index) => queue.offer(mention(laneOf(index + 1), `d${index}`)))
    const refused = yield* Effect.flip(Effect.all(offers, { concurrency: 1, discard: true }))
    assert.strictEqual(refused.reason, "full")
    assert.strictEqual((yield* Effect.flip(queue.check)).reason, "full")
    yield* limit(1_000_000)
    yield* queue.check
  }))
