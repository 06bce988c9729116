import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { AgentRunner } from "@nominal-code/agent/AgentRunner"
import { SpendScope } from "@nominal-code/agent/SpendScope"
import type { SpendLimit } from "@nominal-code/domain/SpendLimits"
import { LlmError } from "@nominal-code/llm/LlmError"
import type { LlmRequest } from "@nominal-code/llm/LlmProvider"
import { listedPrices } from "@nominal-code/llm/Pricing"
import * as Redis from "@nominal-code/persistence/Redis"
import { type DailyCosts, nanoOf, Spend, type SpendAccount } from "@nominal-code/persistence/Spend"
import * as SpendMemory from "@nominal-code/persistence/SpendMemory"
import * as SpendRedis from "@nominal-code/persistence/SpendRedis"
import * as SpendSqlite from "@nominal-code/persistence/SpendSqlite"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { emptied, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import {
  Context,
  Deferred,
  Effect,
  Fiber,
  FileSystem,
  Layer,
  Option,
  Random,
  Redacted,
  type Scope,
  Stream
} from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { agentOf, call, says, submit, task, usage } from "./ScriptedModel.ts"

const model = "claude-sonnet-4"
const costOf = (used: ReturnType<typeof usage>) => nanoOf(Option.getOrThrow(listedPrices.costOf(model, used)))
const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, one) => total + one, 0)

/** The review that a call is made for: the names of its accounts, and the signal that its call hangs. */
const CurrentReview = Context.Reference<{
  readonly accounts: ReadonlyArray<string>
  readonly hangs: Effect.Effect<unknown>
}>("test/CurrentReview", { defaultValue: () => ({ accounts: [], hangs: Effect.void }) })

/**
 * A vendor that keeps its own books, by account. It bills what it was sent and wrote, loses some of its answers, refuses
 * some requests, and lets some wait for ever.
 */
