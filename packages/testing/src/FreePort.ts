import { Effect } from "effect"
import { randomInt } from "node:crypto"
import { createServer } from "node:net"

/** Ports below those from which systems take the near end of a connection, so that none is given away by chance. */
const [first, last] = [12_000, 21_999]

const isFree = (port: number) =>
  Effect.callback<boolean>((resume) => {
    const probe = createServer()
    probe.once("error", () => resume(Effect.succeed(false)))
    probe.listen(port, "127.0.0.1", () => probe.close(() => resume(Effect.succeed(true))))
  })

/** A port of the loopback that nobody listens on now. The one 10,000 above it is for the bus of a Redis Cluster. */
export const freePort: Effect.Effect<number> = Effect.gen(function*() {
  while (true) {
    const port = randomInt(first, last + 1)
    if (yield* isFree(port)) return port
  }
})
