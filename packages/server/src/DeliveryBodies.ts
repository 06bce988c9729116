import { ByteSize, Data, Duration, Effect, Option, Semaphore } from "effect"
import { Headers, HttpIncomingMessage, type HttpServerError, type HttpServerRequest } from "effect/http"

/** Maximum size of a delivery's body, enforced while it is read. GitHub's limit is 25 MiB; events of ours are far below. */
export const maxBodySize = ByteSize.mebibytes(5)

/** Maximum size of all bodies that are being read, by the lengths that their requests declare. */
const maxBytesInFlight = ByteSize.mebibytes(64)

/** Time for a body to arrive. GitHub and GitLab give up on a delivery after ten seconds. */
export const patience = Duration.seconds(15)

/** A body that was not read: there is no room for it now, or it did not arrive in time. */
export class BodyNotRead extends Data.TaggedError("BodyNotRead")<{ readonly reason: "no-room" | "too-slow" }> {}

/** Permits count kibibytes, so that an empty body takes some room, too. */
const kibibytes = (bytes: number) => 1 + Math.floor(bytes / 1_024)

const largest = kibibytes(ByteSize.toNumberUnsafe(maxBodySize))

/** Room that a request asks for: the length that it declares, or the largest if it declares none. */
const roomFor = ({ headers }: HttpServerRequest.HttpServerRequest): number => {
  const declared = Option.match(Headers.get(headers, "content-length"), { onNone: () => NaN, onSome: Number })
  return Number.isSafeInteger(declared) && declared >= 0 ? Math.min(kibibytes(declared), largest) : largest
}

/**
 * Makes a reader of bodies. It bounds the memory that unverified requests take: a body beyond the room for all of them
 * is not read, and one that does not arrive in time is dropped with its connection.
 */
export const make = Effect.map(
  Semaphore.make(kibibytes(ByteSize.toNumberUnsafe(maxBytesInFlight))),
  (room) =>
    Effect.fnUntraced(
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
        const used = yield* room.withPermitsIfAvailable(roomFor(request))(
          Effect.flatMap(body, (bytes) => use(new Uint8Array(bytes)))
        )
        return yield* Effect.fromOption(used).pipe(Effect.mapError(() => new BodyNotRead({ reason: "no-room" })))
      }
    )
)