const makeVendor = () => {
  const billed = new Map<string, number>()
  const books = { answered: 0, lost: 0 }
  const bill = (accounts: ReadonlyArray<string>, nano: number) => {
    for (const name of accounts) billed.set(name, (billed.get(name) ?? 0) + nano)
  }
  const send = Effect.fnUntraced(function*({ maxOutputTokens, messages, toolChoice }: LlmRequest) {
    const { accounts, hangs } = yield* CurrentReview
    const chance = yield* Random.next
    const fail = (reason: LlmError["reason"]) => new LlmError({ provider: "anthropic", reason, message: reason })
    yield* Effect.sleep(`${yield* Random.nextIntBetween(1, 5)} millis`)
    if (chance < 0.1) return yield* fail("rate-limited")
    // At most the estimate: three characters a token.
    const input = Math.floor(JSON.stringify(messages).length / 4)
    const used = usage({ input, output: yield* Random.nextIntBetween(100, maxOutputTokens) })
    const nano = costOf(used)
    bill(accounts, nano)
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
  return { billed, books, send }
}

const limits: Readonly<Record<Exclude<SpendLimit, "task">, number>> = {
  review: 0.4,
  "pull-request": 0.6,
  repository: 2.5,
  author: 3,
  day: 9
}

const accountsOf = (review: number): ReadonlyArray<SpendAccount> => {
  const account = (kind: Exclude<SpendLimit, "task">, name: number, period: "day" | "life"): SpendAccount => ({
    kind,
    name: `${kind}:${name}`,
    period,
    limit: nanoOf(limits[kind])
  })
  return [
    account("review", review, "life"),
    account("pull-request", Math.floor(review / 2), "life"),
    account("repository", review % 5, "day"),
    account("author", review % 7, "day"),
    account("day", 0, "day")
  ]
}

const total = (costs: ReadonlyArray<DailyCosts>, of: "spent" | "held" | "lost") => sum(costs.map((one) => one[of]))

const reviews = 200

/** Runs reviews side by side, some of which are interrupted, until the money of the day is used up. */
const manyReviews = Effect.gen(function*() {
  const ledger = yield* Spend
  const vendor = makeVendor()
  const review = Effect.fnUntraced(function*(index: number) {
    const accounts = accountsOf(index)
    const hung = yield* Deferred.make<void>()
    const fiber = yield* AgentRunner.use(({ run }) => run(task())).pipe(
      Effect.provideService(CurrentReview, {
        accounts: accounts.map(({ name }) => name),
        hangs: Deferred.succeed(hung, undefined)
      }),
      Effect.provideService(SpendScope, {
        ledger,
        accounts,
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
  for (const [name, nano] of vendor.billed) {
    const kind = accountsOf(0).find((account) => name.startsWith(`${account.kind}:`))?.kind
    assert.isTrue(kind !== undefined && kind !== "task" && nano <= nanoOf(limits[kind]), `${name}: ${nano}`)
  }
  const costs = yield* ledger.costs(0)
  const spent = total(costs, "spent")
  assert.strictEqual(total(costs, "held"), 0)
  assert.strictEqual(spent - total(costs, "lost"), vendor.books.answered)
  assert.isAtLeast(total(costs, "lost"), vendor.books.lost)
  assert.isAtMost(spent, nanoOf(limits.day))
  assert.isAbove(vendor.books.answered, 0)
})

const many = (store: Layer.Layer<Spend, StoreError>) => () =>
  manyReviews.pipe(Effect.provide(Layer.fresh(store)), Random.withSeed("spend"))

/** Kills a process with SIGKILL while its model is asked, and reads its ledger. */
const killed = Effect.fnUntraced(
  function*(place: string, store: Layer.Layer<Spend, StoreError>) {
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    const limit = nanoOf(0.2)
    const child = yield* spawner.spawn(
      ChildProcess.make(process.execPath, [`${import.meta.dirname}/spender.ts`, place, String(limit)])
    )
    yield* child.stdout.pipe(
      Stream.decodeText,
      Stream.splitLines,
      Stream.takeUntil((line) => line === "asked"),
      Stream.runDrain
    )
    yield* child.kill({ killSignal: "SIGKILL" })
    yield* Effect.gen(function*() {
      const ledger = yield* Spend
      const costs = yield* ledger.costs(0)
      assert.deepStrictEqual([total(costs, "spent"), total(costs, "held")], [0, limit])
      const refused = yield* ledger.reserve({
        task: { id: "t", accounts: [{ kind: "day", name: "day", period: "day", limit }] },
        subject: { repository: "r", author: "a", provider: "p", model },
        call: 1,
        ranges: [{ least: 1, most: 1 }]
      })
      assert.strictEqual(refused._tag, "Refused")
    }).pipe(Effect.provide(store))
  },
  Effect.scoped,
  Effect.provide(NodeServices.layer)
)

const directory: Effect.Effect<string, never, Scope.Scope> = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => Effect.orDie(fs.makeTempDirectoryScoped())
).pipe(Effect.provide(NodeServices.layer))

const sqliteAt = (place: string) =>
  Layer.fresh(SpendSqlite.layer).pipe(Layer.provide(Sqlite.layer(place)), Layer.provide(NodeServices.layer))

const title =
  "two hundred reviews at once, with interruptions and lost answers, pass no limit, and the sums are the vendor's"

it.live(`${title} (memory)`, many(SpendMemory.layer))

it.live(`${title} (SQLite)`, many(Layer.unwrap(Effect.map(directory, sqliteAt))))

it.live("the reservation of a killed process counts as spent (SQLite)", () =>
  Effect.flatMap(directory, (place) => killed(place, sqliteAt(place))))

redisSuite("many reviews with their ledger in Redis", () => {
  const server = shared({ aof: false })
  const store = Layer.fresh(SpendRedis.layer).pipe(Layer.provide(NodeServices.layer))

  it.live(`${title} (Redis)`, many(store.pipe(Layer.provide(emptied(server)))))

  it.live("the reservation of a killed process counts as spent (Redis)", () =>
    Effect.gen(function*() {
      const { command, url } = yield* server
      yield* command("flushall")
      yield* killed(Redacted.value(url), store.pipe(Layer.provide(Layer.fresh(Redis.layer(url)))))
    }))

  it.live("a call is two scripts, and all keys have the ledger's hash tag", () =>
    Effect.gen(function*() {
      const { command } = yield* server
      const scripts = Effect.map(
        command("info", "commandstats"),
        (stats) =>
          sum([...String(stats).matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].map(([, calls]) => Number(calls)))
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
