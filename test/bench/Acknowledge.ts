import * as RedisServer from "@nominal-code/testing/RedisServer"
import { Effect, Redacted } from "effect"
import * as Cpu from "./Cpu.ts"
import { type Figure, NotMeasured, ratio } from "./Figure.ts"
import * as Load from "./Load.ts"
import type { Pace } from "./Pace.ts"
import * as Program from "./Program.ts"
import * as Reference from "./Reference.ts"
import { median, percentile, type Samples } from "./Samples.ts"
import * as Stage from "./Stage.ts"

const rounds = 5
const warmUp = 1000
const atOnce = 50
const flatOut: Pace = { _tag: "FlatOut", atOnce }
const flatOutCount = 1500
const perSecond = 500
const steady: Pace = { _tag: "Steady", perSecond }
const steadyCount = 500

// What GitHub takes to answer, roughly.
const forgeLatency = "100 millis"

/** A server that acknowledges deliveries. */
interface Server {
  readonly webhook: string
  readonly pid: number
}

/** Measurements of one server in one round. Times are in milliseconds, CPU time in microseconds for a delivery. */
interface AcknowledgeFigures {
  readonly rate: number
  readonly cpu: number
  readonly busy: number
  readonly calm: { readonly p50: number; readonly p99: number }
}

/** Measures a server once. */
const answered = Effect.fnUntraced(function*({ pid }: Server, next: Next) {
  const before = yield* Cpu.used(pid)
  const busy = yield* Load.send(next(flatOutCount, flatOut))
  const cpu = (yield* Cpu.used(pid)) - before
  const calm = yield* Load.send(next(steadyCount, steady))
  const answered: AcknowledgeFigures = {
    rate: flatOutCount / busy.seconds,
    cpu: (1000 * cpu) / flatOutCount,
    busy: percentile(busy.millis, 0.99),
    calm: { p50: median(calm.millis), p99: percentile(calm.millis, 0.99) }
  }
  return answered
})

type Next = ReturnType<Stage.Stage["volleys"]>

/** Makes the measurement of a server. It is warm then: what it compiles, it has compiled. */
const meter = (stage: Stage.Stage, server: Server) => {
  const next = stage.volleys(server.webhook)
  return Effect.as(Load.send(next(warmUp, flatOut)), answered(server, next))
}

const redisServer = Effect.mapError(
  RedisServer.start(),
  ({ message }) => new NotMeasured({ message: `redis-server is needed: ${message}` })
)

/** `serve` on either store. Its forge takes as long as GitHub for each answer. */
const serves = Effect.fnUntraced(function*(stage: Stage.Stage, program: Program.Program) {
  const { url } = yield* redisServer
  return {
    sqlite: yield* Stage.occupied(stage, program),
    redis: yield* Stage.occupied(stage, program, { REDIS_URL: Redacted.value(url) })
  }
})

/** A `serve` whose forge takes every request and never answers, from the first moment on. */
const servesAlone = Effect.fnUntraced(function*(program: Program.Program) {
  const { origin } = yield* Stage.silent
  const environment = yield* Stage.environment({ forge: `${origin}/api/v3`, token: "bench", model: origin })
  return yield* Program.serve(program, environment)
})

/** All servers at once, each measured in turn: what disturbs the machine disturbs them all. */
const measured = Effect.fnUntraced(function*(program: Program.Program, others: ReadonlyArray<Program.Program>) {
  const stage = yield* Stage.make(warmUp + rounds * (flatOutCount + steadyCount))
  const ours = yield* Effect.forEach([program, ...others], (program) => serves(stage, program), { concurrency: 1 })
  const alone = yield* servesAlone(program)
  const servers = [
    yield* Reference.sqliteServer(Stage.secret),
    yield* Reference.redisServer((yield* redisServer).url, Stage.secret),
    alone,
    ...ours.flatMap(({ redis, sqlite }) => [sqlite, redis])
  ]
  stage.emulator.faults.next({ path: /./, times: Infinity }, { _tag: "Delay", by: forgeLatency })
  const meters = yield* Effect.forEach(servers, (server) => meter(stage, server), { concurrency: 1 })
  const round = Effect.all(meters, { concurrency: 1 })
  const all = yield* Effect.replicateEffect(round, rounds)
  return (index: number) => (pick: (answered: AcknowledgeFigures) => number): Samples =>
    all.map((answers) => {
      const answered = answers[index]
      return answered === undefined ? NaN : pick(answered)
    })
})

type Column = (pick: (answered: AcknowledgeFigures) => number) => Samples

const flat = `${atOnce} at a time`
const calm = `${perSecond} a second`

const compared = (store: string, against: string, ours: Column, theirs: Column): ReadonlyArray<Figure> => {
  const figure = (name: string, unit: string, pick: (answered: AcknowledgeFigures) => number) =>
    ratio({ name: `${name}, ${store}`, unit, against }, ours(pick), theirs(pick))
  return [
    figure(`acknowledged per second, ${flat}`, "/s", ({ rate }) => rate),
    figure("CPU time per delivery", "µs", ({ cpu }) => cpu),
    figure(`p99, ${flat}`, "ms", ({ busy }) => busy),
    figure(`p50, ${calm}`, "ms", ({ calm }) => calm.p50),
    figure(`p99, ${calm}`, "ms", ({ calm }) => calm.p99)
  ]
}

/** Measures the acknowledgement of deliveries on either store, and of another checkout if one is given. */
export const measure = Effect.fn("Acknowledge.measure")(function*(
  program: Program.Program,
  others: ReadonlyArray<Program.Program>
) {
  const column = yield* measured(program, others)
  const [bareSqlite, bareRedis, alone] = [column(0), column(1), column(2)]
  const toOthers = others.flatMap(({ name }, index) => [
    ...compared("SQLite", name, column(3), column(5 + 2 * index)),
    ...compared("Redis", name, column(4), column(6 + 2 * index))
  ])
  return [
    ...compared("SQLite", "a bare server", column(3), bareSqlite),
    ...compared("Redis", "a bare server", column(4), bareRedis),
    ...compared("forge silent", "forge answering", alone, column(3)),
    ...toOthers
  ]
}, Effect.scoped)
