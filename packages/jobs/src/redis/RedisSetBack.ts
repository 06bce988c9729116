import { Redis } from "@nominal-code/persistence/Redis"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Array, Duration, Effect, Schema } from "effect"
import { randomBytes } from "node:crypto"
import * as ClockWatch from "../lane/ClockWatch.ts"
import type { ShardKeys } from "./RedisKeys.ts"

/** By how many milliseconds Redis' clock may be set between two looks: the second one reaches back far enough. */
const clockTolerance = 30_000

/** The same since a queue was used last. Numbers are ahead of the time where many were given in a moment. */
const clockToleranceAtStart = 600_000

/** Numbers that may be given until a server starts that need not repair a step: as many as milliseconds, at least. */
const numbersUntilSeen = 120_000

/** Number of lanes whose waits are shortened together. */
const lanesAtOnce = 250

/** Time after which another server goes on where the one that shortens waits has stopped. */
const claimMillis = 120_000

const StoredText = Schema.NullOr(Schema.String)
const StoredNumber = Schema.NullOr(Schema.FiniteFromString)

/** Shortens the waits of some lanes because the clock was set back by so many milliseconds. Returns how many jobs'. */
export type ShortenWaits = (lanes: ReadonlyArray<string>, setBack: number) => Effect.Effect<number, StoreError>

/** Note of the last step back that was repaired. */
interface RepairNote {
  /** The last number that was given before. */
  readonly number: number
  readonly step: string
  /** The last lane whose waits were shortened, in the order of their names; undefined once all were. */
  readonly lane: string | undefined
}

/** `"<number> <step>"`, with a lane behind it while there are more. */
const note = /^(\d+) ([\w-]+)(?: (\S*))?$/

const noteOf = (text: string): RepairNote | undefined => {
  const [found, number, step = "", lane] = note.exec(text) ?? []
  return found === undefined ? undefined : { number: Number(number), step, lane }
}

/** Answer of a look, and when it was asked for. */
interface Look {
  readonly time: number
  readonly note: string
  readonly asked: number
}

/** Watch of a shard's clock. Where it was set back, one of the servers shortens the waits that began before. */
export interface RedisSetBack {
  /** Takes a look's answer. True if the clock was set since the last one: all lanes have to be read. */
  readonly hear: (look: Look) => Effect.Effect<boolean, StoreError>
  /**
   * Shortens the waits of all lanes, these, where it is still to be done. True if another server is at it: this one has to
   * look at all lanes again, because that one may die.
   */
  readonly shorten: (lanes: ReadonlyArray<string>) => Effect.Effect<boolean, StoreError>
}

/** Makes the function that makes the watch of a shard's clock. */
export const make = Effect.fnUntraced(function*(shortenWaits: ShortenWaits) {
  const redis = yield* Redis
  const self = randomBytes(6).toString("base64url")
  const operation = "JobQueue.shortenWaits"

  /** A full Redis takes no note: each server shortens the waits then. */
  const unlessFull = <A>(sent: Effect.Effect<A, StoreError>) =>
    Effect.catchIf(sent, ({ reason }) => reason !== "unavailable", () => Effect.succeed(null))
  const write = (...command: readonly [string, string, ...ReadonlyArray<string | number>]) =>
    unlessFull(redis.send(operation, StoredText, command))

  return (keys: ShardKeys): RedisSetBack => {
    const clock = ClockWatch.make()
    /** The note as it was at the last look. */
    let known = ""
    /** Milliseconds by which the clock was set back, where the waits are still to be shortened, and the note before. */
    let setBack = 0
    let noteBefore: string | undefined
    let isAtIt = false

    const lastNumber = Effect.map(redis.send(operation, StoredNumber, ["get", keys.tick]), (last) => last ?? 0)

    const hear = Effect.fnUntraced(function*({ asked, note, time }: Look) {
      const step = clock.hear(time, asked, yield* ClockWatch.elapsed)
      const before = known
      known = note
      if (step === undefined) {
        const ahead = (yield* lastNumber) - time
        setBack = ahead > clockToleranceAtStart ? ahead : 0
        return false
      }
      if (Math.abs(step) <= clockTolerance) return false
      if (setBack === 0) noteBefore = before
      setBack = Math.max(0, setBack - step)
      return true
    })

    /** True if a note is about the step that this server has seen. */
    const isOfStep = ({ number, step }: RepairNote, last: number) =>
      noteBefore === undefined
        ? last >= number && last - number <= numbersUntilSeen
        : step !== noteOf(noteBefore)?.step

    /** True if no other server has the claim: this one has it then, and may lose it if it is held up for as long. */
    const claim = Effect.map(
      write("set", keys.setBackClaim, self, "NX", "GET", "PX", claimMillis),
      (holder) => holder === null || holder === self
    )

    const release = Effect.flatMap(
      redis.send(operation, StoredText, ["get", keys.setBackClaim]),
      (holder) => holder === self ? redis.send(operation, Schema.Int, ["del", keys.setBackClaim]) : Effect.void
    )

    /** Shortens what is left to shorten. False if another server has taken over. */
    const shortenFrom = Effect.fnUntraced(function*(lanes: ReadonlyArray<string>) {
      const last = yield* lastNumber
      const noted = noteOf((yield* unlessFull(redis.send(operation, StoredText, ["get", keys.setBack]))) ?? "")
      const isSame = noted !== undefined && isOfStep(noted, last)
      if (isSame && noted.lane === undefined) return true
      const { lane: from = "", number, step } = isSame
        ? noted
        : { number: last, step: randomBytes(6).toString("base64url"), lane: "" }
      let shortened = 0
      for (const some of Array.chunksOf(lanes.filter((lane) => lane > from).sort(), lanesAtOnce)) {
        if (!(yield* claim)) return false
        shortened += yield* shortenWaits(some, setBack)
        yield* write("set", keys.setBack, `${number} ${step} ${some.at(-1) ?? ""}`)
      }
      known = `${number} ${step}`
      yield* write("set", keys.setBack, known)
      if (shortened === 0) return true
      const by = Duration.format(Duration.seconds(Math.round(setBack / 1_000)))
      yield* Effect.logWarning(`Redis' clock was set back by ${by}: ${shortened} job(s) that wait do so for no longer`)
      return true
    })

    const shorten = Effect.fnUntraced(function*(lanes: ReadonlyArray<string>) {
      if (!(yield* claim)) return true
      // One that ends meanwhile leaves the rest to another at once.
      if (!(yield* Effect.ensuring(shortenFrom(lanes), Effect.ignore(release)))) return true
      setBack = 0
      noteBefore = undefined
      return false
    })

    return {
      hear,
      shorten: (lanes) =>
        Effect.suspend(() => {
          if (setBack === 0) return Effect.succeed(false)
          if (isAtIt) return Effect.succeed(true)
          isAtIt = true
          return Effect.ensuring(shorten(lanes), Effect.sync(() => isAtIt = false))
        })
    }
  }
})
