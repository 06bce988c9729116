import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
import { ConfigProvider, Effect, FileSystem } from "effect"
import { nextSteps, type StarterAnswers, starterConfig } from "../src/StarterConfig.ts"
import { runWith } from "./RunCommand.ts"
import { runHere } from "./RunHere.ts"

const secrets = {
  github: { GITHUB_TOKEN: "ghp_token", GITHUB_WEBHOOK_SECRET: "0123456789abcdef" },
  gitlab: { GITLAB_TOKEN: "glpat-token", GITLAB_WEBHOOK_SECRET: "0123456789abcdef" }
}

const answers: ReadonlyArray<StarterAnswers> = (["github", "gitlab"] as const).flatMap((forge) =>
  (["host", "kubernetes"] as const).flatMap((place) =>
    [[], ["acme/api"]].map((repos) => ({ forge, place, repos, bot: "nominalbot", users: ["alice", "bob"] }))
  )
)

describe("init", () => {
  for (const answer of answers) {
    const { forge, place, repos } = answer
    it.effect(`for ${forge} on a ${place} with ${repos.length} repositories writes what a server starts with`, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const directory = yield* fs.makeTempDirectoryScoped({ prefix: "init-" })
        const file = `${directory}/nominal.yaml`
        yield* fs.writeFileString(file, starterConfig(answer))
        const env = {
          CONFIG_PATH: file,
          HOME: directory,
          ANTHROPIC_API_KEY: "sk-ant-key",
          REDIS_URL: "redis://localhost:6379",
          ...secrets[forge]
        }
        const config = yield* AppConfigLayer.load("serve").pipe(
          Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))
        )
        assert.deepStrictEqual([config.policy.allowedUsers, config.policy.allowedRepos], [["alice", "bob"], repos])
        assert.strictEqual(config.policy.botUsername, "nominalbot")
        assert.strictEqual(config.kubernetes._tag, place === "kubernetes" ? "Some" : "None")
        assert.deepStrictEqual(config.warnings, [])
        const steps = nextSteps(answer, file)
        assert.strictEqual(steps.length, 3)
        assert.strictEqual(steps[0]?.includes("REDIS_URL"), place === "kubernetes")
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
  }

  it.live("leaves a blank for those who may ask, which the server does not start with", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* fs.makeTempDirectoryScoped({ prefix: "init-" })}/config.yaml`
      const { stdout } = yield* runWith({}, "init", "--file", file)
      assert.match(stdout, /1\. Fill in access\.allowed_users in [^ ]+\/config\.yaml/)
      assert.include(yield* fs.readFileString(file), "allowed_users: [] # FILL IN: who may mention the bot")
      const env = { CONFIG_PATH: file, ANTHROPIC_API_KEY: "sk-ant-key", ...secrets.github }
      const { code, stderr } = yield* runHere(env, "serve")
      assert.strictEqual(code, 1)
      assert.include(stderr, "ALLOWED_USERS must contain at least one username, those who may ask for a review")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("writes the file once, says the next three steps, and leaves a file that is there as it is", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* fs.makeTempDirectoryScoped({ prefix: "init-" })}/config.yaml`
      const args = ["init", "--forge", "gitlab", "--bot", "@reviewer", "--users", "@alice, bob", "--file", file]
      const { code, stderr, stdout } = yield* runWith({}, ...args)
      assert.strictEqual(code, 0, stderr)
      assert.match(
        stdout,
        /is written\. Next:\n {2}1\. Set GITLAB_TOKEN .*\n {2}2\. Start the server.*\n {2}3\. In the forge, /
      )
      const written = yield* fs.readFileString(file)
      assert.include(written, "allowed_users: [\"alice\", \"bob\"]")
      assert.include(written, "bot_username: \"reviewer\"")
      const again = yield* runHere({}, ...args, "--repos", "acme/api")
      assert.strictEqual(again.code, 1)
      assert.match(again.stderr, /config\.yaml is there already, and stays as it is: name another one by --file/)
      assert.strictEqual(yield* fs.readFileString(file), written)
      const nowhere = yield* runHere({}, "init", "--file", `${file}/x`)
      assert.strictEqual(
        nowhere.stderr,
        `nominal-code: ${file}/x cannot be written: a part of the path ${file}/x is a file\n`
      )
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
})

