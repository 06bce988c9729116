import { assert, describe, it } from "@effect/vitest"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { Block } from "@nominal-code/domain/model/Conversation"
import { Effect } from "effect"
import { serviceOf } from "../src/ScriptedModel.ts"
import type { EvalCase } from "../src/Suite.ts"

const path = RepoPath.make("src/a.ts")

const one: EvalCase = {
  name: "one",
  title: "Count pages",
  description: "",
  url: "https://forge.example/pull/1",
  language: undefined,
  code: { _tag: "Trees", base: {}, head: {} },
  goldens: [],
  fixedLater: [],
  script: [
    {
      path,
      line: 4,
      body: "The last page is lost when it is not full.",
      quote: "Math.floor(n / 20)",
      severity: "high"
    },
    {
      path,
      line: 9,
      body: "The list is read twice.",
      quote: "read(list)",
      refuted_by: { path, line: 2, quote: "const list = once()" }
    }
  ]
}

/** The tool call with which the scripted model answers a prompt, and the tokens that it says it used. */
const answerTo = (prompt: string) =>
  Effect.map(
    serviceOf(one).send({
      model: "scripted",
      system: "You review.",
      messages: [{ role: "user", content: [Block.cases.Text.make({ text: prompt })] }],
      tools: [],
      toolChoice: "required",
      maxOutputTokens: 1_000
    }),
    ({ content, stop, usage }) => ({ call: content.find(Block.guards.ToolUse), stop, usage })
  )

describe("the scripted model", () => {
  it.effect("hands in each finding of its script with the code that proves it", () =>
    Effect.gen(function*() {
      const { call, stop, usage } = yield* answerTo("Review this.")
      assert.strictEqual(call?.name, "submit_review")
      assert.strictEqual(stop, "tool-use")
      assert.deepInclude(call?.input, { summary: "Count pages: looked at." })
      const text = JSON.stringify(call?.input)
      assert.include(text, "\"severity\":\"high\"")
      assert.include(text, "\"evidence\":[{\"path\":\"src/a.ts\",\"line\":9,\"quote\":\"read(list)\"}]")
      assert.isTrue(usage.input > 0 && usage.output > 0)
    }))

  it.effect("refutes the claims that its script refutes, by their own names, and confirms the others", () =>
    Effect.gen(function*() {
      const claim = (id: string, body: string) => `${id}, src/a.ts:4\n<untrusted-claim>\n${body}\n</untrusted-claim>`
      const { call } = yield* answerTo(
        ["## Claims", claim("C1", "The list is read twice."), claim("C2", "The last page is lost when it is not full.")]
          .join("\n\n")
      )
      assert.strictEqual(call?.name, "submit_verdicts")
      assert.deepStrictEqual(call?.input, {
        verdicts: [
          { id: "C1", verdict: "refuted", path: "src/a.ts", line: 2, quote: "const list = once()" },
          { id: "C2", verdict: "confirmed" }
        ]
      })
    }))
})
