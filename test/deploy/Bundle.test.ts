import { NodeServices } from "@effect/platform-node"
import { assert, describe, it, layer } from "@effect/vitest"
import { defaultModels } from "@nominal-code/config/DefaultModels"
import { Login, PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/event/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { DeliveryId, Job, jobIdOfDelivery } from "@nominal-code/domain/job/Job"
import { JobPayloadJson } from "@nominal-code/domain/job/JobPayload"
import { Lane, Namespace } from "@nominal-code/domain/job/Lane"
import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import * as Scene from "@nominal-code/testing/GitHubScene"
import * as ScriptedModel from "@nominal-code/testing/ScriptedModel"
import { firstUsually } from "@nominal-code/testing/Sized"
import { testConfig } from "@nominal-code/testing/TestConfig"
import * as Syntax from "@nominal-code/workspace/syntax/Syntax"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { execPath } from "node:process"
import { pathToFileURL } from "node:url"
import { images, leftOut } from "../../ci/variants.ts"
import { build, makeApp } from "./Bundle.ts"
import { root, temporary } from "./Rendering.ts"

class App extends Context.Service<App, Effect.Success<ReturnType<typeof makeApp>>>()("test/deploy/App") {
  static readonly layer = Layer.effect(App, makeApp("all"))
}

/** The providers that have an SDK of their own. */
const sdkProviders = ["anthropic", "openai", "google"] as const

/** A provider of each kind: Chat Completions are spoken with OpenAI's SDK. */
const providers = [...sdkProviders, "deepseek"] as const
type Provider = typeof providers[number]

const sdkOf = (provider: Provider) => provider === "deepseek" ? "openai" : provider

/** A word that only this SDK's own code has. */
const wordOf: Readonly<Record<typeof sdkProviders[number], string>> = {
  anthropic: "anthropic-dangerous-direct-browser-access",
  openai: "OPENAI_CUSTOM_HEADERS",
  google: "GOOGLE_GENAI_USE_VERTEXAI"
}

/** A word that only the GitLab client's code has. */
const gitLabWord = "GitbeakerRequestError"

/** A word that only the store of a server has. */
const storeWord = "SqliteQueue.recover"

const sdksIn = (code: string) => sdkProviders.filter((provider) => code.includes(wordOf[provider]))

const finding = {
  path: "a.txt",
  line: 10,
  body: "The others have a number here.",
  severity: "low",
  confidence: "high",
  category: "style"
} as const

/** The payload of the job that an opened pull request makes at a server with this provider. */
const opened = ({ bot, pull }: Effect.Success<typeof Scene.scene>, provider: Provider) => {
  const delivery = DeliveryId.make("a-delivery")
  const repo = RepoName.make(pull.repository.fullName)
  const number = PullNumber.make(pull.number)
  return Schema.encodeEffect(JobPayloadJson)({
    version: 2,
    settings: settingsWith(provider),
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

const settingsWith = (provider: Provider) => {
  const { review } = testConfig()
  const agent = { provider, model: defaultModels[provider], maxTurns: 8 }
  return { ...review, reviewer: agent, verifier: agent, explorer: agent }
}

/** A pull request that changes a file of TypeScript. */
const sceneWith = (text: string) =>
  Effect.gen(function*() {
    const emulator = yield* GitHubEmulator.make()
    const repository = yield* emulator.addRepository("acme/shop", [{ message: "Begin", files: { "a.ts": text } }])
    const pull = yield* emulator.openPullRequest({
      repository,
      commits: [{ message: "Add a line", files: { "a.ts": `${text}export const other = 2\n` } }]
    })
    return { emulator, repository, pull, bot: emulator.account("bot") }
  })

type AppOf = Effect.Success<ReturnType<typeof makeApp>>

/** Runs one job of a server with this provider, for which the process has nothing but the keys of all. */
const runJob = Effect.fnUntraced(function*(
  { directory, nominalCode }: AppOf,
  provider: Provider,
  more: Readonly<Record<string, string>> = {},
  sceneOf: typeof Scene.scene = Scene.scene
) {
  const scene = yield* sceneOf
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
  const variables = providers.map((one) => ScriptedModel.variables(model.url, one, "a-key-that-is-long-enough"))
  const { AGENT_PROVIDER: _, ...keys } = Object.assign({}, ...variables)
  const ended = yield* nominalCode(["run-job"], {
    REVIEW_JOB_PAYLOAD: yield* opened(scene, provider),
    GITHUB_TOKEN: scene.bot.token,
    GITHUB_API_BASE: scene.emulator.apiBase,
    ...keys,
    WORKSPACE_BASE_DIR: `${directory}/workspace`,
    NOMINAL_STORAGE: "memory",
    ...more
  })
  return { ...ended, scene, found: found.join("\n") }
})

layer(App.layer, { timeout: "2 minutes", excludeTestServices: true })("the image's program", (it) => {
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

  it.effect("shows its help without loading any of it, and a job loads a few files and nothing of a review until it has one", () =>
    Effect.gen(function*() {
      const { code, compile, directory, nominalCode } = yield* App
      const help = yield* nominalCode(["--help"])
      assert.deepStrictEqual([help.code, help.chunks], [0, []])
      const job = yield* nominalCode(["run-job"], { REVIEW_JOB_PAYLOAD: "{}" })
      assert.strictEqual(job.code, 1)
      assert.include(job.written, "job payload")
      // Each file costs more than its bytes: it is found, read and linked by itself.
      assert.isAtMost(job.chunks.length, 10)
      assert.isAtMost(job.loaded.length, 1_200_000)
      // The queue is a server's, the parser of the command line has nothing to read, and there is nothing to review yet.
      assert.notMatch(
        job.chunks.join(" "),
        /\b(?:Cli|server)-|\b(?:Yaml|GitLab|Sanitise|Drafting|Question|Checkout)\.js/
      )
      assert.notInclude(job.loaded, storeWord)
      assert.include(yield* code, storeWord)

      const compiled = yield* compile
      assert.deepStrictEqual([compiled.code, compiled.written], [0, ""])
      const kept = globSync("*/*", { cwd: `${directory}/kept` }).length
      assert.isAbove(kept, job.chunks.length)
    }))

  it.effect("imports nothing that is neither in it, nor Node's own, nor ripgrep", () =>
    Effect.gen(function*() {
      const { code } = yield* App
      const imports = [...(yield* code).matchAll(/(?:^|;)(?:import|export)\b[^;"]*?\bfrom ?"([^".][^"]*)"/gm)]
      const strangers = imports.map(([, name]) => name ?? "").filter((name) => !isBuiltin(name))
      assert.isAbove(imports.length, 10)
      assert.deepStrictEqual(strangers, [])
    }))

  it.effect("is ASCII: of a chunk with any other character V8 keeps two bytes a character", () =>
    Effect.gen(function*() {
      const code = yield* (yield* App).code
      assert.strictEqual(Buffer.byteLength(code), code.length)
    }))

  it.effect("parses the twelve languages with the grammars in it", () =>
    Effect.gen(function*() {
      const { directory } = yield* App
      const program = pathToFileURL(`${directory}/app/lib/SyntaxWorker.js`)
      const syntax = yield* Syntax.make({
        thread: yield* Syntax.makeThread(program),
        each: "2 minutes",
        all: "10 minutes"
      })
      for (const ending of "c cpp cs go java js kt php py rb rs ts tsx".split(" ")) {
        assert.isTrue(Option.isSome(yield* syntax.outline(`a.${ending}`, "total")), ending)
      }
    }))

  it.effect("loads nothing of the program in the thread that parses but the parser", () =>
    Effect.gen(function*() {
      const { directory } = yield* App
      const loaded = new Set<string>()
      const load = (name: string): void => {
        if (loaded.has(name)) return
        loaded.add(name)
        const code = readFileSync(`${directory}/app/lib/${name}`, "utf8")
        for (const [, chunk = ""] of code.matchAll(/\bfrom ?"\.\/([^"]+)"/g)) load(chunk)
      }
      load("SyntaxWorker.js")
      assert.deepStrictEqual(
        Array.from(loaded, (name) => name.replace(/-.*/, "")).toSorted(),
        ["SyntaxWorker.js", "parser", "rolldown"]
      )
    }))

  it.effect("starts a thread to parse a long file, and none for a short one", () =>
    Effect.gen(function*() {
      const app = yield* App
      const preload = `${app.directory}/threads.cjs`
      writeFileSync(preload, "process.on(\"worker\", () => process.stderr.write(\"a thread was started\\n\"))")
      const run = (text: string) => runJob(app, "anthropic", { NODE_OPTIONS: `--require=${preload}` }, sceneWith(text))
      const long = yield* run("export const one = 1\n".repeat(1_000))
      assert.strictEqual(long.code, 0, long.written)
      assert.include(long.written, "a thread was started")
      const short = yield* run("export const one = 1\n")
      assert.strictEqual(short.code, 0, short.written)
      assert.notInclude(short.written, "a thread was started")
    }).pipe(Effect.scoped))

  it.effect("has every text that a module reads at run time, where the module looks for it", () =>
    Effect.gen(function*() {
      const { directory } = yield* App
      const texts = globSync("packages/*/{src,prompts,guidelines}/**/*.{md,lua}", { cwd: root })
      assert.isAbove(texts.length, 5)
      for (const text of texts) {
        const [, , ...path] = text.replace(/\/src\/(?:redis\/)?/, "/lib/").split("/")
        assert.isTrue(existsSync(`${directory}/app/${path.join("/")}`), text)
      }
    }))

  it.effect("compiles nothing of a job again that its image's build has compiled", () =>
    Effect.gen(function*() {
      const app = yield* App
      yield* app.compile
      const { code, written } = yield* runJob(app, "anthropic", {
        NODE_COMPILE_CACHE: `${app.directory}/kept`,
        NODE_DEBUG_NATIVE: "COMPILE_CACHE"
      })
      assert.strictEqual(code, 0, written)
      const verdicts = [...written.matchAll(/code cache for \w+ \S*\/app\/(lib\/\S+) was (\w+)/g)]
      const named = (verdict: string) => verdicts.flatMap(([, name = "", one]) => one === verdict ? [name] : [])
      assert.deepStrictEqual(named("rejected"), [])
      assert.match(named("accepted").join(" "), /start-\S+ .*sdk-/)
    }).pipe(Effect.scoped))

  it.effect.each(providers)(
    "does a job on GitHub with %s: the prompts, the SDK and ripgrep are all there, and no other SDK is loaded",
    (provider) =>
      Effect.gen(function*() {
        const app = yield* App
        const { code, found, loaded, scene, written } = yield* runJob(app, provider)
        assert.strictEqual(code, 0, written)
        assert.match(found, /a\.txt/)
        assert.include(scene.emulator.state.reviews.map(({ body }) => body).join("\n"), "One word is odd.")
        assert.deepStrictEqual(scene.emulator.violations, [])
        assert.deepStrictEqual(sdksIn(loaded), [sdkOf(provider)])
        assert.include(yield* app.code, gitLabWord)
        assert.notInclude(loaded, gitLabWord)
      }).pipe(Effect.scoped)
  )
})

describe("the images' variants", () => {
  it("are one for all providers, and one for each provider of this build", () => {
    const printed = spawnSync(execPath, [`${root}/ci/variants.ts`], { encoding: "utf8" }).stdout
    assert.deepStrictEqual(JSON.parse(printed), images)
    assert.deepStrictEqual(images, [
      { extras: "all", image: "nominal-code" },
      { extras: "anthropic", image: "nominal-code-anthropic" },
      { extras: "openai", image: "nominal-code-openai" },
      { extras: "google", image: "nominal-code-google" }
    ])
  })

  it("leave out every other SDK, and nothing whose name only begins like it", () => {
    const out = (extras: string, name: string) => leftOut(extras).some((pattern) => pattern.test(name))
    const names = {
      anthropic: ["@anthropic-ai/sdk"],
      openai: ["openai", "openai/helpers/zod"],
      google: ["@google/genai", "@google/genai/node"]
    }
    for (const own of sdkProviders) {
      for (const other of sdkProviders) {
        for (const name of names[other]) assert.strictEqual(out(own, name), own !== other, `${own}: ${name}`)
      }
      assert.isFalse(out(own, "openai-something-else"))
    }
    for (const name of Object.values(names).flat()) assert.isFalse(out("all", name))
  })

  it.live.each(firstUsually(sdkProviders))(
    "the one of %s does a job with it, and says of another that its SDK is missing",
    (provider) =>
      Effect.gen(function*() {
        const app = yield* makeApp(provider)
        assert.deepStrictEqual(sdksIn(yield* app.code), [provider])
        const { code, scene, written } = yield* runJob(app, provider)
        assert.strictEqual(code, 0, written)
        assert.include(scene.emulator.state.reviews.map(({ body }) => body).join("\n"), "One word is odd.")
        const [other = provider] = sdkProviders.filter((one) => one !== provider)
        const failed = yield* runJob(app, other)
        assert.strictEqual(failed.code, 1)
        assert.match(failed.written, new RegExp(`model: ${other} .*Cannot load \\S+: install it with`))
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.live("a provider that this build has no layer for is not built, and the message says which it has", () =>
    Effect.gen(function*() {
      const { code, written } = yield* build(temporary(), "groq")
      assert.notStrictEqual(code, 0)
      assert.include(
        written,
        "EXTRAS=groq: this build has no provider of that name; it has all, anthropic, openai, google"
      )
    }))
})
