import { Effect, Option } from "effect"
import type { LlmError } from "./LlmError.ts"
import type { ModelPresence } from "./LlmProvider.ts"
import { failure, type ServiceDescription } from "./ModelService.ts"
import * as Transport from "./Transport.ts"

export const there = Option.some<ModelPresence>({ isThere: true, others: [] })

/** Absence of a model, with the models that the service has in its place. */
export const missing = (others: ReadonlyArray<string> = []) => Option.some<ModelPresence>({ isThere: false, others })

/** Answer of a service about its models. */
export interface ServiceAnswer {
  readonly status: number
  /** Null if it is no JSON. */
  readonly body: unknown
}

/** Asks an address of a service about its models. A redirect is not followed, because the key would go there. */
export const asked = (
  name: ServiceDescription,
  url: string,
  headers: Readonly<Record<string, string>>,
  through: (fetch: Transport.Transport["fetch"]) => Transport.Transport["fetch"] = (fetch) => fetch
): Effect.Effect<ServiceAnswer, LlmError> =>
  Effect.flatMap(Transport.make, ({ fetch }) =>
    Effect.tryPromise({
      try: (signal) =>
        through(fetch)(url, { headers, signal }).then((response) =>
          response.json().then(
            (body: unknown): ServiceAnswer => ({ status: response.status, body }),
            (): ServiceAnswer => ({ status: response.status, body: null })
          )
        ),
      catch: () => failure(name, "unavailable", `Cannot reach the ${name.api} at ${new URL(url).host}`)
    }))
