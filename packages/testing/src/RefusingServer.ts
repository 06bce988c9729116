import { Effect } from "effect"
import { createServer } from "node:net"

/** Server on a port of the loopback that closes every connection, as a proxy does whose backend is away. */
export const serve = (port: number, connected: () => void) =>
  Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const server = createServer((socket) => {
        connected()
        socket.destroy()
      })
      server.once("error", (error) => resume(Effect.die(error)))
      server.listen(port, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
  )
