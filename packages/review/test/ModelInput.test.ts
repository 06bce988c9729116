import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as ApiAgent from "@nominal-code/agent/ApiAgent"
import { Sha } from "@nominal-code/domain/event/PullRequest"
import { Block } from "@nominal-code/domain/model/Conversation"
import { Usage } from "@nominal-code/domain/model/Usage"
import { LlmProvider, type LlmRequest } from "@nominal-code/llm/LlmProvider"
import * as LlmProviders from "@nominal-code/llm/LlmProviders"
import { reviewSettings } from "@nominal-code/testing/TestConfig"
import * as Git from "@nominal-code/workspace/Git"
import * as Tools from "@nominal-code/workspace/tools/Tools"
import { Workspace } from "@nominal-code/workspace/Workspace"
import { Effect, FileSystem, Layer, Struct } from "effect"
import { review } from "../src/Review.ts"
import * as Scene from "./Scene.ts"

const commit = Sha.make("d".repeat(40))

/** The tools of a checkout of which nothing is read. */
const tools = Effect.gen(function*() {
  const baseDir = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped({ prefix: "model-input-" })
  const commits = { head: commit, base: commit, mergeBase: commit }
  return yield* Effect.provide(Tools.at({ gitDir: "/nowhere", commits }), Git.layer({ baseDir }))
})

/** The first request to the model about a change of a file, with the default settings. */
const firstRequest = Effect.fnUntraced(
  function*(name: string) {
    const changed = [Scene.file(name)]
    const settings = { ...Struct.omit(reviewSettings, ["languageGuidelines"]), botUsername: "nominal" }
    const world = Scene.world({ settings, forgeFiles: changed, gitFiles: changed })
    const checkout = { ...Scene.checkoutOf(world, Scene.headSha), tools: yield* tools }
    const requests: Array<LlmRequest> = []
    const submission = Block.cases.ToolUse.make({
      id: "t1",
      name: "submit_review",
      input: { summary: "s", comments: [] }
    })
    const model = Layer.succeed(LlmProvider, {
      name: settings.reviewer.provider,
      send: (request) =>
        Effect.sync(() => {
          requests.push(request)
          return { content: [submission], stop: "tool-use", usage: Usage.none }
        })
    })
    yield* Effect.provide(review(Scene.pushJob), [
      Scene.layer(world),
      Layer.mock(Workspace, { checkout: () => Effect.succeed(checkout) }),
      Layer.provide(ApiAgent.layer, LlmProviders.layer([model]))
    ])
    const [request] = requests
    return request ?? assert.fail("the model was not asked")
  },
  Effect.scoped,
  Effect.provide(NodeServices.layer)
)

/** Text of a prompt without what stands in it between tags: the data of the pull request. */
const frameOf = ({ messages }: LlmRequest) =>
  messages.flatMap(({ content }) => content).filter(Block.guards.Text).map(({ text }) => text).join("")
    .replaceAll(/<([a-z-]+)>[^]*?<\/\1>/g, "<$1></$1>")

const languages = ["c", "cpp", "cs", "go", "java", "js", "kt", "php", "py", "rb", "rs", "ts"]

describe("the first request of a review", () => {
  it.effect("takes at most 25,000 bytes beside the diff, in each language that has guidelines", () =>
    Effect.gen(function*() {
      for (const ending of languages) {
        const request = yield* firstRequest(`src/cart.${ending}`)
        const { system, tools } = request
        assert.include(system, "<language-guidelines>", ending)
        assert.includeMembers(tools.map(({ name }) => name), ["Agent", "GitDiff", "submit_review", "submit_verdicts"])
        assert.isAtMost(Buffer.byteLength(JSON.stringify([system, tools, frameOf(request)])), 25_000, ending)
      }
    }))

  it.effect("begins with the same role and tools as another one, so that a cache has them", () =>
    Effect.gen(function*() {
      const [one, other] = [yield* firstRequest("src/cart.ts"), yield* firstRequest("lib/other.ts")]
      assert.deepStrictEqual([other.system, other.tools], [one.system, one.tools])
      assert.notDeepEqual(other.messages, one.messages)
    }))
})
