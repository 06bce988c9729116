import { Effect, Layer, Option } from "effect"
import { RpcClient } from "effect/rpc"
import { type CallLimits, LlmError } from "../LlmError.ts"
import { LlmProvider } from "../LlmProvider.ts"
import { LlmProviders } from "../LlmProviders.ts"
import { retrying } from "../Retry.ts"
import { ModelLink } from "./ModelLink.ts"

const lost = (provider: string) =>
  new LlmError({
    provider,
    reason: "unavailable",
    message: "the container with the model's key does not answer",
    billed: "unknown"
  })

/** The providers of another process. This one has no keys. */
export const layer = (
  { limits, names }: { readonly names: ReadonlyArray<string>; readonly limits: Pick<CallLimits, "total"> }
): Layer.Layer<LlmProviders, never, RpcClient.Protocol> =>
  Layer.effect(
    LlmProviders,
    Effect.map(RpcClient.make(ModelLink, { disableTracing: true }), (link) => {
      const of = (name: string) =>
        LlmProvider.of({
          name,
          send: (request) =>
            link.Send({ provider: name, request }).pipe(
              Effect.catchTag("RpcClientError", () => Effect.fail(lost(name))),
              retrying(name, limits)
            ),
          windowOf: (model) => Effect.orElseSucceed(link.WindowOf({ provider: name, model }), Option.none<number>)
        })
      return LlmProviders.of({ names, of: (name) => Effect.succeed(of(name)) })
    })
  )
