import { Effect } from "effect"
import { connect, type Socket } from "node:net"

/** One way to keep a server busy without a secret. */
export interface Flood {
  readonly name: string
  readonly connections: number
  /** Behaviour of a connection once it stands. It may go on until the connection is gone. */
  readonly begin: (socket: Socket) => void
}

const fiveMegabytes = 5 * 1024 * 1024

const head = (more: string) =>
  `POST /webhooks/github HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nx-github-event: push\r\n${more}`

/** A signature of the right form, which only the whole body shows to be wrong. */
const wellFormed = `x-hub-signature-256: sha256=${"0".repeat(64)}\r\n`

const withBody = (signature: string) => head(`${signature}content-length: ${fiveMegabytes}\r\n\r\n`)

/** The floods that a server has to bear. `scale` 1: as many connections as its goal names. */
export const floods = (scale: number): ReadonlyArray<Flood> => [
  {
    name: "stalled bodies",
    connections: 200 * scale,
    begin: (socket) => void socket.write(withBody(wellFormed) + "x".repeat(65_536))
  },
  {
    name: "unsigned posts of 5 MB",
    connections: Math.max(1, 40 * scale),
    begin: (socket) => {
      socket.write(withBody(""))
      socket.write("x".repeat(fiveMegabytes))
    }
  },
  {
    name: "slow headers",
    connections: 1_000 * scale,
    begin: (socket) => {
      socket.write(head(""))
      const drop = setInterval(() => socket.write("x-more: 1\r\n"), 500)
      socket.once("close", () => clearInterval(drop))
    }
  },
  { name: "idle connections", connections: 10_000 * scale, begin: () => {} }
]

const atOnce = 50

/** Opens a connection, and another one in its place whenever it ends, until the scope closes. */
const keptUp = (port: number, { begin }: Flood) =>
  Effect.acquireRelease(
    Effect.callback<{ close: () => void }>((resume) => {
      let socket: Socket
      let isOver = false
      const dial = () => {
        if (isOver) return
        socket = connect(port, "127.0.0.1")
        socket.once("connect", () => {
          begin(socket)
          resume(Effect.succeed({ close }))
        })
        socket.on("error", () => {})
        socket.resume()
        socket.once("close", () => setTimeout(dial, 50))
      }
      const close = () => {
        isOver = true
        socket.destroy()
      }
      dial()
    }),
    ({ close }) => Effect.sync(close)
  )

/** Keeps a flood up against a port of this machine until the scope closes. Its connections stand when this ends. */
export const keep = Effect.fn("Flood.keep")(function*(port: number, flood: Flood) {
  yield* Effect.forEach(Array.from({ length: flood.connections }), () => keptUp(port, flood), {
    concurrency: atOnce,
    discard: true
  })
})
