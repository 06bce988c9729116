import { Effect, FileSystem, Option, RcMap, Schedule, Semaphore } from "effect"
import type { PlatformError } from "effect/PlatformError"
import { beat, silentMillis } from "./Heartbeat.ts"
import { fateOf, self } from "./ProcessOwner.ts"

const BEAT_SECONDS = 5
const STALE_MILLIS = 60_000
/**
 * Milliseconds after which a lock without an owner's name counts as abandoned: its owner was killed while creating it.
 */
const NAMELESS_MILLIS = 2_000
const POLL_MILLIS = 200

/** Mutual exclusion by path, among the fibers of this process and among processes. */
export type RepositoryLock = <A, E, R>(
  path: string,
  effect: Effect.Effect<A, E, R>
) => Effect.Effect<A, E | PlatformError, R>

const ownerFile = (directory: string) => `${directory}/owner`

/**
 * Takes the lock that processes share, the directory `<path>.lock`: whoever creates it holds it, and keeps its time of
 * change young. One whose holder was killed is taken over at once if it ran on this machine, and else after a minute.
 * Two that take it over in the same instant may both go on; git's own lock files then keep them from harm, which is
 * why a directory is enough.
 */
const acquireDirectory = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const taken = fs.makeDirectory(directory).pipe(
    Effect.as(true),
    Effect.catchIf((error) => error.reason._tag === "AlreadyExists", () => Effect.succeed(false))
  )
  const isAbandoned = Effect.gen(function*() {
    const owner = yield* Effect.orElseSucceed(fs.readFileString(ownerFile(directory)), () => "")
    if ((yield* fateOf(owner)) === "gone") return true
    const patience = owner === "" ? NAMELESS_MILLIS : STALE_MILLIS
    return Option.exists(yield* silentMillis(directory), (silent) => silent > patience)
  })
  while (!(yield* taken)) {
    if (yield* isAbandoned) yield* Effect.ignore(fs.remove(directory, { recursive: true }))
    else yield* Effect.sleep(POLL_MILLIS)
  }
  yield* fs.writeFileString(ownerFile(directory), self())
  yield* beat(directory)
})

/** A lock for each path, taken first among this process's fibers and then among processes. */
export const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const held = yield* RcMap.make({ lookup: (_path: string) => Semaphore.make(1) })
  const lock: RepositoryLock = (path, effect) => {
    const directory = `${path}.lock`
    const exclusive = Effect.gen(function*() {
      yield* Effect.acquireRelease(
        acquireDirectory(directory),
        () => Effect.ignore(fs.remove(directory, { recursive: true, force: true })),
        { interruptible: true }
      )
      yield* Effect.forkScoped(Effect.repeat(beat(directory), Schedule.spaced(`${BEAT_SECONDS} seconds`)))
    }).pipe(
      Effect.provideService(FileSystem.FileSystem, fs),
      Effect.andThen(effect),
      Effect.scoped
    )
    return RcMap.get(held, path).pipe(
      Effect.flatMap((semaphore) => Semaphore.withPermit(semaphore, exclusive)),
      Effect.scoped
    )
  }
  return lock
})
