/** Names of processes on shared disks: who holds a lock, or a temporary directory. */
import { Effect, Predicate } from "effect"
import { hostname } from "node:os"
import process from "node:process"

/** Name of this process, unique over time: in a container, each start has the same process id. */
export const self = () => `${hostname()} ${process.pid} ${performance.timeOrigin}`

/** True if the process of this name ran on this machine and is gone. */
export const isDead = (owner: string): Effect.Effect<boolean> => {
  const [host, id] = owner.split(" ")
  if (host !== hostname() || owner === self()) return Effect.succeed(false)
  if (id === String(process.pid)) return Effect.succeed(true)
  return Effect.sync(() => {
    try {
      process.kill(Number(id), 0)
      return false
    } catch (cause) {
      return Predicate.hasProperty(cause, "code") && cause.code === "ESRCH"
    }
  })
}
