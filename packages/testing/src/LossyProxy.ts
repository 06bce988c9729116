import { Effect, Redacted } from "effect"
import { connect, createServer, type Socket } from "node:net"
import type { RedisServer } from "./RedisServer.ts"

/** A way to a server on which answers can get lost. */
interface LossyProxy {
  readonly url: Redacted.Redacted
  /** Number of answers after which a request is carried out, and its answer lost: the connection is cut instead. */
  readonly loseAnswer: (after?: number) => Effect.Effect<void>
}

/** Opens one in front of a server, until the scope closes. */
export const lossyProxy = ({ port }: RedisServer) =>
  Effect.gen(function*() {
    const sockets = new Set<Socket>()
    // How many answers come through before one is lost.
    let left = Infinity
    const proxy = createServer((client) => {
      const server = connect(port, "127.0.0.1")
      const cut = () => {
        client.destroy()
        server.destroy()
      }
      for (const socket of [client, server]) {
        sockets.add(socket)
        socket.on("error", cut).on("close", () => {
          sockets.delete(socket)
          cut()
        })
      }
      client.on("data", (chunk) => server.write(chunk))
      server.on("data", (chunk) => {
        if (left-- > 0) return client.write(chunk)
        left = Infinity
        cut()
      })
    })
    const own = yield* Effect.acquireRelease(
      Effect.callback<number>((resume) => {
        proxy.listen(0, "127.0.0.1", () => {
          const address = proxy.address()
          resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
        })
      }),
      () =>
        Effect.callback<void>((resume) => {
          for (const socket of sockets) socket.destroy()
          proxy.close(() => resume(Effect.void))
        })
    )
    const opened: LossyProxy = {
      url: Redacted.make(`redis://127.0.0.1:${own}/0`),
      loseAnswer: (after = 0) =>
        Effect.sync(() => {
          left = after
        })
    }
    return opened
  })
