import { Effect } from "effect"
import { randomInt } from "node:crypto"
import { mkdirSync, rmSync, statSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Ports below those from which systems take the near end of a connection, so that none is given away by chance. */
const [first, last] = [12_000, 21_999]

/** Directory with one for each port that was given away lately, to any process of this machine. */
const given = join(tmpdir(), "nominal-ports")

/** Time in milliseconds for which a port is nobody else's: whoever has it starts to listen later, or again. */
const keptMillis = 30 * 60_000

/** Makes a directory, or does not, because it is there. No two processes make the same one. */
const isMade = (directory: string): boolean => {
  try {
    mkdirSync(directory)
    return true
  } catch {
    return false
  }
}

const isTaken = (directory: string): boolean => {
  const found = statSync(directory, { throwIfNoEntry: false })
  // The directory of all changes with each port.
  if (found === undefined || statSync(given).mtimeMs - found.mtimeMs < keptMillis) return !isMade(directory)
  rmSync(directory, { recursive: true, force: true })
  return !isMade(directory)
}

const isFree = (port: number) =>
  Effect.callback<boolean>((resume) => {
    const probe = createServer()
    probe.once("error", () => resume(Effect.succeed(false)))
    probe.listen(port, "127.0.0.1", () => probe.close(() => resume(Effect.succeed(true))))
  })

/**
 * A port of the loopback that nobody listens on now, and that was given to nobody else lately. The one 10,000 above it is
 * for the bus of a Redis Cluster.
 */
export const freePort: Effect.Effect<number> = Effect.gen(function*() {
  mkdirSync(given, { recursive: true })
  while (true) {
    const port = randomInt(first, last + 1)
    if (!isTaken(join(given, String(port))) && (yield* isFree(port))) return port
  }
})
