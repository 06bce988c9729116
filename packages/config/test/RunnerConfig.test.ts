import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, FileSystem, Option, Redacted } from "effect"
import { complete, type ConfigInput, configured, problems } from "./Fixture.ts"

const { ANTHROPIC_API_KEY: _key, ...withoutKey } = complete

/** A directory with a program of this name and mode in it. */
const withProgram = Effect.fnUntraced(function*(name: string, mode = 0o755) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  yield* fs.writeFileString(`${directory}/${name}`, "#!/bin/sh\n", { mode })
  return directory
})

const chosen = (given: ConfigInput) =>
  Effect.map(configured(given), ({ claudeCode, review, warnings }) => ({
    reviewer: `${review.reviewer.provider}/${review.reviewer.model}`,
    explorer: `${review.explorer.provider}/${review.explorer.model}`,
    program: Option.getOrUndefined(claudeCode.program),
    warnings
  }))

it.effect("without a provider and a key, the claude on the PATH reviews, in a server and in a terminal", () =>
  Effect.gen(function*() {
    const bin = yield* withProgram("claude")
    const env = { ...withoutKey, PATH: `/nowhere:${bin}` }
    for (const mode of ["serve", "review", "run-job"] as const) {
      assert.deepStrictEqual(yield* chosen({ mode, env }), {
        reviewer: "claude-code/default",
        explorer: "claude-code/default",
        program: `${bin}/claude`,
        warnings: []
      })
    }
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.effect("a provider that was configured wins over a claude on the PATH, by its name or by its key", () =>
  Effect.gen(function*() {
    const PATH = yield* withProgram("claude")
    for (const mode of ["serve", "review"] as const) {
      // Nobody needs it, so nobody looks for it.
      assert.include(yield* chosen({ mode, env: { ...complete, PATH } }), {
        reviewer: "anthropic/claude-sonnet-5-5",
        program: undefined
      })
      const openai = {
        ...withoutKey,
        PATH,
        AGENT_PROVIDER: "openai",
        OPENAI_API_KEY: "k",
        ANTHROPIC_API_KEY: "two words"
      }
      assert.match((yield* chosen({ mode, env: openai })).reviewer, /^openai\//)
    }
    assert.deepStrictEqual(yield* problems({ env: { ...withoutKey, PATH, AGENT_PROVIDER: "anthropic" } }), [
      "ANTHROPIC_API_KEY must be set: the provider \"anthropic\" needs its key"
    ])
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.effect("agent.runner chooses Claude Code over a key, which it gets, and its model", () =>
  Effect.gen(function*() {
    const bin = yield* withProgram("claude")
    const env = { ...complete, PATH: bin, ANTHROPIC_BASE_URL: "https://gateway.example" }
    const config = yield* configured({ env, yaml: "agent: { runner: claude-code, model: opus }" })
    assert.deepStrictEqual(
      [config.review.reviewer.model, config.review.explorer.model, config.review.reviewer.provider],
      ["opus", "opus", "claude-code"]
    )
    assert.deepStrictEqual(Option.map(config.claudeCode.apiKey, Redacted.value), Option.some("sk-ant-key"))
    assert.deepStrictEqual(config.claudeCode.baseUrl, Option.some("https://gateway.example"))
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.effect("agent.cli_path names the program, also one of another name, and one that is none is a problem", () =>
  Effect.gen(function*() {
    const bin = yield* withProgram("claude-nightly")
    const at = (AGENT_CLI_PATH: string) => ({ env: { ...withoutKey, AGENT_CLI_PATH } })
    assert.include(yield* chosen(at(`${bin}/claude-nightly`)), {
      reviewer: "claude-code/default",
      program: `${bin}/claude-nightly`
    })
    const plain = `${yield* withProgram("claude", 0o644)}/claude`
    for (const wrong of [`${bin}/claude`, bin, plain]) {
      assert.deepStrictEqual(yield* problems(at(wrong)), [
        `agent.cli_path (AGENT_CLI_PATH): "${wrong}" is not a program`
      ])
    }
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.effect("a Claude Code that was asked for and is not there is a problem; in a cluster it is the pods' business", () =>
  Effect.gen(function*() {
    const env = { ...complete, AGENT_RUNNER: "claude-code" }
    for (const mode of ["serve", "review"] as const) {
      assert.deepStrictEqual(yield* problems({ mode, env }), [
        "agent.runner (AGENT_RUNNER): there is no \"claude\" on the PATH: install Claude Code and log in " +
        "(https://claude.com/claude-code), or set agent.cli_path (AGENT_CLI_PATH) to its program"
      ])
    }
    const cluster = { ...env, K8S_IMAGE: "i", REDIS_URL: "redis://redis:6379" }
    assert.include(yield* chosen({ env: cluster }), { reviewer: "claude-code/default", program: undefined })
  }))

it.effect("a cluster reviews over the API, although its server has a claude", () =>
  Effect.gen(function*() {
    const PATH = yield* withProgram("claude")
    const env = { ...withoutKey, PATH, K8S_IMAGE: "i", REDIS_URL: "redis://redis:6379" }
    assert.deepStrictEqual(yield* problems({ env }), [
      "ANTHROPIC_API_KEY must be set: the provider \"anthropic\" needs its key"
    ])
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.effect("a relative entry of the PATH is not searched: the repository under review could have a claude", () =>
  Effect.gen(function*() {
    const bin = yield* withProgram("claude")
    const relative = `./${bin.split("/").map(() => "..").join("/")}${bin}`
    assert.include(yield* chosen({ mode: "review", env: { ...withoutKey, PATH: `:.:${relative}` } }), {
      reviewer: "anthropic/claude-sonnet-5-5",
      program: undefined
    })
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.effect("a claude among the programs of npm's packages is not the user's", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const bin = `${yield* fs.makeTempDirectoryScoped()}/node_modules/.bin`
    yield* fs.makeDirectory(bin, { recursive: true })
    yield* fs.writeFileString(`${bin}/claude`, "#!/bin/sh\n", { mode: 0o755 })
    const own = yield* withProgram("claude")
    const env = { ...withoutKey, PATH: `${bin}:${own}` }
    assert.include(yield* chosen({ env }), { reviewer: "claude-code/default", program: `${own}/claude` })
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.effect("settings without effect on the runner say so", () =>
  Effect.gen(function*() {
    const bin = yield* withProgram("claude")
    const api = yield* chosen({ env: { ...complete, AGENT_CLI_PATH: `${bin}/claude` } })
    assert.deepStrictEqual(api.warnings, [
      "agent.cli_path (AGENT_CLI_PATH): no effect: set agent.runner (AGENT_RUNNER) to claude-code to review with it"
    ])
    const claude = yield* chosen({
      env: { ...complete, PATH: bin, AGENT_RUNNER: "claude-code", AGENT_PROVIDER: "openai", AGENT_TOOLS: "off" }
    })
    assert.deepStrictEqual(claude.warnings, [
      "agent.reviewer.provider (AGENT_PROVIDER): no effect: Claude Code runs the agents",
      "agent.tools (AGENT_TOOLS): no effect: Claude Code runs the agents"
    ])
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.effect("a job's process keeps the key for Claude Code, which a job may bring as its runner; a server that reviews otherwise does not", () =>
  Effect.gen(function*() {
    const keyOf = (mode: "serve" | "run-job") =>
      Effect.map(configured({ mode }), ({ claudeCode }) => Option.map(claudeCode.apiKey, Redacted.value))
    assert.deepStrictEqual(yield* keyOf("run-job"), Option.some("sk-ant-key"))
    assert.deepStrictEqual(yield* keyOf("serve"), Option.none())
  }))
