import { Block } from "@nominal-code/domain/model/Conversation"
import { Deferred, Effect, Option, Ref, Schema } from "effect"
import type { AgentTask } from "../AgentRunner.ts"
import * as LastTurn from "../LastTurn.ts"
import * as ToolCalls from "../ToolCalls.ts"
import type { Toolbox } from "./ToolServer.ts"

/** Number of invalid submissions that the model may repair. The next one is decoded leniently. */
const repairs = 2

const received = "Received. The task is done. Answer with the word \"done\" and nothing else."

/** Tools of a task, with the one that takes its answer. */
export interface SubmissionTools<A> extends Toolbox {
  /** The accepted answer, once there is one. */
  readonly accepted: Deferred.Deferred<A>
  /** The accepted answer; else what is usable of the last refused one. */
  readonly answer: Effect.Effect<Option.Option<A>>
}

const isJson = Schema.is(Schema.Json)

/**
 * Makes the tools of a task. `turn` tells the number of the current turn. Beyond the task's limit they take nothing but
 * the answer.
 */
export const make = Effect.fnUntraced(function*<A>(task: AgentTask<A>, limit: number, turn: Effect.Effect<number>) {
  const { decode, toolName } = task.submission
  const accepted = yield* Deferred.make<A>()
  const refused = yield* Ref.make<ReadonlyArray<unknown>>([])
  const submit = ToolCalls.submitSpec(task.submission)

  const receive = Effect.fnUntraced(function*(input: unknown, last: boolean) {
    const lenient = last || (yield* Ref.get(refused)).length >= repairs
    return yield* Effect.matchEffect(decode(input, { lenient }), {
      onFailure: (wrong) =>
        Effect.as(Ref.update(refused, (before) => [...before, input]), {
          text: `Not accepted: ${wrong}\nCorrect it and submit again.`,
          isError: true
        }),
      onSuccess: (answer) => Effect.as(Deferred.succeed(accepted, answer), { text: received, isError: false })
    })
  })

  const use = Effect.fnUntraced(function*(name: string, input: unknown, left: number) {
    const call = Block.cases.ToolUse.make({ id: name, name, input: isJson(input) ? input : {} })
    const [block] = yield* ToolCalls.runAll(task.tools, [call])
    const { content, isError } = block !== undefined && Block.guards.ToolResult(block)
      ? block
      : { content: "", isError: true }
    return { text: left === 1 ? `${content}\n\n${LastTurn.demand(toolName)}` : content, isError }
  })

  const tools: SubmissionTools<A> = {
    specs: [...task.tools.map(ToolCalls.toSpec), submit],
    accepted,
    answer: Effect.gen(function*() {
      if (yield* Deferred.isDone(accepted)) return Option.some(yield* Deferred.await(accepted))
      const last = (yield* Ref.get(refused)).at(-1)
      return last === undefined ? Option.none() : yield* Effect.option(decode(last, { lenient: true }))
    }),
    call: Effect.fnUntraced(function*(name, input) {
      if (yield* Deferred.isDone(accepted)) return { text: received, isError: true }
      const left = limit - (yield* turn)
      if (name === toolName) return yield* receive(input, left <= 0)
      return left <= 0
        ? { text: LastTurn.order(toolName, ""), isError: true }
        : yield* use(name, input, left)
    })
  }
  return tools
})
