import { assert, it } from "@effect/vitest"
import { unknownKeys } from "@nominal-code/config/UnknownKeys"
import { Effect } from "effect"
import { parse } from "yaml"
import { problems } from "./Fixture.ts"

const unknown = (yaml: string) => unknownKeys({ name: "config.yaml", tree: parse(yaml) })

it("the nearest key is suggested for a misspelled one", () => {
  const cases: ReadonlyArray<readonly [yaml: string, key: string, suggestion: string]> = [
    ["agent: { reviwer: { model: x } }", "agent.reviwer.model", "agent.reviewer.model"],
    ["webhok: { port: 1 }", "webhok.port", "webhook.port"],
    ["agent: { modle: x }", "agent.modle", "agent.model"],
    ["jobs: { maxConcurrent: 1 }", "jobs.maxConcurrent", "jobs.max_concurrent"],
    ["jobs: { concurrency: 1 }", "jobs.concurrency", "jobs.max_concurrent"],
    ["datadir: /x", "datadir", "data_dir"],
    ["server: { port: 8080 }", "server.port", "webhook.port"],
    ["access: { users: [a] }", "access.users", "access.allowed_users"],
    ["reviewer: { system_prompt: x }", "reviewer.system_prompt", "agent.reviewer.system_prompt"],
    ["bot_username: x", "bot_username", "reviewer.bot_username"],
    ["GITHUB_TOKEN: x", "GITHUB_TOKEN", "github.token"],
    [
      "kubernetes: { resources: { limit: { cpu: 1 } } }",
      "kubernetes.resources.limit.cpu",
      "kubernetes.resources.limits.cpu"
    ]
  ]
  for (const [yaml, key, suggestion] of cases) {
    assert.deepStrictEqual(unknown(yaml), [`unknown key "${key}" in config.yaml: did you mean "${suggestion}"?`])
  }
})

it("each key of a misspelled section is reported", () => {
  assert.deepStrictEqual(unknown("reviewr:\n  bot_username: x\n  triggers: []"), [
    "unknown key \"reviewr.bot_username\" in config.yaml: did you mean \"reviewer.bot_username\"?",
    "unknown key \"reviewr.triggers\" in config.yaml: did you mean \"reviewer.triggers\"?"
  ])
})

it("what resembles nothing is told what there is", () => {
  assert.match(
    unknown("storage: sqlite\nxyzzy: { plugh: 1, quux: 2 }").join("\n"),
    /^unknown key "xyzzy" in config\.yaml: the keys of the top level are github, [^\n]*, reviewer, [^\n]*$/
  )
  assert.deepStrictEqual(unknown("Revieuer: { qqqqqqqq: 1 }"), [
    "unknown key \"Revieuer\" in config.yaml: did you mean the section \"reviewer\"?"
  ])
  const [none = ""] = unknown("agent: { openai: x }")
  assert.match(none, /^unknown key "agent\.openai" in config\.yaml: the keys of this section are agent\.runner, /)
  assert.deepStrictEqual(unknown("redis: { qqqqqqqqqqqqqqqqqqqq: 1 }"), [
    "unknown key \"redis.qqqqqqqqqqqqqqqqqqqq\" in config.yaml: the keys of this section are redis.url, redis.sentinel_password, redis.wait_replicas, redis.shards, redis.key_ttl_seconds"
  ])
})

it("a section that holds no map is an error, not ignored", () => {
  assert.deepStrictEqual(unknown("redis:"), [
    "\"redis\" in config.yaml is empty: remove the line, or set redis.url, redis.sentinel_password, redis.wait_replicas, redis.shards, redis.key_ttl_seconds"
  ])
  assert.deepStrictEqual(unknown("redis: redis://localhost"), [
    "\"redis\" in config.yaml must be a map of redis.url, redis.sentinel_password, redis.wait_replicas, redis.shards, redis.key_ttl_seconds"
  ])
})

it("a long section is not listed, and the key that a value was probably meant for comes first", () => {
  const others = "agent.runner, agent.cli_path, agent.reviewer.provider, agent.provider and 35 others, which " +
    "docs/configuration.md lists"
  assert.deepStrictEqual(unknown("agent: claude"), [
    `"agent" in config.yaml must be a map: did you mean "agent.runner"? Its keys are ${others}`
  ])
  assert.deepStrictEqual(unknown("agent: 1"), [`"agent" in config.yaml must be a map of ${others}`])
  assert.deepStrictEqual(unknown("agent:"), [`"agent" in config.yaml is empty: remove the line, or set ${others}`])
  assert.deepStrictEqual(unknown("agent: { qqqqqqqqqqqqqqqqqqqq: 1 }"), [
    `unknown key "agent.qqqqqqqqqqqqqqqqqqqq" in config.yaml: the keys of this section are ${others}`
  ])
})

it("dots do not stand for maps", () => {
  assert.deepStrictEqual(unknown("agent.reviewer.model: x"), [
    "unknown key \"agent.reviewer.model\" in config.yaml: write a map inside a map instead of dots"
  ])
})

it.effect("names of the object prototype are keys like any other", () =>
  Effect.gen(function*() {
    const found = yield* problems({ yaml: "__proto__: { polluted: true }\nconstructor: 1" })
    assert.strictEqual(found.length, 2)
    assert.notProperty({}, "polluted")
  }))
