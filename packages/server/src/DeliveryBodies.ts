import { ByteSize, Data, Deferred, Duration, Effect, Option } from "effect"
import { Headers, HttpIncomingMessage, type HttpServerError, type HttpServerRequest } from "effect/http"

/** Maximum size of a delivery's body, enforced while it is read. GitHub's limit is 25 MiB; events of ours are far below. */
export const maxBodySize = ByteSize.mebibytes(5)

/** Maximum size of all bodies that are being read, by the lengths that their requests declare. */
const maxBytesInFlight = ByteSize.mebibytes(64)

/** Time for a body to arrive. GitHub and GitLab give up on a delivery after ten seconds. */
export const patience = Duration.seconds(15)

/** A body that was not read: it had to make room for later ones, or did not arrive in time. */
export class BodyNotRead extends Data.TaggedError("BodyNotRead")<{ readonly reason: "no-room" | "too-slow" }> {}

/** Room counts in kibibytes, so that an empty body takes some, too. */
const kibibytes = (bytes: number) => 1 + Math.floor(bytes / 1_024)

const largest = kibibytes(ByteSize.toNumberUnsafe(maxBodySize))

/** Room that a request asks for: the length that it declares, or the largest if it declares none. */
const roomFor = ({ headers }: HttpServerRequest.HttpServerRequest): number => {
  const declared = Option.match(Headers.get(headers, "content-length"), { onNone: () => NaN, onSome: Number })
  return Number.isSafeInteger(declared) && declared >= 0 ? Math.min(kibibytes(declared), largest) : largest
}

/** A body that takes room. It may be dropped until it has `arrived`. */
interface Reading {
  readonly dropped: Effect.Effect<never, BodyNotRead>
  readonly arrived: () => void
  readonly leave: () => void
}

/** Makes the room for all bodies. Where it is full, those that have been arriving for longest make place. */
const makeRoom = (total: number) => {
  let free = total
  const arriving = new Set<{ readonly drop: () => void }>()
  return (size: number): Reading => {
    const dropped = Deferred.makeUnsafe<never, BodyNotRead>()
    let held = true
    const leave = () => {
      if (held) free += size
      held = false
      arriving.delete(entry)
    }
    const entry = {
      drop: () => {
        leave()
        Deferred.doneUnsafe(dropped, Effect.fail(new BodyNotRead({ reason: "no-room" })))
      }
    }
    free -= size
    arriving.add(entry)
    for (const oldest of arriving) {
      if (free >= 0) break
      oldest.drop()
    }
    return { dropped: Deferred.await(dropped), arrived: () => void arriving.delete(entry), leave }
  }
}

/**
 * Makes a reader of bodies. It bounds the memory that unverified requests take. A forge's body is there at once, so where
 * there is no room, what has been arriving for longest is dropped with its connection: bodies that never come keep no
 * delivery out. So is one that does not arrive in time.
 */
export const make = Effect.sync(() => {
  const enter = makeRoom(kibibytes(ByteSize.toNumberUnsafe(maxBytesInFlight)))
  return Effect.fnUntraced(
    function*<A, E, R>(
      request: HttpServerRequest.HttpServerRequest,
      use: (body: Uint8Array) => Effect.Effect<A, E, R>
    ): Effect.fn.Return<A, E | BodyNotRead | HttpServerError.HttpServerError, R> {
      const body = request.arrayBuffer.pipe(
        Effect.provideService(HttpIncomingMessage.MaxBodySize, maxBodySize),
        Effect.timeoutOrElse({
          duration: patience,
          orElse: () => Effect.fail(new BodyNotRead({ reason: "too-slow" }))
        })
      )
      return yield* Effect.acquireUseRelease(
        Effect.sync(() => enter(roomFor(request))),
        ({ arrived, dropped }) =>
          Effect.flatMap(Effect.raceFirst(body, dropped), (bytes) => {
            arrived()
            return use(new Uint8Array(bytes))
          }),
        ({ leave }) => Effect.sync(leave)
      )
    }
  )
})
