import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import * as GitLabEmulator from "@nominal-code/testing/GitLabEmulator"
import { Effect, FileSystem } from "effect"
import { runWith } from "./RunCommand.ts"
import { runHere } from "./RunHere.ts"

/** `nominal-code` with the settings of a server that reviews one project. */
const world = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "reconcile-" })
  const emulator = yield* GitLabEmulator.make()
  const project = yield* emulator.addProject("acme/shop", [{ message: "Begin", files: { "a.txt": "one\n" } }])
  const request = yield* emulator.openRequest({
    project,
    commits: [{ message: "Change it", files: { "a.txt": "two\n" } }]
  })
  yield* emulator.comment(request, "mara", "@nominalbot help")
  const settings = {
    ALLOWED_USERS: "mara",
    HOME: directory,
    NOMINAL_DATA_DIR: `${directory}/data`,
    GITLAB_TOKEN: emulator.account("nominalbot", true).token,
    GITLAB_API_BASE: emulator.origin,
    REVIEWER_BOT_USERNAME: "nominalbot",
    REVIEWER_TRIGGERS: "pr_opened",
    ALLOWED_REPOS: "acme/shop"
  }
  const run = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
    runHere({ ...settings, ...env }, ...args)
  return { run, start: runWith(settings, "reconcile", "--dry-run") }
})

it.live("reconcile queues what was missed once, and --dry-run only prints it", () =>
  Effect.gen(function*() {
    const { run, start } = yield* world
    const row =
      /gitlab:acme\/shop#1 +note +nobody has answered it\ngitlab:acme\/shop#1 +pr_opened +its head has no review\n/
    const dry = yield* start
    assert.match(dry.stdout, row)
    assert.match(dry.stdout, /\n2 missed events would be queued \(4 requests\)\n$/)
    const real = yield* run(["reconcile"])
    assert.match(real.stdout, row)
    assert.match((yield* run(["jobs", "list"])).stdout, /gitlab:acme\/shop#1 +pr_opened/)
    assert.match((yield* run(["reconcile"])).stdout, /^nothing was missed \(\d requests\)\n$/)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.live("reconcile says what it needs, and refuses a queue that only the server has", () =>
  Effect.gen(function*() {
    const { run } = yield* world
    const without = yield* run(["reconcile"], { REVIEWER_BOT_USERNAME: "", GITLAB_TOKEN: "" })
    assert.strictEqual(without.code, 1)
    assert.include(without.stderr, "GITHUB_TOKEN")
    assert.include(without.stderr, "REVIEWER_BOT_USERNAME")
    const unnamed = yield* run(["reconcile", "--dry-run"], { ALLOWED_REPOS: "" })
    assert.match(unnamed.stdout, /^nothing was searched: name the repositories in access\.allowed_repos/)
    const refused = yield* run(["reconcile", "--dry-run"], { GITLAB_TOKEN: "glpat-of-nobody" })
    assert.match(refused.stdout, /^nothing was found /)
    assert.match(refused.stderr, /the search is not complete: gitlab.*; the log says why\n$/)
    assert.strictEqual(refused.code, 1)
    const short = yield* run(["reconcile", "--dry-run"], { RECONCILE_MAX_REQUESTS: "1" })
    assert.match(short.stdout, /\nreconcile\.max_requests is used up: there may be more\n$/)
    const hidden = yield* run(["reconcile", "--dry-run"], { ALLOWED_REPOS: "acme/shop,acme/shpo" })
    assert.match(hidden.stderr, /the search is not complete: acme\/shpo; the log says why\n$/)
    assert.strictEqual(hidden.code, 1)
    const real = yield* run(["reconcile"], { GITLAB_TOKEN: "glpat-of-nobody" })
    assert.strictEqual(real.code, 1)
    const memory = yield* run(["reconcile"], { NOMINAL_STORAGE: "memory" })
    assert.strictEqual(memory.code, 1)
    assert.match(memory.stderr, /the queue is in the server's memory \(storage: memory\)/)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
