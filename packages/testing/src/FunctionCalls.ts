import { Effect } from "effect"
import { Session } from "node:inspector"

const ours = /\/packages\/[\w-]+\/src\//

/**
 * Counts the calls of our functions of a name while an effect runs, as V8 counts them: a call may count twice where the
 * function has just been compiled anew.
 */
export const callsOf = <E, R>(name: string, effect: Effect.Effect<unknown, E, R>): Effect.Effect<number, E, R> =>
  Effect.gen(function*() {
    const session = yield* Effect.acquireRelease(
      Effect.sync(() => new Session()),
      (session) => Effect.sync(() => session.disconnect())
    )
    session.connect()
    session.post("Profiler.enable")
    session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false })
    yield* effect
    let calls = 0
    session.post("Profiler.takePreciseCoverage", (error, taken) => {
      if (error !== null) throw error
      for (const { functions } of taken.result.filter(({ url }) => ours.test(url))) {
        for (const { functionName, ranges } of functions) {
          if (functionName === name) calls += ranges[0]?.count ?? 0
        }
      }
    })
    session.post("Profiler.stopPreciseCoverage")
    return calls
  }).pipe(Effect.scoped)
