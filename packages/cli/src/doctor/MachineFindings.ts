import type { RedisSettings } from "@nominal-code/config/AppConfig"
import type { NamedDirectories } from "@nominal-code/config/NamedDirectories"
import * as Redis from "@nominal-code/persistence/Redis"
import * as Git from "@nominal-code/workspace/Git"
import * as TemporaryDirectory from "@nominal-code/workspace/TemporaryDirectory"
import { Duration, Effect, FileSystem, Option, Path, Schema } from "effect"
// oxlint-disable-next-line no-restricted-imports -- Effect's FileSystem does not tell what is free.
import { statfs } from "node:fs/promises"
import { asked, ok, problem, type SetupFinding, warning } from "./Finding.ts"

const oldestGit = [2, 39] as const

/** Finding about the version that `git version` prints. */
export const gitFinding = (text: string): SetupFinding => {
  const [, major = "0", minor = "0"] = /(\d+)\.(\d+)/.exec(text) ?? []
  const [leastMajor, leastMinor] = oldestGit
  const isTooOld = Number(major) < leastMajor || Number(major) === leastMajor && Number(minor) < leastMinor
  return isTooOld
    ? problem("machine", `${text} is too old: install ${leastMajor}.${leastMinor} or later`)
    : ok("machine", text)
}

const git = Effect.fnUntraced(function*() {
  // git's own home is made where nothing stays.
  const baseDir = yield* TemporaryDirectory.make("nominal-doctor-")
  const { stdout } = yield* Git.Git.use(({ run }) => run(["version"], { gitDir: baseDir })).pipe(
    Effect.provide(Git.layer({ baseDir }))
  )
  return [gitFinding(new TextDecoder().decode(stdout).trim())]
}, Effect.scoped)

/** The directory, or the nearest one above it that is there. */
const nearest = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  let at = path.resolve(directory)
  while (at !== path.dirname(at) && !(yield* Effect.orElseSucceed(fs.exists(at), () => false))) at = path.dirname(at)
  return at
})

/** Free space in bytes below which a mirror may not fit. */
const scarce = 1_000_000_000

/** Bytes that this user may still write there; none where the file system does not tell. */
const freeBytes = (directory: string): Effect.Effect<Option.Option<number>> =>
  Effect.tryPromise(() => statfs(directory)).pipe(Effect.map(({ bavail, bsize }) => bavail * bsize), Effect.option)

/** Finding about a directory that can be written, by the bytes that are left there. */
export const roomFinding = (place: string, free: Option.Option<number>): SetupFinding =>
  Option.match(free, {
    onNone: () => ok("machine", `${place} can be written`),
    onSome: (free) =>
      free < scarce
        ? warning("machine", `${place} has ${gigabytes(free)} left: make room, a mirror may not fit`)
        : ok("machine", `${place} can be written, and has ${gigabytes(free)} left`)
  })

const gigabytes = (bytes: number): string => `${(bytes / 1_000_000_000).toFixed(1)} GB`

const writable = Effect.fnUntraced(function*(setting: string, directory: string) {
  const fs = yield* FileSystem.FileSystem
  const there = yield* nearest(directory)
  const isDirectory = yield* fs.stat(there).pipe(
    Effect.map(({ type }) => type === "Directory"),
    Effect.orElseSucceed(() => true)
  )
  if (!isDirectory) return problem("machine", `${setting} ${directory}: ${there} is no directory: name another one`)
  const may = yield* Effect.option(fs.access(there, { writable: true }))
  if (Option.isNone(may)) {
    return problem("machine", `${setting} ${directory}: this user may not write to ${there}`)
  }
  return roomFinding(`${setting} ${directory}`, yield* freeBytes(there))
})

/** Finding about Redis. The connection itself refuses a server that is too old, or that evicts keys. */
const redisFindings = (settings: RedisSettings) =>
  asked(
    "storage",
    "Redis",
    Redis.Redis.use(({ send }) => send("Redis.info", Schema.String, ["INFO"])).pipe(
      Effect.map((info) => [
        ok(
          "storage",
          `Redis ${/^redis_version:(\S+)/m.exec(info)?.[1] ?? ""} answers, is new enough and evicts nothing`
        ),
        ...(/^aof_enabled:0/m.test(info)
          ? [warning("storage", "Redis does not write its data to disk: set appendonly yes, or a restart loses jobs")]
          : [])
      ]),
      Effect.provide(Redis.layer(settings))
    ),
    {
      remedy: "see if it runs, and if redis.url (REDIS_URL) names it",
      // It is near. A connection that fails is tried again for longer.
      patience: Duration.seconds(3)
    }
  )

/** git and the directories, which need no complete configuration. */
export const localFindings = Effect.fnUntraced(function*(named: Option.Option<NamedDirectories>) {
  const directories = yield* Effect.forEach(
    Option.match(named, {
      onNone: () => [],
      onSome: ({ baseDir, dataDir, storage }) => [
        ["workspace.base_dir", baseDir] as const,
        ...(storage === "sqlite" ? [["data_dir", dataDir] as const] : [])
      ]
    }),
    ([setting, directory]) => writable(setting, directory),
    { concurrency: 1 }
  )
  return [
    ...yield* asked("machine", "git", git(), { remedy: "run git version, and see why it does not end" }),
    ...directories
  ]
})

/** Directories and stores of a server. */
export interface MachineSettings extends Pick<NamedDirectories, "dataDir" | "storage"> {
  readonly redis: Option.Option<RedisSettings>
  readonly workspace: { readonly baseDir: string }
}

/** git, the directories, and the store. */
export const machineFindings = Effect.fnUntraced(function*(settings: MachineSettings) {
  const { dataDir, redis, storage, workspace: { baseDir } } = settings
  const stores: ReadonlyArray<SetupFinding> = storage === "redis" && Option.isSome(redis)
    ? yield* redisFindings(redis.value)
    : storage === "memory"
    ? [warning("storage", "storage: memory loses every accepted event when the server ends")]
    : []
  return [...yield* localFindings(Option.some({ baseDir, dataDir, storage })), ...stores]
})
