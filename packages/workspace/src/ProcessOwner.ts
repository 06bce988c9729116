/** Names of processes on shared disks: who holds a lock, or a temporary directory. */
import { Effect, Predicate } from "effect"
import { hostname } from "node:os"
import process from "node:process"

/** Name of this process, unique over time: in a container, each start has the same process id. */
export const self = () => `${hostname()} ${process.pid} ${performance.timeOrigin}`

/** Fate of a process: of one that ran on another machine, it is unknown. */
export type Fate = "running" | "gone" | "unknown"

/** Asks this machine for the process of a name. */
export const fateOf = (owner: string): Effect.Effect<Fate> =>
  Effect.sync(() => {
    const [host, id] = owner.split(" ")
    if (owner === self()) return "running"
    if (host !== hostname()) return "unknown"
    if (id === String(process.pid)) return "gone"
    try {
      process.kill(Number(id), 0)
      return "running"
    } catch (cause) {
      const code = Predicate.hasProperty(cause, "code") ? cause.code : undefined
      return code === "ESRCH" ? "gone" : code === "EPERM" ? "running" : "unknown"
    }
  })