describe("a first configuration", () => {
  const answer: StarterAnswers = { forge: "github", place: "host", bot: "reviewer", users: ["alice"], repos: [] }
  const lines = (changes: Partial<StarterAnswers>) => starterConfig({ ...answer, ...changes }).split("\n")

  it.each<readonly [string, Partial<StarterAnswers>, string, string]>([
    ["GitHub has its Enterprise Server", { forge: "github" }, "# github: # GitHub Enterprise Server", "# gitlab:"],
    ["GitLab has an instance of one's own", { forge: "gitlab" }, "# gitlab: # a GitLab of your own", "# github:"],
    ["a host has a limit of reviews at the same time", { place: "host" }, "  max_concurrent: 2", "kubernetes:"],
    ["Kubernetes has its Jobs", { place: "kubernetes" }, "kubernetes: # each review", "jobs:"],
    ["a login has neither blanks nor an @", { bot: " @@reviewer " }, "  bot_username: \"@reviewer\"", "@@"],
    ["no repository is an example", { repos: [] }, "  # allowed_repos: [acme/api] #", "  allowed_repos:"],
    [
      "repositories are texts",
      { repos: ["acme/api", "acme/x: y"] },
      "  allowed_repos: [\"acme/api\", \"acme/x: y\"] #",
      "  #"
    ],
    [
      "those who may ask are named",
      { users: ["@alice", "b\"ob"] },
      "  allowed_users: [\"alice\", \"b\\\"ob\"] # who",
      "FILL"
    ],
    ["nobody is a blank to fill in", { users: [] }, "  allowed_users: [] # FILL IN: who may mention the bot", "\"alice"]
  ])("for %s", (_, changes, line, absent) => {
    const written = lines(changes).filter((one) => !one.startsWith("  # provider") && !one.startsWith("  # model"))
    assert.isTrue(written.some((one) => one.startsWith(line)), line)
    assert.isFalse(written.some((one) => one.startsWith(absent) || one.includes(`: ${absent}`)), absent)
  })

  it.each<readonly [Partial<StarterAnswers>, string, ReadonlyArray<RegExp>]>([
    [{}, "config.yaml", [
      /^Set GITHUB_TOKEN \([^)]*\) and GITHUB_WEBHOOK_SECRET \([^)]*\), and the model's key/,
      /^Start /
    ]],
    [{}, "bot.yaml", [
      /GITHUB_WEBHOOK_SECRET \([^)]*\), CONFIG_PATH=bot\.yaml, and the model's key/,
      /^Start the server/
    ]],
    [{ place: "kubernetes" }, "k.yaml", [
      /\), REDIS_URL, CONFIG_PATH=k\.yaml, and the model's key/,
      /^Deploy the server/
    ]],
    [{ users: [] }, "config.yaml", [/^Fill in access\.allowed_users in config\.yaml: .*\. Set GITHUB_TOKEN/]],
    [{ forge: "gitlab" }, "config.yaml", [
      /^Set GITLAB_TOKEN/,
      /^Start/,
      /\/webhooks\/gitlab, .* Then open a merge request\.$/
    ]],
    [{}, "config.yaml", [/^Set/, /^Start/, /\/webhooks\/github, .* Then open a pull request\.$/]]
  ])("%j in %s goes on with the steps that are left", (changes, file, steps) => {
    const next = nextSteps({ ...answer, ...changes }, file)
    assert.strictEqual(next.length, 3)
    for (const [at, step] of steps.entries()) assert.match(next[at] ?? "", step)
  })
})
