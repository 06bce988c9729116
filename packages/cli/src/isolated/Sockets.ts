import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import { Effect, FileSystem, Layer, Schedule } from "effect"
import { RpcClient, RpcSerialization, RpcServer } from "effect/rpc"
import type { Socket } from "effect/socket"

/*
 * Sockets between the containers of a pod: files of volumes, so that a container reaches only those that it was given.
 */

/** Largest message in characters. The parts of a conversation are smaller by far. */
const largestMessage = 16 * 1024 * 1024

const ndjson = RpcSerialization.makeNdjson({ maxBufferSize: "unbounded" })

/**
 * Messages of a line each. A line is put together once, when it has come to its end: the parser looks for that end from
 * the line's beginning, with each piece anew.
 */
const lines = RpcSerialization.RpcSerialization.of({
  ...ndjson,
  makeUnsafe: () => {
    const parser = ndjson.makeUnsafe()
    const decoder = new TextDecoder()
    let pieces: Array<string> = []
    let size = 0
    return {
      encode: parser.encode,
      decode: (bytes) => {
        const piece = typeof bytes === "string" ? bytes : decoder.decode(bytes, { stream: true })
        const end = piece.lastIndexOf("\n")
        size = end === -1 ? size + piece.length : piece.length - end - 1
        pieces.push(piece)
        if (size > largestMessage) throw new RpcSerialization.MaxBufferSizeExceeded({ maxBufferSize: largestMessage })
        if (end === -1) return []
        const whole = pieces.join("")
        pieces = []
        return parser.decode(whole)
      }
    }
  }
})

const serialization = Layer.succeed(RpcSerialization.RpcSerialization, lines)

/** Listens at a path. What is left there by a process that died is removed. */
export const server = (path: string) =>
  RpcServer.layerProtocolSocketServer.pipe(
    Layer.provide(
      Layer.unwrap(
        Effect.as(
          Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.ignore(fs.remove(path))),
          NodeSocketServer.layer({ path })
        )
      )
    ),
    Layer.provide(serialization)
  )

/** Connects to a path, once somebody listens there. A connection that ends stays ended. */
export const client = (path: string) =>
  RpcClient.layerProtocolSocket({
    retryTransientErrors: true,
    retryPolicy: Schedule.spaced("200 millis").pipe(
      Schedule.upTo({ duration: "2 minutes" }),
      Schedule.setInputType<Socket.SocketError>(),
      Schedule.while(({ input }) => input.reason._tag === "SocketOpenError")
    ),
    pingInterval: "30 seconds"
  }).pipe(Layer.provide(NodeSocket.layerNet({ path })), Layer.provide(serialization))
