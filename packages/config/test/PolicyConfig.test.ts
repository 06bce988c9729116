import { assert, it } from "@effect/vitest"
import { parseRepositoryFile } from "@nominal-code/domain/settings/RepositoryFile"
import { Effect, Result } from "effect"
import { readFileSync } from "node:fs"
import { complete, configured, problems } from "./Fixture.ts"

it.effect("serve needs a user who may ask, and commas are none", () =>
  Effect.gen(function*() {
    const [problem = ""] = yield* problems({ env: { ...complete, ALLOWED_USERS: "  , , " } })
    assert.match(problem, /^access\.allowed_users: ALLOWED_USERS must contain at least one username/)
  }))

it.effect("serve needs the bot's name", () =>
  Effect.gen(function*() {
    const { REVIEWER_BOT_USERNAME: _, ...nameless } = complete
    const [problem = ""] = yield* problems({ env: nameless })
    assert.match(problem, /^reviewer\.bot_username: REVIEWER_BOT_USERNAME must be set/)
  }))

it.effect("names that could never match are errors", () =>
  Effect.gen(function*() {
    const found = yield* problems({
      env: { ...complete, REVIEWER_BOT_USERNAME: "@bot", ALLOWED_USERS: "@alice", ALLOWED_REPOS: "acme/*" }
    })
    assert.strictEqual(found.length, 3)
    for (const [i, name] of ["@bot", "@alice", "acme/*"].entries()) assert.include(found[i], `"${name}"`)
  }))

it.effect("an account of an App may be the bot", () =>
  Effect.gen(function*() {
    const { policy } = yield* configured({ env: { ...complete, REVIEWER_BOT_USERNAME: "nominal[bot]" } })
    assert.strictEqual(policy.botUsername, "nominal[bot]")
  }))

it.effect("a trigger counts once, however often it is named", () =>
  Effect.gen(function*() {
    const { policy } = yield* configured({ env: { ...complete, REVIEWER_TRIGGERS: "pr_opened,pr_push,pr_push" } })
    assert.deepStrictEqual(policy.triggers, ["pr_opened", "pr_push"])
  }))

it.effect("comments are no triggers: they are skipped with the reason", () =>
  Effect.gen(function*() {
    const { policy, warnings } = yield* configured({
      env: { ...complete, REVIEWER_TRIGGERS: "issue_comment,pr_opened" }
    })
    assert.deepStrictEqual(policy.triggers, ["pr_opened"])
    assert.match(warnings[0] ?? "", /"issue_comment" is skipped: a comment starts a review by mentioning the bot/)
  }))

it.effect("title tags are read without case, from the environment and from lists with commas in them", () =>
  Effect.gen(function*() {
    const yaml = "access: { pr_title_exclude_tags: [\"Skip,WIP\", draft] }"
    const { policy } = yield* configured({ yaml, env: { ...complete, PR_TITLE_INCLUDE_TAGS: "NominalBot,CI,," } })
    assert.deepStrictEqual(policy.titleIncludeTags, ["nominalbot", "ci"])
    assert.deepStrictEqual(policy.titleExcludeTags, ["skip", "wip", "draft"])
  }))

it.effect("a list without items is an error in YAML, as is a line with commas", () =>
  Effect.gen(function*() {
    const [nothing = ""] = yield* problems({ yaml: "access: { allowed_repos: }" })
    assert.match(nothing, /^access\.allowed_repos \(ALLOWED_REPOS\): nothing in .* is not a list of owner\/name/)
    const [line = ""] = yield* problems({ yaml: "reviewer: { triggers: \"pr_opened,pr_push\" }" })
    assert.match(line, /is not a list of triggers: \[one, two\] in YAML, one,two in the environment$/)
  }))

it.effect("a push lets a running review finish, unless the configuration says that it supersedes it", () =>
  Effect.gen(function*() {
    assert.strictEqual((yield* configured({})).reviewer.onPush, "finish")
    assert.strictEqual((yield* configured({ yaml: "reviewer: { on_push: supersede }" })).reviewer.onPush, "supersede")
    const [line = ""] = yield* problems({ env: { ...complete, REVIEWER_ON_PUSH: "restart" } })
    assert.match(line, /^reviewer\.on_push \(REVIEWER_ON_PUSH\): .*finish, supersede/)
  }))

it.effect("who may ask is named by one of three settings at least", () =>
  Effect.gen(function*() {
    const env = { ...complete, ALLOWED_USERS: "" }
    assert.match((yield* problems({ env })).join(), /ALLOWED_USERS must contain at least one username/)
    const yamls = ["access: { allowed_associations: [MEMBER] }", "access: { allowed_access_level: developer }"]
    for (const yaml of yamls) assert.deepStrictEqual((yield* configured({ env, yaml })).policy.allowedUsers, [])
  }))

it.effect("the examples of the manual are a server's settings, and a repository's", () =>
  Effect.gen(function*() {
    const page = readFileSync(new URL("../../../docs/access.md", import.meta.url), "utf8")
    const examples = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, yaml = ""]) => yaml)
    const [open = "", filters = "", own = ""] = examples
    assert.strictEqual(examples.length, 3)
    assert.strictEqual((yield* configured({ yaml: open })).policy.require, "contributor")
    assert.deepStrictEqual((yield* configured({ yaml: filters })).policy.filters?.labels, ["!wip"])
    assert.strictEqual(Result.getOrThrow(parseRepositoryFile(own)).minSeverity, "medium")
  }))

it.effect("a filter that excludes is a pattern without its sign, so that one alone is no useless pattern", () =>
  Effect.gen(function*() {
    const warningsOf = (entry: string) =>
      Effect.map(
        configured({ yaml: `filters: { base_branches: ["${entry}"] }` }),
        ({ warnings }) => warnings.length
      )
    assert.deepStrictEqual([yield* warningsOf("!main"), yield* warningsOf("!./main")], [0, 1])
  }))
