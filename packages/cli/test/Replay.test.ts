import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import * as ApiAgent from "@nominal-code/agent/ApiAgent"
import * as RecordedCalls from "@nominal-code/agent/RecordedCalls"
import { AppConfig } from "@nominal-code/config/AppConfig"
import * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
import { PullNumber, PullRequest, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/event/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Job, jobOfHead } from "@nominal-code/domain/job/Job"
import { Block } from "@nominal-code/domain/model/Conversation"
import { Usage } from "@nominal-code/domain/model/Usage"
import { LlmProvider, type LlmRequest } from "@nominal-code/llm/LlmProvider"
import { LlmProviders } from "@nominal-code/llm/LlmProviders"
import { ConfigProvider, Console, Effect, FileSystem, Layer, Option, Schema } from "effect"
import { execFileSync } from "node:child_process"
import { replay } from "../src/commands/Replay.ts"
import { configured } from "../src/Configured.ts"
import * as Logging from "../src/Logging.ts"
import { answerLocally, type LocalReview } from "../src/ReviewChanges.ts"
import { recording } from "../src/transcripts/Recording.ts"

/** A model that has one answer, and counts its calls. */
const modelOf = (text: string) => {
  const requests: Array<LlmRequest> = []
  const service = LlmProvider.of({
    name: "anthropic",
    send: (request) =>
      Effect.sync(() => {
        requests.push(request)
        const input = { summary: text }
        return {
          content: [Block.cases.ToolUse.make({ id: "t1", name: "submit_review", input })],
          stop: "tool-use",
          usage: new Usage({ input: 10, output: 5, cacheRead: 0, cacheWrite: 0 })
        }
      })
  })
  const providers = Layer.succeed(LlmProviders, { names: ["anthropic"], of: () => Effect.succeed(service) })
  return { agent: Layer.provide(ApiAgent.layer, Layer.provide(RecordedCalls.layer, providers)), requests }
}

/** A question about a pull request of a repository on this disk. */
const questionIn = Effect.fnUntraced(function*(repository: string) {
  const fs = yield* FileSystem.FileSystem
  const git = (...args: ReadonlyArray<string>) =>
    execFileSync("git", ["-C", repository, "-c", "user.name=a", "-c", "user.email=a@b", ...args], { encoding: "utf8" })
  const commit = Effect.fnUntraced(function*(text: string) {
    yield* fs.writeFileString(`${repository}/total.ts`, text)
    git("add", ".")
    git("commit", "--quiet", "-m", "A change")
    return Sha.make(git("rev-parse", "HEAD").trim())
  })
  git("init", "--quiet")
  const [baseSha, headSha] = [yield* commit("0\n"), yield* commit("1\n")]
  const ref = new PullRequestRef({ platform: "github", repo: RepoName.make("acme/shop"), number: PullNumber.make(7) })
  const pullRequest = new PullRequest({
    ref,
    title: "A change",
    description: "",
    author: "ada",
    state: "open",
    draft: false,
    headSha,
    headBranch: "change",
    baseSha,
    baseBranch: "main"
  })
  const event = yield* Schema.decodeEffect(PullRequestEvent)({
    _tag: "Comment",
    kind: "issue_comment",
    pullRequest: { platform: "github", repo: "acme/shop", number: 7 },
    title: "A change",
    author: "ada",
    authorIsBot: false,
    commentId: 12,
    body: "@nominal why one?"
  })
  const job = new Job({ ...jobOfHead(pullRequest, { prompt: "", asked: true }), event, prompt: "why one?" })
  const review: LocalReview = { job, pullRequest, repository }
  return review
})

layer(NodeServices.layer)("nominal-code replay", (it) => {
  it.effect("prints the recorded answer to a question, without asking a model", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "replay-" })
      yield* fs.makeDirectory(`${directory}/work`)
      const question = yield* questionIn(`${directory}/work`)
      const provider = ConfigProvider.fromEnvRecord({
        PATH: process.env["PATH"] ?? "",
        NOMINAL_DATA_DIR: directory,
        WORKSPACE_BASE_DIR: `${directory}/git`,
        RETENTION_TRANSCRIPTS: "true"
      })
      const { agent, requests } = modelOf("Since one item is sold at least.")
      const recorded = yield* Effect.flatMap(
        AppConfig,
        (config) => recording(config, question.job, answerLocally(question, "why one?"))
      ).pipe(
        Effect.provide(
          agent.pipe(
            Layer.provideMerge(configured(Logging.layerReview((text) => text))),
            Layer.provideMerge(AppConfigLayer.layer("review", {}))
          )
        ),
        Effect.provideService(ConfigProvider.ConfigProvider, provider)
      )
      const printed: Array<string> = []
      const console = { ...(yield* Console.Console), log: (text: string) => printed.push(text), error: () => {} }
      for (const json of [false, true]) {
        yield* replay({
          job: question.job.id,
          model: Option.none(),
          provider: Option.none(),
          json,
          repository: Option.some(question.repository)
        }).pipe(
          Effect.provideService(ConfigProvider.ConfigProvider, provider),
          Effect.provideService(Console.Console, console)
        )
      }
      assert.deepStrictEqual([recorded, requests.length], ["Since one item is sold at least.", 1])
      assert.strictEqual(printed[0], recorded)
      assert.deepStrictEqual(JSON.parse(printed[1] ?? ""), { answer: recorded })
    }))
})
