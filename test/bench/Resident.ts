import { Effect, FileSystem, Schema } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { platform } from "node:process"
import { NotMeasured } from "./Figure.ts"

const failed = (what: string) => (error: { readonly message: string }) =>
  new NotMeasured({ message: `${what} could not be read: ${error.message}` })

const Kibibytes = Schema.FiniteFromString.check(Schema.isGreaterThan(0))

/** The memory that a process holds, in bytes. */
export const memory = Effect.fn("Resident.memory")(function*(pid: number) {
  const files = yield* FileSystem.FileSystem
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const written = platform === "linux"
    ? Effect.map(files.readFileString(`/proc/${pid}/status`), (status) => /^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1])
    : Effect.map(spawner.string(ChildProcess.make("ps", ["-o", "rss=", "-p", String(pid)])), (rss) => rss.trim())
  return 1024 * (yield* Effect.flatMap(written, Schema.decodeUnknownEffect(Kibibytes)))
}, Effect.mapError(failed("a process's memory")))

/** Number of files, sockets and pipes that a process has open. */
export const openFiles = Effect.fn("Resident.openFiles")(function*(pid: number) {
  const files = yield* FileSystem.FileSystem
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  if (platform === "linux") return (yield* files.readDirectory(`/proc/${pid}/fd`)).length
  const listed = yield* spawner.lines(ChildProcess.make("lsof", ["-p", String(pid), "-F", "f"]))
  return listed.filter((line) => /^f\d/.test(line)).length
}, Effect.mapError(failed("a process's open files")))
