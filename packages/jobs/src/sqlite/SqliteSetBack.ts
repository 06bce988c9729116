import type { Sqlite, Statements } from "@nominal-code/persistence/Sqlite"
import { Clock, Duration, Effect, FileSystem, Schema } from "effect"
import { QueueLimits } from "../JobQueue.ts"
import * as ClockWatch from "../lane/ClockWatch.ts"
import * as LeaseRules from "../lane/LeaseRules.ts"
import * as SqliteJobTable from "./SqliteJobTable.ts"
import type { SqliteLaneCache } from "./SqliteLaneCache.ts"

const Value = Schema.Struct({ value: Schema.String })
const Lane = Schema.Struct({ lane: Schema.String })

/** Milliseconds by which a clock may be corrected without a consequence. */
const clockTolerance = 60_000

/** Milliseconds for which a process waits for the file, at most. A note that is later than that is older than the machine's start. */
const longestWait = 60_000

const longWaits = `SELECT DISTINCT lane FROM jobs INDEXED BY jobs_due
  WHERE due_at > 0 AND state IN ('waiting', 'running') AND due_at > ?`

/** File with the name of the machine's start, on Linux: its clock that is never set begins anew with each. */
const startFile = "/proc/sys/kernel/random/boot_id"

/** Note of the clock, for processes that start after this one has ended: `START AHEAD AT`. */
interface ClockNote {
  /** Name of the machine's start. */
  readonly start: string
  /** Milliseconds by which the time is ahead of the clock that is never set. */
  readonly ahead: number
  /** Instant of the note, by that clock. */
  readonly at: number
}

const clockNote = /^(\S+) (-?\d+) (\d+)$/

const clockNoteOf = (text = ""): ClockNote | undefined => {
  const [found, start = "", ahead, at] = clockNote.exec(text) ?? []
  return found === undefined ? undefined : { start, ahead: Number(ahead), at: Number(at) }
}

const readClock = (statements: Statements): ClockNote | undefined =>
  clockNoteOf(statements.get(Value, "SELECT value FROM installation WHERE name = 'clock'")?.value)

/** Notes the clock. Where no start has a name, nobody could tell one from the other. */
const writeClock = (statements: Statements, { ahead, at, start }: ClockNote): void => {
  if (start === "") return
  statements.run("INSERT OR REPLACE INTO installation (name, value) VALUES ('clock', :note)", {
    note: `${start} ${ahead} ${at}`
  })
}

/** Makes the repair of what waits or is leased after the machine's clock was set back. */
export const make = Effect.fnUntraced(function*(sqlite: Sqlite["Service"], lanes: SqliteLaneCache) {
  const leaseMillis = Duration.toMillis((yield* QueueLimits).leaseDuration)
  const start = yield* (yield* FileSystem.FileSystem).readFileString(startFile).pipe(
    Effect.map((text) => text.trim()),
    Effect.orElseSucceed(() => "")
  )
  const watch = ClockWatch.make()
  /** Instant of this process' last look, by the clock that all processes of the machine share and that is never set. */
  let lookedAt = -1
  /** By how many milliseconds the clock was set back since an instant of that clock, where waits are still to be shortened. */
  let setBack = 0
  let setBackSince = 0
  let hasLooked = false

  const warn = (jobs: number, what: string) =>
    jobs === 0 ? Effect.void : Effect.logWarning(`the clock was set back: ${jobs} waiting job(s) ${what}`)

  /** Shortens waits and leases, unless another process on the file has done so because of the same step. */
  const shorten = Effect.fnUntraced(function*(now: number, at: number) {
    const shortened = yield* sqlite.transaction("SqliteQueue.setBack", (statements) => {
      lanes.clear()
      const noted = statements.get(Value, "SELECT value FROM installation WHERE name = 'clock_set_back'")
      const notedAt = Number(noted?.value ?? NaN)
      if (notedAt > setBackSince && notedAt <= at + longestWait) return 0
      statements.run("INSERT OR REPLACE INTO installation (name, value) VALUES ('clock_set_back', :at)", {
        at: String(at)
      })
      writeClock(statements, { start, ahead: now - at, at })
      const table = SqliteJobTable.make(statements)
      return statements.all(Lane, longWaits, [now + setBack / 2])
        .reduce((sum, { lane }) => sum + LeaseRules.shorten(table, lane, now, { leaseMillis, setBack }), 0)
    })
    setBack = 0
    yield* warn(shortened, "wait for no longer")
    return shortened > 0
  })

  /** Ends the waits that began later than now: the clock was set back, and would let them wait for as much longer. */
  const endWaitsOfTheFuture = Effect.fnUntraced(function*(now: number) {
    const ended = yield* sqlite.transaction("SqliteQueue.setBack", (statements) => {
      lanes.clear()
      return statements.run(
        "UPDATE jobs SET due_at = 0 WHERE state = 'waiting' AND due_at > :now AND coalesce(waits_since, since) > :later",
        { now, later: now + clockTolerance }
      )
    })
    hasLooked = true
    yield* warn(ended, "are tried again now")
  })

  /** Takes up where the last process has noted the clock: it may have been set back while none looked. */
  const takeUp = Effect.fnUntraced(function*(now: number, at: number) {
    const ahead = now - at
    const noted = yield* sqlite.read("SqliteQueue.setBack", readClock)
    const known = noted?.start === start ? noted : undefined
    hasLooked = known !== undefined
    if (known !== undefined && ahead < known.ahead - clockTolerance) {
      setBack = known.ahead - ahead
      setBackSince = known.at
    } else yield* sqlite.unsynced("SqliteQueue.setBack", (statements) => writeClock(statements, { start, ahead, at }))
  })

  return {
    /** Looks at the clock: true if waits were shortened because it was set back since the last time. */
    look: Effect.gen(function*() {
      const asked = yield* ClockWatch.elapsed
      const now = yield* Clock.currentTimeMillis
      const at = yield* ClockWatch.elapsed
      const step = watch.hear(now, asked, at) ?? 0
      if (Math.abs(step) > clockTolerance) {
        if (setBack === 0) setBackSince = lookedAt
        setBack = Math.max(0, setBack - step)
        const ahead = now - at
        if (step > 0) {
          yield* sqlite.unsynced("SqliteQueue.setBack", (noting) => writeClock(noting, { start, ahead, at }))
        }
      }
      if (lookedAt < 0) yield* takeUp(now, at)
      lookedAt = at
      // A process that starts, and finds no note, does not know by how much it was set.
      if (!hasLooked) yield* endWaitsOfTheFuture(now)
      return setBack > 0 && (yield* shorten(now, at))
    })
  }
})
