import { Effect, FileSystem, Option, Path } from "effect"
import { availableParallelism } from "node:os"

/** Bytes of memory of one process, without the files that it maps. */
const MEMORY_BYTES = 2 * 1024 * 1024 * 1024

/** A program with its arguments. */
type Command = readonly [program: string, args: ReadonlyArray<string>]

/** Puts a command, which has so many seconds, under limits. */
export type ProcessLimits = (program: string, args: ReadonlyArray<string>, seconds: number) => Command

/**
 * Finds `prlimit` (util-linux) on a search path. The kernel holds a command that it starts, and what this starts in
 * turn, to 2 GiB of memory, and to as much CPU time as all cores have in the command's seconds: also after this process
 * was killed and nobody ends the command. A machine without it (macOS, Windows) has no such limits.
 */
export const make = Effect.fnUntraced(function*(searchPath: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const candidates = searchPath.split(":").map((directory) => path.join(directory, "prlimit"))
  const found = yield* Effect.findFirst(candidates, (file) => Effect.orElseSucceed(fs.exists(file), () => false))
  const cores = availableParallelism()
  const limits: ProcessLimits = (program, args, seconds) =>
    Option.match(found, {
      onNone: (): Command => [program, args],
      onSome: (prlimit): Command => [
        prlimit,
        [`--cpu=${Math.ceil(seconds * cores)}`, `--data=${MEMORY_BYTES}`, program, ...args]
      ]
    })
  return limits
})

/** True for what `prlimit` says when there is no such program. */
export const isMissing = ({ exitCode, stderr }: { readonly exitCode: number; readonly stderr: string }): boolean =>
  exitCode === 127 && stderr.startsWith("prlimit: failed to execute ")
