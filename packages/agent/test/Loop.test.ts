import { assert, it } from "@effect/vitest"
import { Block, type Message } from "@nominal-code/domain/model/Conversation"
import { LlmError } from "@nominal-code/llm/LlmError"
import type { LlmRequest } from "@nominal-code/llm/LlmProvider"
import { ToolError } from "@nominal-code/workspace/Tool"
import { Effect, Exit, Schema } from "effect"
import { call, type Reply, run, says, submit, task, text, tool, turns, usage } from "./ScriptedModel.ts"
import { violations } from "./Transcript.ts"

/** Something that a model may put in one answer, however foolish. */
const Piece = Schema.Literals([
  "prose",
  "blank",
  "thinking",
  "read",
  "fail",
  "break",
  "unknown",
  "notes",
  "submit",
  "broken-submit",
  "hopeless-submit"
])
const Turn = Schema.Struct({
  pieces: Schema.Array(Piece).check(Schema.isMaxLength(4)),
  stop: Schema.Literals(["natural", "length", "too-long"]),
  tokens: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 200_000 }))
})
const Script = Schema.Array(Turn).check(Schema.isMinLength(1), Schema.isMaxLength(12))
const MaxTurns = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10 }))

const pieces: Record<typeof Piece.Type, () => Block> = {
  prose: () => text("I think so."),
  blank: () => text(" \n"),
  thinking: () => ({ _tag: "Opaque", provider: "anthropic", value: { type: "thinking" } }),
  read: () => call("Read"),
  fail: () => call("Fail"),
  break: () => call("Break"),
  unknown: () => call("Bash", { command: "rm -rf /" }),
  notes: () => call("WriteNotes", { content: "a.ts:3 leaks" }),
  submit: () => submit(),
  "broken-submit": () => submit({ text: "bugs" }),
  "hopeless-submit": () => submit([])
}

const tooLong = new LlmError({ provider: "anthropic", reason: "context-too-long", message: "too long" })

const replyOf = ({ pieces: wanted, stop, tokens }: typeof Turn.Type): Reply => () =>
  stop === "too-long" ? tooLong : says(wanted.map((piece) => pieces[piece]()), {
    usage: usage({ input: tokens }),
    ...(stop === "length" ? { stop } : {})
  })

const tools = [
  tool("Read"),
  tool("Fail", () => new ToolError({ message: "no" })),
  tool("Break", () => Effect.die("boom"))
]

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/**
 * Complaints about thoughts that come back with something else before them than what they were thought after. Claude
 * refuses those: tools, system prompt or an earlier message have changed.
 */
const misplacedThoughts = (requests: ReadonlyArray<LlmRequest>): ReadonlyArray<string> => {
  const isThought = ({ content }: Message) => content.some(Block.guards.Opaque)
  return requests.flatMap(({ messages, system, tools }, index) =>
    messages.flatMap((message, at) => {
      const wasAfter = requests.slice(0, index).some((earlier) =>
        same(earlier.messages, messages.slice(0, at)) && same(earlier.tools, tools) && earlier.system === system
      )
      return isThought(message) && !wasAfter ? [`the thought of message ${at} in request ${index}`] : []
    })
  )
}

it.effect.prop(
  "whatever the model does, every request and the kept conversation are in order, thoughts stay where they were, and the turns are bounded",
  [Script, MaxTurns],
  ([script, maxTurns]) =>
    Effect.gen(function*() {
      const { exit, requests } = yield* run(task({ ...turns(maxTurns), tools }), script.map(replyOf))
      // A conversation out of order is a defect of the scripted model, and would be a cause without a typed error.
      assert.isFalse(Exit.hasDies(exit), String(exit))
      assert.deepStrictEqual(misplacedThoughts(requests), [])
      if (Exit.isSuccess(exit)) {
        const { answer, conversation, stopped, turns, usage } = exit.value
        assert.deepStrictEqual(violations(conversation.messages), [])
        assert.strictEqual(stopped === "submitted", answer._tag === "Some")
        assert.isAtMost(turns, maxTurns)
        assert.isAtMost(usage.calls, maxTurns + 1)
        // Each call may have been refused once as too long.
        assert.isAtMost(requests.length, 2 * (maxTurns + 1))
        const again = yield* run(task({ history: conversation }), [says([submit()])])
        assert.isTrue(Exit.isSuccess(again.exit), String(again.exit))
      }
    }),
  { arbitrary: { runs: 300 } }
)
