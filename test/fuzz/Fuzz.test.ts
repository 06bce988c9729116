import { assert, describe, it } from "@effect/vitest"
import { Cause, Config, Effect, Exit } from "effect"
import { cpuUsage } from "node:process"
import * as Coverage from "./Coverage.ts"
import { makeRandom, mutated } from "./Mutation.ts"
import { kept, type Parser, parsers } from "./Parsers.ts"

/**
 * Inputs for each reader, and the seed that they are made from: `make fuzz RUNS=20000 SEED=7`. `guided`: an input that
 * takes a new way through our sources is a sample for the next ones.
 */
const settings = Effect.all({
  guided: Config.Boolean("NOMINAL_FUZZ_GUIDED").pipe(Config.withDefault(false)),
  runs: Config.Int("NOMINAL_FUZZ_RUNS").pipe(Config.withDefault(150)),
  seed: Config.Int("NOMINAL_FUZZ_SEED").pipe(Config.withDefault(1))
})

const longest = 20_000
/** Limit of one input, in microseconds of the processor: a busy machine does not count. */
const limit = 1_000_000

const spent = () => {
  const { system, user } = cpuUsage()
  return system + user
}

/** Reads an input. It gets two more tries for the time, since a run may be the one in which memory is collected. */
const trial = Effect.fnUntraced(function*({ name, read }: Parser, input: string, seed: number) {
  const told = `${name}, seed ${seed}: ${JSON.stringify(input.slice(0, 2_000))}`
  let least = Infinity
  for (let tries = 0; tries < 3 && least > limit; tries++) {
    const from = spent()
    const exit = yield* Effect.exit(Effect.suspend(() => read(input)))
    least = Math.min(least, spent() - from)
    if (Exit.isFailure(exit) && Cause.hasDies(exit.cause)) assert.fail(`${told}\n${Cause.pretty(exit.cause)}`)
  }
  assert.isAtMost(least, limit, told)
})

describe("whatever comes from outside", () => {
  for (const parser of parsers) {
    it.live(`as ${parser.name} is read or refused, without a defect and in time`, () =>
      Effect.gen(function*() {
        const { guided, runs, seed } = yield* settings
        const random = makeRandom(seed)
        for (const [name, input] of kept) if (name === parser.name) yield* trial(parser, input, seed)
        for (const sample of parser.samples) yield* trial(parser, sample, seed)
        const coverage = guided
          ? yield* Effect.acquireRelease(Effect.sync(Coverage.start), ({ stop }) => Effect.sync(stop))
          : undefined
        const samples = [...parser.samples]
        for (let run = 0; run < runs; run++) {
          const input = mutated(random, samples, longest)
          yield* trial(parser, input, seed)
          if (coverage?.isNew() === true) samples.push(input)
        }
        if (guided) {
          yield* Effect.logInfo(
            `${parser.name}: ${samples.length - parser.samples.length} of ${runs} inputs took a new way`
          )
        }
      }), 3_600_000)
  }
})
