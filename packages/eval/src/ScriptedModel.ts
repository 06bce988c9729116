/** A model that hands in what a case scripts, so that a suite and the way to its result can be tried without a key. */
import { Block } from "@nominal-code/domain/model/Conversation"
import { Usage } from "@nominal-code/domain/model/Usage"
import { LlmProvider, type LlmRequest, type LlmResponse } from "@nominal-code/llm/LlmProvider"
import { Effect, Predicate } from "effect"
import type { EvalCase, ScriptedFinding } from "./Suite.ts"

/** Name of the provider and of its model. */
export const scripted = "scripted"

const charactersPerToken = 4

const comment = ({ body, line, path, quote, severity = "medium" }: ScriptedFinding) => ({
  path,
  line,
  side: "RIGHT",
  body,
  severity,
  confidence: "medium",
  category: "bug",
  reach: "local",
  evidence: [{ path, line, quote }]
})

const claims = /^(C\d+), .*\n<untrusted-claim>\n([^]*?)\n<\/untrusted-claim>/gm

const textOf = (content: ReadonlyArray<Block>): string =>
  content.filter(Block.guards.Text).map(({ text }) => text).join("\n")

/** Verdicts about the claims of a prompt: refuted where the script says by what, else confirmed. */
const verdictsOn = (prompt: string, script: ReadonlyArray<ScriptedFinding>) =>
  [...prompt.matchAll(claims)].map(([, id = "", statement = ""]) => {
    const counter = script.find(({ body }) => statement.startsWith(body.slice(0, 40)))?.refuted_by
    return counter === undefined ? { id, verdict: "confirmed" } : { id, verdict: "refuted", ...counter }
  })

const answerTo = ({ messages }: LlmRequest, { script, title }: EvalCase): Block => {
  const prompt = textOf(messages.flatMap(({ content }) => content))
  return /^## Claims$/m.test(prompt)
    ? Block.cases.ToolUse.make({
      id: "verdicts",
      name: "submit_verdicts",
      input: { verdicts: verdictsOn(prompt, script) }
    })
    : Block.cases.ToolUse.make({
      id: `review_${messages.length}`,
      name: "submit_review",
      input: { summary: `${title}: looked at.`, comments: script.map(comment) }
    })
}

const sizeOf = (value: unknown): number =>
  Math.ceil((Predicate.isString(value) ? value : JSON.stringify(value)).length / charactersPerToken)

/** The service of a case's script. */
export const serviceOf = (one: EvalCase): LlmProvider["Service"] =>
  LlmProvider.of({
    name: scripted,
    send: (request) =>
      Effect.sync((): LlmResponse => {
        const answer = answerTo(request, one)
        const input = sizeOf(request.system) + sizeOf(request.messages) + sizeOf(request.tools)
        return {
          content: [answer],
          stop: "tool-use",
          usage: new Usage({ input, output: sizeOf(answer), cacheRead: 0, cacheWrite: 0 })
        }
      })
  })
