import { ByteSize, Clock, Data, Duration, Effect, Schedule } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"

/** Maximum size of a delivery's body, enforced while it is read. GitHub's limit is 25 MiB; events of ours are far below. */
export const maxBodySize = ByteSize.mebibytes(5)

/** Maximum size of all bodies that are being read, by the lengths that their requests declare. */
const maxBytesInFlight = ByteSize.mebibytes(64)

/** Time for a body to arrive. GitHub and GitLab give up on a delivery after ten seconds. */
export const patience = Duration.seconds(15)

/** Time for which the rest of a refused body is discarded, so that the answer reaches whoever still sends. */
const discardMillis = 1_000

/** Reason why a body was not read: it had to make room for later ones, did not arrive in time, or is too large. */
export type BodyRefusal = Data.TaggedEnum<{ NoRoom: {}; TooSlow: {}; TooLarge: {} }>
export const BodyRefusal = Data.taggedEnum<BodyRefusal>()

/** Receivers of a body, or of the reason why there is none. A request that is cut off is heard of no more. */
export interface BodyReceiver {
  readonly onBody: (body: Uint8Array) => void
  readonly onRefusal: (refusal: BodyRefusal) => void
}

const largest = ByteSize.toNumberUnsafe(maxBodySize)
const allTogether = ByteSize.toNumberUnsafe(maxBytesInFlight)

/** The least room of a body, so that empty ones take some, too. */
const least = 1_024

/** Length that a request declares; the largest if it declares none. */
const declaredBy = ({ headers: { "content-length": length } }: IncomingMessage): number => {
  const declared = length === undefined ? NaN : Number(length)
  return Number.isSafeInteger(declared) && declared >= 0 ? declared : largest
}

/** Ends a request whose body was not read to its end. */
const discard = (request: IncomingMessage): void => {
  request.resume()
  // A timer of Node: a fiber for each refused request would cost more than the request.
  setTimeout(() => request.complete || request.destroy(), discardMillis).unref()
}

/** A body that is being read. */
interface Reading {
  readonly deadline: number
  readonly end: (refusal: BodyRefusal) => void
}

/**
 * Makes a reader of bodies. It bounds the memory that unverified requests take. A forge's body is there at once, so where
 * there is no room, what has been arriving for longest is refused: bodies that never come keep no delivery out. So is one
 * that does not arrive in time.
 */
export const make = Effect.gen(function*() {
  const clock = yield* Clock.Clock
  // In the order of their arrival.
  const readings = new Set<Reading>()
  let room = allTogether

  const read = (request: IncomingMessage, response: ServerResponse, { onBody, onRefusal }: BodyReceiver): void => {
    const refuse = (refusal: BodyRefusal) => {
      onRefusal(refusal)
      discard(request)
    }
    const declared = declaredBy(request)
    if (declared > largest) return refuse(BodyRefusal.TooLarge())
    const taken = Math.max(least, declared)
    for (const oldest of readings) {
      if (room >= taken) break
      oldest.end(BodyRefusal.NoRoom())
    }
    room -= taken

    let chunks: Array<Uint8Array> = []
    let size = 0
    // It stays a listener when the body was refused: to take one out takes longer than to ask.
    const onData = (chunk: Uint8Array) => {
      if (!readings.has(reading)) return
      size += chunk.byteLength
      chunks.push(chunk)
      if (size > largest) reading.end(BodyRefusal.TooLarge())
    }
    const onEnd = () => {
      if (release()) onBody(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size))
    }
    /** Gives the room of the body free; false if that was done before. */
    const release = (): boolean => {
      if (!readings.delete(reading)) return false
      room += taken
      return true
    }
    const reading: Reading = {
      deadline: clock.currentTimeMillisUnsafe() + Duration.toMillis(patience),
      end: (refusal) => {
        release()
        chunks = []
        refuse(refusal)
      }
    }
    readings.add(reading)
    request.on("data", onData).on("end", onEnd).on("close", release)
    // Without it, a client that asks first whether it may send the body waits.
    if (request.headers.expect !== undefined) response.writeContinue()
  }

  const endOverdue = Effect.sync(() => {
    const now = clock.currentTimeMillisUnsafe()
    for (const reading of readings) {
      if (reading.deadline > now) return
      reading.end(BodyRefusal.TooSlow())
    }
  })
  yield* Effect.forkScoped(Effect.repeat(endOverdue, Schedule.spaced("1 second")))
  return read
})
