import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { AgentRunner } from "@nominal-code/agent/AgentRunner"
import { SpendScope } from "@nominal-code/agent/SpendScope"
import { LlmError } from "@nominal-code/llm/LlmError"
import type { LlmRequest } from "@nominal-code/llm/LlmProvider"
import * as Redis from "@nominal-code/persistence/Redis"
import { Spend } from "@nominal-code/persistence/Spend"
import * as SpendMemory from "@nominal-code/persistence/SpendMemory"
import * as SpendRedis from "@nominal-code/persistence/SpendRedis"
import * as SpendSqlite from "@nominal-code/persistence/SpendSqlite"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { emptied, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Context, Deferred, Effect, Fiber, FileSystem, Layer, Random, Redacted, type Scope } from "effect"
import { agentOf, call, says, submit, task, usage } from "./ScriptedModel.ts"
import { spendOfProcesses } from "./SpendOfProcesses.ts"
import { accountsOf, bill, costOf, dayLimit, noBooks, overdrawn, reviews, total } from "./SpendWorld.ts"

/** The review that a call is made for: its number, and the signal that its call hangs. */
const CurrentReview = Context.Reference<{
  readonly number: number
  readonly hangs: Effect.Effect<unknown>
}>("test/CurrentReview", { defaultValue: () => ({ number: 0, hangs: Effect.void }) })

/**
 * A vendor that keeps its own books, by account. It bills what it was sent and wrote, loses some of its answers, refuses
 * some requests, and lets some wait for ever.
 */
const makeVendor = () => {
  const books = noBooks()
  const send = Effect.fnUntraced(function*({ maxOutputTokens, messages, toolChoice }: LlmRequest) {
    const { hangs, number } = yield* CurrentReview
    const chance = yield* Random.next
    const fail = (reason: LlmError["reason"]) => new LlmError({ provider: "anthropic", reason, message: reason })
    yield* Effect.sleep(`${yield* Random.nextIntBetween(1, 5)} millis`)
    if (chance < 0.1) return yield* fail("rate-limited")
    // At most the estimate: three characters a token.
    const input = Math.floor(JSON.stringify(messages).length / 4)
    const used = usage({ input, output: yield* Random.nextIntBetween(100, maxOutputTokens) })
    const nano = costOf(used)
    bill(books, number, nano)
    if (chance < 0.15) {
      books.lost += nano
      return yield* fail("timeout")
    }
    if (chance < 0.2) {
      books.lost += nano
      return yield* Effect.andThen(hangs, Effect.never)
    }
    books.answered += nano
    const isOver = toolChoice === "required" || (yield* Random.next) < 0.4
    return says([isOver ? submit() : call("Read")], { usage: used })
  })
  return { books, send }
}

/** Runs reviews side by side, some of which are interrupted, until the money of the day is used up. */
const manyReviews = Effect.gen(function*() {
  const ledger = yield* Spend
  const vendor = makeVendor()
  const review = Effect.fnUntraced(function*(index: number) {
    const hung = yield* Deferred.make<void>()
    const fiber = yield* AgentRunner.use(({ run }) => run(task())).pipe(
      Effect.provideService(CurrentReview, {
        number: index,
        hangs: Deferred.succeed(hung, undefined)
      }),
      Effect.provideService(SpendScope, {
        ledger,
        accounts: accountsOf(index),
        subject: { repository: `github:acme/${index % 5}`, author: `github:${index % 7}` },
        prices: {}
      }),
      Effect.exit,
      Effect.forkChild
    )
    yield* Effect.raceFirst(Fiber.await(fiber), Deferred.await(hung))
    yield* Fiber.interrupt(fiber)
  })
  yield* Effect.forEach(Array.from({ length: reviews }, (_, index) => index), review, { concurrency: reviews }).pipe(
    Effect.provide(agentOf(vendor.send))
  )
  assert.deepStrictEqual(overdrawn(vendor.books), [])
  const costs = yield* ledger.costs(0)
  const spent = total(costs, "spent")
  assert.strictEqual(total(costs, "held"), 0)
  assert.strictEqual(spent - total(costs, "lost"), vendor.books.answered)
  assert.isAtLeast(total(costs, "lost"), vendor.books.lost)
  assert.isAtMost(spent, dayLimit)
  assert.isAbove(vendor.books.answered, 0)
})

const many = (store: Layer.Layer<Spend, StoreError>) => () =>
  manyReviews.pipe(Effect.provide(Layer.fresh(store)), Random.withSeed("spend"))

const directory: Effect.Effect<string, never, Scope.Scope> = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => Effect.orDie(fs.makeTempDirectoryScoped())
).pipe(Effect.provide(NodeServices.layer))

const sqliteAt = (place: string) =>
  Layer.fresh(SpendSqlite.layer).pipe(Layer.provide(Sqlite.layer(place)), Layer.provide(NodeServices.layer))

const inOne =
  "two hundred reviews at once, with interruptions and lost answers, pass no limit, and the sums are the vendor's"
const inThree =
  "two hundred reviews of three processes, of which two are killed, pass no limit, and lose nothing of the vendor's bill"

it.live(inOne, many(SpendMemory.layer))

it.live(
  `${inThree} (SQLite)`,
  () => Effect.flatMap(directory, (place) => spendOfProcesses(place, sqliteAt(place))),
  60_000
)

redisSuite("many reviews with their ledger in Redis", () => {
  const server = shared({ aof: false })
  const store = Layer.fresh(SpendRedis.layer).pipe(Layer.provide(NodeServices.layer))

  it.live(`${inThree} (Redis)`, () =>
    Effect.gen(function*() {
      const { command, url } = yield* server
      yield* command("flushall")
      yield* spendOfProcesses(Redacted.value(url), store.pipe(Layer.provide(Layer.fresh(Redis.layer(url)))))
    }), 60_000)

  it.live("a call is two scripts, and all keys have the ledger's hash tag", () =>
    Effect.gen(function*() {
      const { command } = yield* server
      const scripts = Effect.map(
        command("info", "commandstats"),
        (stats) =>
          [...String(stats).matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce(
            (sum, [, calls]) => sum + Number(calls),
            0
          )
      )
      const ledger = yield* Spend
      const run = (turns: number) => {
        let turn = 0
        const agent = agentOf(() => Effect.sync(() => says([++turn === turns ? submit() : call("Read")])))
        return AgentRunner.use(({ run }) => run(task())).pipe(
          Effect.provide(agent),
          Effect.provideService(SpendScope, {
            ledger,
            accounts: accountsOf(1),
            subject: { repository: "github:acme/api", author: "github:alice" },
            prices: {}
          })
        )
      }
      yield* run(1)
      const before = yield* scripts
      yield* run(3)
      // Two for each call, and one that gives back what was held for another one.
      assert.strictEqual((yield* scripts) - before, 7)
      const keys = (yield* command("keys", "*")) as ReadonlyArray<string>
      assert.deepStrictEqual(keys.filter((key) => !key.startsWith("{nc:spend}:")), [])
    }).pipe(Effect.provide(store.pipe(Layer.provide(emptied(server))))))
})
