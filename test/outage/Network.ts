import { Clock, Effect } from "effect"

/** An outage of a service, in milliseconds of the test's clock. */
export interface Outage {
  readonly from: number
  readonly until: number
  /** Answer of the service meanwhile; `undefined`: the connection is refused. */
  readonly answer?: (left: number, until: number) => Response
}

/** Answers of a service, if it is not away. */
export interface Host {
  readonly service: string
  readonly origin: string
  readonly answer: (url: string, init: RequestInit | undefined) => Promise<Response>
}

const refused = () => Promise.reject(new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") }))

const addressOf = (input: string | URL | Request): string => input instanceof Request ? input.url : String(input)

/** An answer whose body has arrived, so that its request is open until then. */
const whole = (response: Response): Promise<Response> =>
  response.body === null
    ? Promise.resolve(response)
    : response.arrayBuffer().then((body) => new Response(body, response))

/** True while Node reads or writes a file: prompts and guidelines, for instance. */
const isReading = (): boolean => process.getActiveResourcesInfo().some((name) => name.startsWith("FSReq"))

/**
 * The network of a test: `fetch`, as the SDKs call it, for the time of the scope. Hosts answer in real time, and are away
 * by the test's clock.
 */
export const make = Effect.fnUntraced(function*(hosts: ReadonlyArray<Host>, outages: ReadonlyMap<string, Outage>) {
  const clock = yield* Clock.Clock
  const real = globalThis.fetch
  const inVain = new Map<string, number>()
  let open = 0

  const answer = (url: string, init: RequestInit | undefined): Promise<Response> => {
    const host = hosts.find(({ origin }) => url.startsWith(origin))
    if (host === undefined) return real(url, init)
    const outage = outages.get(host.service)
    const now = clock.currentTimeMillisUnsafe()
    if (outage === undefined || now < outage.from || now >= outage.until) return host.answer(url, init)
    inVain.set(host.service, (inVain.get(host.service) ?? 0) + 1)
    return outage.answer === undefined ? refused() : Promise.resolve(outage.answer(outage.until - now, outage.until))
  }

  yield* Effect.acquireRelease(
    Effect.sync(() => {
      globalThis.fetch = (input, init) => {
        open += 1
        return answer(addressOf(input), init).then(whole).finally(() => {
          open -= 1
        })
      }
    }),
    () =>
      Effect.sync(() => {
        globalThis.fetch = real
      })
  )

  // Turns of the event loop, and not milliseconds: a busy machine does little in one of these.
  const turn = Effect.callback<void>((resume) => {
    setImmediate(() => resume(Effect.void))
  })

  return {
    /** Number of a service's requests while it was away. */
    inVain: (service: string) => inVain.get(service) ?? 0,
    /** Waits, in real time, until no request is open, no file is being read, and all that they brought is handled. */
    settled: Effect.gen(function*() {
      for (let calm = 0; calm < 100; calm = open === 0 && !isReading() ? calm + 1 : 0) yield* turn
    })
  }
})
