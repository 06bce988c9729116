import { withTexts } from "@nominal-code/domain/model/Conversation"
import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { Effect, Layer, Option } from "effect"
import { RpcServer } from "effect/rpc"
import { LlmProviders } from "../LlmProviders.ts"
import { SingleAttempt } from "../Retry.ts"
import { ModelLink } from "./ModelLink.ts"

const handlers = ModelLink.toLayer(
  Effect.gen(function*() {
    const { of } = yield* LlmProviders
    const { redactKnown } = yield* KnownSecrets
    return ModelLink.of({
      Send: Effect.fnUntraced(function*({ provider, request }) {
        const llm = yield* of(provider)
        const messages = request.messages.map(({ content, role }) => ({
          role,
          content: withTexts(content, redactKnown)
        }))
        const response = yield* Effect.provideService(llm.send({ ...request, messages }), SingleAttempt, true)
        return { ...response, content: withTexts(response.content, redactKnown) }
      }),
      WindowOf: ({ model, provider }) =>
        Effect.flatMap(of(provider), ({ windowOf }) => windowOf === undefined ? Effect.succeedNone : windowOf(model))
          .pipe(Effect.map(Option.filter(Number.isSafeInteger)))
    })
  })
)

/**
 * Answers the calls of other processes with the keys of this one. A call names its provider, never an address: it goes to
 * the configured address of a configured provider, and follows no redirect. Only this process knows what its keys look
 * like, so it hides them in both directions.
 */
export const layer: Layer.Layer<never, never, LlmProviders | RpcServer.Protocol> = RpcServer.layer(ModelLink, {
  disableTracing: true,
  disableFatalDefects: true
}).pipe(Layer.provide(handlers))
