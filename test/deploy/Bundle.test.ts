import { assert, describe, it, layer } from "@effect/vitest"
import { DeliveryId, Job, jobIdOfDelivery } from "@nominal-code/domain/Job"
import { JobPayloadJson } from "@nominal-code/domain/JobPayload"
import { Lane, Namespace } from "@nominal-code/domain/Lane"
import { Login, PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/PullRequestEvent"
import { Context, Effect, Layer, Schema } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, globSync } from "node:fs"
import { isBuiltin } from "node:module"
import { execPath } from "node:process"
import { images, leftOut } from "../../ci/variants.ts"
import * as Scene from "../emulators/Scene.ts"
import * as ScriptedModel from "../emulators/ScriptedModel.ts"
import { build, makeApp } from "./Bundle.ts"
import { root, temporary } from "./Rendering.ts"

class App extends Context.Service<App, Effect.Success<ReturnType<typeof makeApp>>>()("test/deploy/App") {
  static readonly layer = Layer.effect(App, makeApp("anthropic"))
}

const finding = {
  path: "a.txt",
  line: 10,
  body: "The others have a number here.",
  severity: "low",
  confidence: "high",
  category: "style"
} as const

/** The payload of the job that an opened pull request makes. */
const opened = ({ bot, pull }: Effect.Success<typeof Scene.scene>) => {
  const delivery = DeliveryId.make("a-delivery")
  const repo = RepoName.make(pull.repository.fullName)
  const number = PullNumber.make(pull.number)
  return Schema.encodeEffect(JobPayloadJson)({
    version: 1,
    job: new Job({
      id: jobIdOfDelivery("github", delivery),
      lane: new Lane({ namespace: Namespace.make(""), platform: "github", repo, number, bot: Login.make(bot.login) }),
      event: PullRequestEvent.cases.Lifecycle.make({
        kind: "pr_opened",
        pullRequest: new PullRequestRef({ platform: "github", repo, number }),
        title: pull.title,
        author: Login.make(pull.author.login),
        headSha: Sha.make(pull.headSha),
        headBranch: "feature",
        baseBranch: "main"
      }),
      prompt: "",
      delivery,
      receivedAt: 0
    })
  })
}

layer(App.layer, { timeout: "60 seconds", excludeTestServices: true })("the image's program", (it) => {
  it.effect("starts without any package beside it but ripgrep", () =>
    Effect.gen(function*() {
      const { nominalCode } = yield* App
      const help = yield* nominalCode(["--help"])
      assert.strictEqual(help.code, 0, help.written)
      assert.match(help.written, /serve[^]*run-job/)
      const serve = yield* nominalCode(["serve"])
      assert.strictEqual(serve.code, 1)
      assert.match(serve.written, /^nominal-code: Configuration error/)
    }))

  it.effect("imports nothing that is neither in it, nor Node's own, nor ripgrep", () =>
    Effect.gen(function*() {
      const { code } = yield* App
      const imports = [...(yield* code).matchAll(/^(?:import|export)\b[^\n]*?\bfrom "([^".][^"]*)";?$/gm)]
      const strangers = imports.map(([, name]) => name ?? "").filter((name) => !isBuiltin(name))
      assert.isAbove(imports.length, 10)
      assert.deepStrictEqual(strangers, [])
    }))

  it.effect("has every text that a module reads at run time, where the module looks for it", () =>
    Effect.gen(function*() {
      const { directory } = yield* App
      const texts = globSync("packages/*/{src,prompts,guidelines}/**/*.{md,lua}", { cwd: root })
      assert.isAbove(texts.length, 5)
      for (const text of texts) {
        const [, , ...path] = text.replace("/src/", "/lib/").split("/")
        assert.isTrue(existsSync(`${directory}/app/${path.join("/")}`), text)
      }
    }))

  it.effect("does one job from its payload: the prompts, the model's SDK and ripgrep are all there", () =>
    Effect.gen(function*() {
      const { directory, nominalCode } = yield* App
      const scene = yield* Scene.scene
      const model = yield* ScriptedModel.make
      const found: Array<string> = []
      const script = ScriptedModel.turns(
        { calls: [{ name: "Grep", input: { pattern: "line t[e]n" } }] },
        { calls: [ScriptedModel.submitReview("One word is odd.", [finding])] }
      )
      model.script((request) => {
        found.push(...request.toolResults)
        return script(request)
      })
      const { code, written } = yield* nominalCode(["run-job"], {
        REVIEW_JOB_PAYLOAD: yield* opened(scene),
        GITHUB_TOKEN: scene.bot.token,
        GITHUB_API_BASE: scene.emulator.apiBase,
        ANTHROPIC_API_KEY: "a-key-that-is-long-enough",
        ANTHROPIC_BASE_URL: model.url,
        WORKSPACE_BASE_DIR: `${directory}/workspace`,
        NOMINAL_STORAGE: "memory"
      })
      assert.strictEqual(code, 0, written)
      assert.match(found.join("\n"), /a\.txt/)
      assert.include(scene.emulator.state.reviews.map(({ body }) => body).join("\n"), "One word is odd.")
      assert.deepStrictEqual(scene.emulator.violations, [])
    }).pipe(Effect.scoped))
})

describe("the images' variants", () => {
  it("are one for all providers, and one for each provider of this build", () => {
    const printed = spawnSync(execPath, [`${root}/ci/variants.ts`], { encoding: "utf8" }).stdout
    assert.deepStrictEqual(JSON.parse(printed), images)
    assert.deepStrictEqual(images, [
      { extras: "all", image: "nominal-code" },
      { extras: "anthropic", image: "nominal-code-anthropic" }
    ])
  })

  it("hold their own SDK and no other", () => {
    const out = (extras: string, name: string) => leftOut(extras).some((pattern) => pattern.test(name))
    for (const name of ["@anthropic-ai/sdk", "openai", "openai/helpers/zod", "@google/genai"]) {
      assert.isFalse(out("all", name))
    }
    assert.isFalse(out("anthropic", "@anthropic-ai/sdk"))
    assert.isTrue(out("anthropic", "openai"))
    assert.isTrue(out("anthropic", "openai/helpers/zod"))
    assert.isTrue(out("anthropic", "@google/genai"))
    assert.isFalse(out("anthropic", "openai-something-else"))
  })

  it.live("a provider that this build has no layer for is not built, and the message says which it has", () =>
    Effect.gen(function*() {
      const { code, written } = yield* build(temporary(), "google")
      assert.notStrictEqual(code, 0)
      assert.include(written, "EXTRAS=google: this build has no provider of that name; it has all, anthropic")
    }))
})
