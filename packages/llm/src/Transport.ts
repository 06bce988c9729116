import { Clock, Context, Duration, Effect, Option } from "effect"

/** Largest body of an answer in bytes, decompressed. A whole review of a large diff has a hundredth of it. */
export const largestBody = 4 * 1024 * 1024

/** Reason why an answer was not read to its end. */
export type TransportFault =
  | { readonly _tag: "TooLarge" }
  /** The service wants the request, and with it the key, at another address. `to`: its host. */
  | { readonly _tag: "Redirected"; readonly to: string }

/** The shape of `fetch`. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** `fetch` by which the models are asked; Node's own if none is given. */
export const NetworkFetch = Context.Reference<Fetch>("@nominal-code/llm/NetworkFetch", {
  defaultValue: (): Fetch => (input, init) => globalThis.fetch(input, init)
})

/** The HTTP side of one call: a `fetch` for an SDK, and what was seen of the answer's bytes. */
export interface Transport {
  /** Follows no redirect, because not every SDK's key is dropped on the way to another host. */
  readonly fetch: Fetch
  /** True once a byte of the answer's body has come. */
  readonly heard: () => boolean
  readonly fault: () => Option.Option<TransportFault>
  /** Completes when no byte has come for this time. Any byte counts, also those that an SDK swallows. */
  readonly silent: (idle: Duration.Duration) => Effect.Effect<void>
}

/** Bytes of a body that are decoded without a pause. */
const slice = 8 * 1024

/** Hands bytes on with pauses in which the process does its other work: an SDK decodes all that it has at once. */
const inSlices = (chunk: Uint8Array, take: (slice: Uint8Array) => void): Promise<void> => {
  take(chunk.subarray(0, slice))
  return new Promise<void>((resume) => setImmediate(resume)).then(() =>
    chunk.byteLength > slice ? inSlices(chunk.subarray(slice), take) : undefined
  )
}

const addressOf = (input: string | URL | Request): string => input instanceof Request ? input.url : String(input)

const hostOf = (location: string | null, base: string): string => URL.parse(location ?? "", base)?.host ?? "nowhere"

/** Makes the transport of one call. */
export const make: Effect.Effect<Transport> = Effect.gen(function*() {
  const clock = yield* Clock.Clock
  const send = yield* NetworkFetch
  let fault: TransportFault | undefined
  let bytes = 0
  const now = () => Number(clock.monotonicTimeNanosUnsafe()) / 1_000_000
  let lastSign = now()
  const sign = () => {
    lastSign = now()
  }

  const counted = () =>
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        sign()
        bytes += chunk.byteLength
        if (bytes <= largestBody) return inSlices(chunk, (slice) => controller.enqueue(slice))
        fault = { _tag: "TooLarge" }
        return controller.error(new Error("the body is too large"))
      }
    })

  const fetch: Fetch = (input, init) =>
    send(input, { ...init, redirect: "manual" }).then((response) => {
      sign()
      const { body, headers, status, statusText } = response
      if (status >= 300 && status < 400) {
        fault = { _tag: "Redirected", to: hostOf(headers.get("location"), addressOf(input)) }
        return Promise.resolve(body?.cancel()).then(() => Promise.reject(new Error("redirected")))
      }
      return body === null ? response : new Response(body.pipeThrough(counted()), { headers, status, statusText })
    })

  const silent = (idle: Duration.Duration): Effect.Effect<void> =>
    Effect.suspend(() => {
      const left = lastSign + Duration.toMillis(idle) - now()
      return left <= 0 ? Effect.void : Effect.andThen(Effect.sleep(left), silent(idle))
    })

  const transport: Transport = { fetch, heard: () => bytes > 0, fault: () => Option.fromUndefinedOr(fault), silent }
  return transport
})
