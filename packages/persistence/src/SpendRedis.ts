import { Usage } from "@nominal-code/domain/model/Usage"
import { Clock, Effect, Layer, Option, Schema } from "effect"
import { Redis } from "./Redis.ts"
import * as RedisScript from "./RedisScript.ts"
import { RedisTime } from "./RedisTime.ts"
import {
  type DailyCosts,
  dayOf,
  keptMillis,
  lifeMillis,
  noCosts,
  Spend,
  type SpendAccount,
  type SpendGrant,
  type SpendRequest,
  type SpendReservation,
  type SpendSettlement,
  type SpendSubject,
  type SpendTask,
  totalOf
} from "./Spend.ts"
import { exhausted as exhaustedOf, holdMillis, oldestDay } from "./SpendTable.ts"
import { StoreError } from "./StoreError.ts"

/*
 * The whole ledger is under one hash tag, so that one script decides about all accounts of a call: they are few and
 * small, and a call of a model takes seconds.
 */
const root = "{nc:spend}"
const holdKey = ({ id }: SpendTask) => `${root}:hold:${id}`
const totalKey = (name: string) => `${root}:total:${name}`
const costsKey = (day: number) => `${root}:costs:${day}`
const noticeKey = (notice: string) => `${root}:notice:${notice}`

/** The names that costs are under, as text. */
const Names = Schema.fromJsonString(Schema.Tuple([Schema.String, Schema.String, Schema.String, Schema.String]))
const decodeNames = Schema.decodeOption(Names)
const decodeUsage = Schema.decodeUnknownOption(Usage)

const namesOf = ({ author, model, provider, repository }: SpendSubject): string =>
  JSON.stringify([repository, author, provider, model])

const Reserved = Schema.Union([
  Schema.Tuple([Schema.Literal(0), Schema.Int]),
  Schema.Tuple([Schema.Literal(1), Schema.FiniteFromString, Schema.Int, Schema.Int, Schema.Int]),
  Schema.Tuple([Schema.Literal(2), Schema.Int])
])
const Settled = Schema.Literals([0, 1])
const Fields = Schema.Record(Schema.String, Schema.String)
const Totals = Schema.Array(Schema.NullOr(Schema.FiniteFromString))
const Claimant = Schema.NullOr(Schema.String)

/** Costs out of a field of a day's hash; none if it cannot be read. */
const costsOf = (day: number, [field, text]: readonly [string, string]): Option.Option<DailyCosts> =>
  Option.flatMap(decodeNames(field), ([repository, author, provider, model]) => {
    const sums = text.split(" ").map(Number)
    if (!sums.every(Number.isSafeInteger)) return Option.none()
    const [
      spent = 0,
      held = 0,
      lost = 0,
      calls = 0,
      unpriced = 0,
      input = 0,
      output = 0,
      cacheRead = 0,
      cacheWrite = 0
    ] = sums
    const subject = { repository, author, provider, model }
    return Option.map(
      decodeUsage({ input, output, cacheRead, cacheWrite }),
      (usage) => ({ day, subject, spent, held, lost, calls, unpriced, usage })
    )
  })

/** Costs of one day. What cannot be read of them hides no others, and is told. */
const dailyCosts = Effect.fnUntraced(function*(day: number, fields: typeof Fields.Type) {
  const found: Array<DailyCosts> = []
  for (const field of Object.entries(fields)) {
    const costs = costsOf(day, field)
    if (Option.isSome(costs)) found.push(costs.value)
    else yield* Effect.logWarning(`costs that cannot be read are left out: ${costsKey(day)} has ${field.join(": ")}`)
  }
  return found
})

/** Number of tries to name the day of Redis' clock. It changes once a day. */
const maxTries = 5

/** Number of days whose costs are read at once. */
const daysAtOnce = 20

