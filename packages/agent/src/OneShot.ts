import { Block } from "@nominal-code/domain/model/Conversation"
import type { LlmError } from "@nominal-code/llm/LlmError"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Effect, Option, Result, Schema } from "effect"
import type { AgentResult } from "./AgentRunner.ts"
import { ask } from "./Ask.ts"
import { type Session, start, type State } from "./Session.ts"

const instruction = (schema: unknown): string =>
  "You have no tools here, and nobody answers questions: work with what you were shown. Answer with one JSON object and " +
  `nothing else, in the form of this JSON Schema:\n\n${JSON.stringify(schema)}`

const parse = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

/** JSON object of an answer, which may stand in a fence or between words. */
const objectIn = (text: string): Option.Option<unknown> =>
  Option.firstSomeOf([parse(text.trim()), parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1))])

const ended = <A>(
  { usage }: Session<A>,
  state: State,
  answer: Option.Option<A>,
  stopped: AgentResult<A>["stopped"]
): Effect.Effect<AgentResult<A>> =>
  Effect.map(usage, (usage) => ({
    answer,
    text: state.text,
    conversation: { messages: state.messages },
    turns: state.turns,
    usage,
    ...Option.match(state.limit, { onNone: () => ({}), onSome: (limit) => ({ limit }) }),
    stopped
  }))

/**
 * Runs a task on a model without tools: one question with everything in it, and one answer in JSON. An answer that cannot
 * be read is in the result's text. Earlier conversations are left out, because they hold calls of tools.
 */
export const run = Effect.fnUntraced(function*<A>(
  given: Session<A>
): Effect.fn.Return<AgentResult<A>, LlmError | StoreError> {
  const session: Session<A> = { ...given, task: { ...given.task, history: { messages: [] } }, tools: [], specs: [] }
  const state = start(session)
  const asked = yield* ask(session, state, {
    specs: [],
    isLast: true,
    demand: instruction(session.submit.inputSchema)
  })
  if (Result.isFailure(asked)) {
    return yield* ended(session, { ...state, limit: Option.some(asked.failure) }, Option.none(), "budget")
  }
  const { response, state: said } = asked.success
  const text = response.content.filter(Block.guards.Text).map(({ text }) => text).join("\n")
  const answer = yield* Effect.fromOption(objectIn(text)).pipe(
    Effect.flatMap((input) => session.task.submission.decode(input, { lenient: false })),
    Effect.option
  )
  return yield* ended(session, { ...said, turns: 1 }, answer, Option.isSome(answer) ? "submitted" : "prose")
})
