/** Model calls that are written into the transcript of their review, and answers that come out of one. */
import { Block } from "@nominal-code/domain/model/Conversation"
import { digest, Transcript, TranscriptAgent, TranscriptEvent } from "@nominal-code/domain/model/Transcript"
import { LlmError } from "@nominal-code/llm/LlmError"
import { LlmProvider, type LlmRequest, type LlmResponse } from "@nominal-code/llm/LlmProvider"
import { LlmProviders } from "@nominal-code/llm/LlmProviders"
import { Effect, Layer, Option } from "effect"

/** Digest of a request: the same prompt, conversation and tools have the same one. */
const digestOf = ({ messages, model: _model, system, tools }: LlmRequest): string => digest([system, messages, tools])

type AnsweredEvent = Extract<TranscriptEvent, { readonly _tag: "Answered" }>

const recorded = (llm: LlmProvider["Service"]): LlmProvider["Service"] =>
  LlmProvider.of({
    ...llm,
    send: (request) =>
      Effect.tap(llm.send(request), ({ content, stop, usage }) =>
        Effect.flatMap(Effect.all([Transcript, TranscriptAgent]), ([tell, agent]) =>
          tell(TranscriptEvent.cases.Answered.make({
            provider: llm.name,
            model: request.model,
            request: digestOf(request),
            system: digest(request.system),
            results: (request.messages.at(-1)?.content ?? []).filter(Block.guards.ToolResult),
            content,
            stop,
            usage,
            ...Option.match(agent, { onNone: () => ({}), onSome: (agent) => ({ agent }) })
          }))))
  })

/** The given providers, whose answers are told to the transcript. */
export const layer: Layer.Layer<LlmProviders, never, LlmProviders> = Layer.effect(
  LlmProviders,
  Effect.map(LlmProviders, ({ names, of }) => LlmProviders.of({ names, of: (name) => Effect.map(of(name), recorded) }))
)

/**
 * Providers that give recorded answers. A request gets the answer to the same one; if there is none, because something
 * before it has changed, the next one to the same system prompt.
 */
export const layerReplay = (answers: ReadonlyArray<AnsweredEvent>): Layer.Layer<LlmProviders> =>
  Layer.sync(LlmProviders, () => {
    const left = [...answers]
    const take = (request: LlmRequest): AnsweredEvent | undefined => {
      const [whole, system] = [digestOf(request), digest(request.system)]
      const same = left.findIndex((answer) => answer.request === whole)
      const at = same === -1 ? left.findIndex((answer) => answer.system === system) : same
      return at === -1 ? undefined : left.splice(at, 1)[0]
    }
    const of = (name: string) =>
      Effect.succeed(LlmProvider.of({
        name,
        send: (request) =>
          Effect.suspend(() => {
            const answer = take(request)
            return answer === undefined
              ? Effect.fail(
                new LlmError({
                  provider: name,
                  reason: "invalid-request",
                  message: "the recording has no answer to this request: let a model answer with --model"
                })
              )
              : Effect.succeed<LlmResponse>({ content: answer.content, stop: answer.stop, usage: answer.usage })
          })
      }))
    return LlmProviders.of({ names: [], of })
  })
