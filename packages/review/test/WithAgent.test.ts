import { assert, describe, it } from "@effect/vitest"
import * as ApiAgent from "@nominal-code/agent/ApiAgent"
import { Block, type Message } from "@nominal-code/domain/model/Conversation"
import { Usage } from "@nominal-code/domain/model/Usage"
import type { AgentSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { LlmProvider, type LlmRequest } from "@nominal-code/llm/LlmProvider"
import * as LlmProviders from "@nominal-code/llm/LlmProviders"
import { Effect, Layer } from "effect"
import { review } from "../src/Review.ts"
import * as Scene from "./Scene.ts"

/** Rules of every provider: turns alternate, and each tool call is answered at once, and nothing else is. */
const faultsOf = (messages: ReadonlyArray<Message>): ReadonlyArray<string> =>
  messages.flatMap(({ content, role }, at) => {
    const before = messages[at - 1]
    const calls = (before?.content ?? []).filter(Block.guards.ToolUse).map(({ id }) => id)
    const results = content.filter(Block.guards.ToolResult).map(({ toolUseId }) => toolUseId)
    return [
      ...(role === (at % 2 === 0 ? "user" : "assistant") ? [] : [`${at} is out of turn`]),
      ...(calls.join() === results.join() ? [] : [`${at} answers ${results.join()} and not ${calls.join()}`]),
      ...(content.length > 0 ? [] : [`${at} is empty`])
    ]
  })

const headFiles = { "src/cart.ts": `${"\n".repeat(9)}const items = []\nlet total = 0` }

/** A finding that is proven by its own line. */
const proven = (changes: Record<string, unknown> = {}) =>
  Scene.finding({ evidence: [{ path: "src/cart.ts", line: 11, quote: "let total = 0" }], ...changes })

const submission = (id: string, input: Record<string, unknown>) =>
  Block.cases.ToolUse.make({ id, name: "submit_review", input: JSON.parse(JSON.stringify(input)) })

/** A model that answers these contents one after the other, and the requests that it saw. */
const scripted = (contents: ReadonlyArray<ReadonlyArray<Block>>) => {
  const requests: Array<LlmRequest> = []
  const verifications: Array<LlmRequest> = []
  const confirmed = Block.cases.ToolUse.make({
    id: "v1",
    name: "submit_verdicts",
    input: { verdicts: [{ id: "C1", verdict: "confirmed" }, { id: "C2", verdict: "confirmed" }] }
  })
  const send = (request: LlmRequest) =>
    Effect.sync(() => {
      if (JSON.stringify(request.messages).includes("## Claims")) {
        verifications.push(request)
        return { content: [confirmed], stop: "tool-use" as const, usage: Usage.none }
      }
      requests.push(request)
      const content = contents[requests.length - 1] ?? []
      const stop = content.some(Block.guards.ToolUse) ? "tool-use" as const : "end" as const
      return { content, stop, usage: Usage.none }
    })
  return {
    requests,
    verifications,
    layer: ApiAgent.layer.pipe(
      Layer.provide(LlmProviders.layer([Layer.succeed(LlmProvider, { name: "anthropic", send })]))
    )
  }
}

const run = (world: Scene.World, job: typeof Scene.pushJob, agent: ReturnType<typeof scripted>["layer"]) =>
  Effect.provide(review(job), Layer.merge(Scene.layer(world), agent))

describe("a review by the real agent", () => {
  it.effect("tells the model what is wrong with its submission, and takes the corrected one", () =>
    Effect.gen(function*() {
      const world = Scene.world()
      const { layer, requests } = scripted([
        [submission("t1", { summary: "s", comments: [Scene.finding(), Scene.finding({ line: 0 })] })],
        [submission("t2", { summary: "s", comments: [Scene.finding()] })]
      ])
      assert.deepInclude(yield* run(world, Scene.pushJob, layer), { _tag: "Reviewed", findings: 1 })
      assert.include(
        JSON.stringify(requests[1]?.messages.at(-1)),
        "comments[1].line: Expected a line number of at least 1"
      )
    }))

  it.effect("hands a made-up quote back once, and does not post the finding that brings it again", () =>
    Effect.gen(function*() {
      const input = (line: number, quote: string) => ({
        summary: "s",
        comments: [
          proven(),
          Scene.finding({ line, body: "Somebody else counts.", evidence: [{ path: "src/cart.ts", line, quote }] })
        ]
      })
      const forged = submission("t1", input(12, "let count = await load()"))
      const stubborn = Scene.world({ headFiles })
      const { layer, requests } = scripted([[forged], [forged]])
      assert.deepInclude(yield* run(stubborn, Scene.pushJob, layer), { _tag: "Reviewed", findings: 1 })
      assert.include(JSON.stringify(requests[1]?.messages.at(-1)), "does not stand at src/cart.ts:12")
      assert.deepStrictEqual(stubborn.drafts[0]?.comments.map(({ finding }) => finding.line), [11])
      assert.include(stubborn.drafts[0]?.summary, "1 finding without proof dropped")
      const mended = Scene.world({ headFiles })
      yield* run(mended, Scene.pushJob, scripted([[forged], [submission("t2", input(10, "const items = []"))]]).layer)
      assert.deepStrictEqual(mended.drafts[0]?.comments.map(({ finding }) => finding.line), [11, 10])
    }))

  it.effect("begins the verifier's call as its own, so that the cache has it, unless that one has another model or prompt", () =>
    Effect.gen(function*() {
      const beginning = ({ system, tools }: LlmRequest) => JSON.stringify([tools, system])
      const beginnings = Effect.fnUntraced(function*(verifier: Partial<AgentSettings>) {
        const settings = { ...Scene.settings, verifier: { ...Scene.settings.reviewer, maxTurns: 4, ...verifier } }
        const { layer, requests, verifications } = scripted([
          [submission("t1", { summary: "s", comments: [proven()] })]
        ])
        yield* run(Scene.world({ headFiles, settings }), Scene.pushJob, layer)
        const [first, verification] = [requests[0], verifications[0]].map((request) =>
          request === undefined ? "never asked" : beginning(request)
        )
        return { first, verification }
      })
      const same = yield* beginnings({})
      assert.strictEqual(same.verification, same.first)
      for (const verifier of [{ model: "another" }, { systemPrompt: "Verify." }]) {
        const other = yield* beginnings(verifier)
        assert.notStrictEqual(other.verification, other.first)
        assert.isBelow(other.verification?.length ?? Infinity, (other.first?.length ?? 0) / 2)
      }
    }))

  it.effect("goes on in a second one, with a history whose calls are all answered", () =>
    Effect.gen(function*() {
      const world = Scene.world({ headFiles })
      const { layer, requests } = scripted([
        [submission("t1", { summary: "first", comments: [proven()] })],
        [Block.cases.Text.make({ text: "I think about it." })],
        [submission("t2", { summary: "second", comments: [] })],
        [submission("t3", { summary: "third", comments: [] })]
      ])
      for (const job of [Scene.pushJob, Scene.mentionJob, Scene.mentionJob]) {
        assert.strictEqual((yield* run(world, job, layer))._tag, "Reviewed")
      }
      for (const { messages } of requests) assert.deepStrictEqual(faultsOf(messages), [])
      assert.include(JSON.stringify(requests.at(-1)?.messages), "first")
      assert.strictEqual(JSON.stringify(requests.at(-1)?.messages).match(/let count/g)?.length, 1)
    }))

  it.effect("makes a review of bare JSON in a text, and none of prose", () =>
    Effect.gen(function*() {
      const text = (words: string) => [Block.cases.Text.make({ text: words })]
      const json = JSON.stringify({ summary: "s", comments: [Scene.finding()] })
      const bare = scripted([text(json), text(json)])
      assert.deepInclude(yield* run(Scene.world(), Scene.pushJob, bare.layer), { _tag: "Reviewed", findings: 1 })
      const prose = scripted(Array.from({ length: 12 }, () => text("Looks good to me.")))
      const world = Scene.world()
      assert.deepInclude(yield* run(world, Scene.pushJob, prose.layer), { _tag: "Failed", retryable: false })
      assert.deepStrictEqual([world.drafts.length, world.replies.length], [0, 1])
    }))
})
