import { Effect } from "effect"
import { type Figure, ratio } from "./Figure.ts"
import * as Load from "./Load.ts"
import * as Program from "./Program.ts"
import * as Reference from "./Reference.ts"
import { median, percentile, type Samples } from "./Samples.ts"
import * as Stage from "./Stage.ts"

const runs = 3
const warmUp = 300
const atOnce = 16
const flatOut: Load.Pace = { _tag: "FlatOut", atOnce }
const flatOutCount = 600
const perSecond = 100
const steady: Load.Pace = { _tag: "Steady", perSecond }
const steadyCount = 200

// What GitHub takes to answer, roughly.
const forgeLatency = "100 millis"

/** Answers of one server. Latencies are in milliseconds. */
interface Answered {
  readonly rate: number
  readonly busy: { readonly p50: number; readonly p99: number }
  readonly calm: { readonly p50: number; readonly p99: number }
}

const percentiles = ({ millis }: Load.Acknowledged) => ({ p50: median(millis), p99: percentile(millis, 0.99) })

const answered = Effect.fnUntraced(function*(stage: Stage.Stage, url: string) {
  stage.rewind()
  yield* Load.send(stage.volley(url, warmUp, flatOut))
  const busy = yield* Load.send(stage.volley(url, flatOutCount, flatOut))
  const calm = yield* Load.send(stage.volley(url, steadyCount, steady))
  return { rate: flatOutCount / busy.seconds, busy: percentiles(busy), calm: percentiles(calm) }
})

const ofReference = Effect.fnUntraced(function*(stage: Stage.Stage) {
  return yield* answered(stage, yield* Reference.server(Stage.secret))
}, Effect.scoped)

const ofServe = Effect.fnUntraced(function*(stage: Stage.Stage, program: Program.Program) {
  const { faults } = stage.emulator
  const { webhook } = yield* Stage.occupied(stage, program)
  faults.next({ path: /./, times: Infinity }, { _tag: "Delay", by: forgeLatency })
  return yield* Effect.ensuring(answered(stage, webhook), Effect.sync(() => faults.clear()))
}, Effect.scoped)

/** Its forge takes every request and never answers, from the first moment on. */
const ofServeAlone = Effect.fnUntraced(function*(stage: Stage.Stage, program: Program.Program) {
  const { origin } = yield* Stage.silent
  const environment = yield* Stage.environment({ forge: `${origin}/api/v3`, token: "bench", model: origin })
  const { webhook } = yield* Program.serve(program, environment)
  return yield* answered(stage, webhook)
}, Effect.scoped)

const run = Effect.fnUntraced(function*(stage: Stage.Stage, program: Program.Program) {
  return {
    reference: yield* ofReference(stage),
    serve: yield* ofServe(stage, program),
    alone: yield* ofServeAlone(stage, program)
  }
})

const bare = "a bare server"
const busy = `${atOnce} at a time`
const calm = `${perSecond} a second`

/** Measures the time to acknowledge a delivery, also while the forge does not answer. */
export const measure = Effect.fn("Acknowledge.measure")(function*(program: Program.Program) {
  const stage = yield* Stage.make(warmUp + flatOutCount + steadyCount)
  const all = yield* Effect.replicateEffect(run(stage, program), runs)
  const of = (pick: (answered: Answered) => number) => ({
    reference: all.map(({ reference }) => pick(reference)),
    serve: all.map(({ serve }) => pick(serve)),
    alone: all.map(({ alone }) => pick(alone))
  })
  const toBare = (name: string, unit: string, { reference, serve }: { reference: Samples; serve: Samples }) =>
    ratio({ name, unit, against: bare }, serve, reference)
  const rate = of(({ rate }) => rate)
  const p99 = of(({ calm }) => calm.p99)
  const figures: ReadonlyArray<Figure> = [
    toBare(`acknowledged per second, ${busy}`, "/s", rate),
    toBare(`p50, ${busy}`, "ms", of(({ busy }) => busy.p50)),
    toBare(`p99, ${busy}`, "ms", of(({ busy }) => busy.p99)),
    toBare(`p50, ${calm}`, "ms", of(({ calm }) => calm.p50)),
    toBare(`p99, ${calm}`, "ms", p99),
    ratio({ name: `p99, ${calm}, forge silent`, unit: "ms", against: "forge answering" }, p99.alone, p99.serve),
    ratio(
      { name: `acknowledged per second, ${busy}, forge silent`, unit: "/s", against: "forge answering" },
      rate.alone,
      rate.serve
    )
  ]
  return figures
}, Effect.scoped)
