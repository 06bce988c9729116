import { Effect, FileSystem, Schema } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { platform } from "node:process"
import { NotMeasured } from "./Figure.ts"

/** Clock ticks of Linux in a second, as `/proc` counts them. */
const ticksPerSecond = 100

const Millis = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

/** `utime` and `stime` of `/proc/<pid>/stat`: the fields after the name, which may hold spaces. */
const ofStat = (stat: string): number => {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond
}

/** `1-02:03:04.5` or `3:04.56`, as `ps` writes a time. */
const ofPs = (time: string): number =>
  time.trim().split(/[-:]/).map(Number).reduceRight(
    ({ sum, unit }, part, index, parts) => ({
      sum: sum + part * unit,
      unit: unit * (parts.length - index < 3 ? 60 : 24)
    }),
    { sum: 0, unit: 1000 }
  ).sum

/** CPU time that a process has used so far, in milliseconds: all its threads, in user space and in the kernel. */
export const used = Effect.fn("Cpu.used")(function*(pid: number) {
  const files = yield* FileSystem.FileSystem
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const millis = platform === "linux"
    ? Effect.map(files.readFileString(`/proc/${pid}/stat`), ofStat)
    : Effect.map(spawner.string(ChildProcess.make("ps", ["-o", "time=", "-p", String(pid)])), ofPs)
  return yield* Effect.flatMap(millis, Schema.decodeUnknownEffect(Millis))
}, Effect.mapError(({ message }) => new NotMeasured({ message: `a process's CPU time could not be read: ${message}` })))