const make = Effect.gen(function*() {
  const redis = yield* Redis
  const time = yield* RedisTime
  const folder = new URL("lua/", import.meta.url)
  const reserveScript = yield* RedisScript.load(folder, ["spendCosts", "spendReserve"])
  const settleScript = yield* RedisScript.load(folder, ["spendCosts", "spendSettle"])
  // The day of Redis' clock when it was asked last.
  let today = dayOf(yield* Clock.currentTimeMillis)

  const reserve = Effect.fn("Spend.reserve")(
    function*(request: SpendRequest): Effect.fn.Return<SpendGrant, StoreError> {
      const { call, held = { day: today, subject: request.subject }, ranges, subject, task } = request
      const { accounts } = task
      for (let round = 0; round < maxTries; round++) {
        const day = today
        const keys = [
          holdKey(task),
          costsKey(day),
          costsKey(held.day),
          ...accounts.flatMap((account) => [totalKey(totalOf(account, day)), totalKey(totalOf(account, held.day))])
        ]
        const reply = yield* redis.run("Spend.reserve", Reserved, reserveScript, keys, [
          Option.getOrElse(yield* time, () => ""),
          day,
          call,
          holdMillis,
          keptMillis,
          namesOf(subject),
          namesOf(held.subject),
          ranges.length,
          ...ranges.flatMap(({ least, most }) => [least, most]),
          ...accounts.flatMap((account) => [account.limit ?? "", lifeMillis(account)])
        ])
        if (reply[0] === 2) {
          const tightest = accounts[reply[1] - 1]
          if (tightest === undefined) break
          return { _tag: "Refused", tightest, day }
        }
        if (reply[0] === 1) {
          const [, amount, range, day, place] = reply
          const tightest = accounts[place - 1]
          return { _tag: "Granted", amount, range, day, ...(tightest === undefined ? {} : { tightest }) }
        }
        today = reply[1]
      }
      return yield* new StoreError({
        operation: "Spend.reserve",
        message: "the ledger's day could not be found out",
        reason: "unavailable"
      })
    }
  )

  const end = (operation: string, settlement: Omit<SpendSettlement, "call"> & { readonly call: number | "" }) => {
    const { call, costs: { calls, lost, spent, unpriced, usage }, day, keep, subject, task } = settlement
    const { accounts } = task
    const keys = [holdKey(task), costsKey(day), ...accounts.map((account) => totalKey(totalOf(account, day)))]
    return Effect.asVoid(redis.run(operation, Settled, settleScript, keys, [
      day,
      call,
      keep,
      holdMillis,
      keptMillis,
      namesOf(subject),
      spent,
      lost,
      calls,
      unpriced,
      usage.input,
      usage.output,
      usage.cacheRead,
      usage.cacheWrite,
      ...accounts.map(lifeMillis)
    ]))
  }

  const exhausted = Effect.fn("Spend.exhausted")(
    function*(accounts: ReadonlyArray<SpendAccount>, amount: number) {
      const limited = accounts.filter(({ limit }) => limit !== undefined)
      if (limited.length === 0) return Option.none()
      // Without a clock of its own, the ledger's day is the newest that is known.
      const here = Math.max(today, dayOf(yield* Clock.currentTimeMillis))
      const day = Option.match(yield* time, { onNone: () => here, onSome: dayOf })
      const keys = limited.map((account) => totalKey(totalOf(account, day)))
      const totals = yield* redis.send("Spend.exhausted", Totals, ["mget", ...keys])
      return exhaustedOf(limited, amount, (account) => totals[limited.indexOf(account)] ?? 0)
    }
  )

  const claimNotice = Effect.fn("Spend.claimNotice")(function*(notice: string, claimant: string) {
    const key = noticeKey(notice)
    const command = ["set", key, claimant, "NX", "GET", "PX", keptMillis] as const
    const before = yield* redis.send("Spend.claimNotice", Claimant, command)
    return before === null || before === claimant
  })

  const costs = Effect.fn("Spend.costs")(function*(since: number) {
    const now = Option.getOrElse(yield* time, () => Number.NaN)
    const last = Number.isNaN(now) ? Math.max(today, dayOf(yield* Clock.currentTimeMillis)) + 1 : dayOf(now)
    const first = Math.max(since, oldestDay(last * 86_400_000))
    const days = Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at)
    const read = (day: number) =>
      Effect.flatMap(redis.send("Spend.costs", Fields, ["hgetall", costsKey(day)]), (fields) => dailyCosts(day, fields))
    return (yield* Effect.forEach(days, read, { concurrency: daysAtOnce })).flat()
  })

  return Spend.of({
    reserve,
    settle: Effect.fn("Spend.settle")((settlement: SpendSettlement) => end("Spend.settle", settlement)),
    release: Effect.fn("Spend.release")((task: SpendTask, held: SpendReservation) =>
      end("Spend.release", { ...held, task, call: "", costs: noCosts, keep: 0 })
    ),
    exhausted,
    claimNotice,
    costs
  })
})

/** The ledger that all servers and Jobs share. */
export const layer = Layer.effect(Spend, make)
