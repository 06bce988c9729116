/** Heartbeats on a shared disk: a process that uses a path renews its time of change, so that others leave it alone. */
import { Clock, Effect, FileSystem, Option, Schedule, type Scope } from "effect"

/** Milliseconds since the last heartbeat of a path's user; none if the path does not exist. */
export const silentMillis = Effect.fnUntraced(function*(path: string) {
  const fs = yield* FileSystem.FileSystem
  const now = yield* Clock.currentTimeMillis
  const info = yield* Effect.option(fs.stat(path))
  return Option.flatMap(info, ({ mtime }) => Option.map(mtime, (date) => now - date.getTime()))
})

/** Writes a heartbeat for a path. */
export const beat = Effect.fnUntraced(function*(path: string) {
  const fs = yield* FileSystem.FileSystem
  const seconds = (yield* Clock.currentTimeMillis) / 1000
  yield* Effect.ignore(fs.utimes(path, seconds, seconds))
})

/** Time without a heartbeat after which a user counts as dead. There is one every minute. */
const ABANDONED_MILLIS = 15 * 60_000

/** Paths in use. */
export interface PathsInUse {
  /** Keeps a path in use until the scope closes. */
  keep(path: string): Effect.Effect<void, never, FileSystem.FileSystem | Scope.Scope>
  /** True if this process or another one uses the path. */
  has(path: string): Effect.Effect<boolean, never, FileSystem.FileSystem>
}

export const make = Effect.sync((): PathsInUse => {
  const kept = new Set<{ readonly path: string }>()
  return {
    keep: Effect.fnUntraced(function*(path: string) {
      const entry = { path }
      yield* Effect.acquireRelease(Effect.sync(() => kept.add(entry)), () => Effect.sync(() => kept.delete(entry)))
      yield* beat(path)
      yield* Effect.forkScoped(Effect.repeat(Effect.delay(beat(path), "1 minute"), Schedule.forever))
    }),
    has: Effect.fnUntraced(function*(path: string) {
      if ([...kept].some((entry) => entry.path === path)) return true
      return Option.exists(yield* silentMillis(path), (silent) => silent <= ABANDONED_MILLIS)
    })
  }
})
