import { assert, describe, it } from "@effect/vitest"
import { RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import { PullNumber, PullRequestRef, RepoName } from "@nominal-code/domain/event/PullRequest"
import { JobId } from "@nominal-code/domain/job/Job"
import { CheckedCommit, CheckState } from "@nominal-code/domain/review/CommitCheck"
import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import * as GitLabEmulator from "@nominal-code/testing/GitLabEmulator"
import { refsOf } from "@nominal-code/testing/GitLabState"
import { Effect, Fiber, Logger, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { Forge } from "../src/Forge.ts"
import * as GitHub from "../src/GitHub.ts"
import * as GitLab from "../src/GitLab.ts"
import { fakeGitHub, forgeAt } from "./FakeGitHub.ts"

const { Done, Queued, Running } = CheckState.cases

const job = (digit: string) => JobId.make(digit.repeat(20))

const reviewed = Done.make({
  conclusion: "success",
  title: "1 finding: 1 high",
  summary: "Looked at.",
  annotations: [{
    path: RepoPath.make("src/cart.ts"),
    startLine: 9,
    line: 10,
    severity: "high",
    title: "High · bug",
    text: "It is wrong."
  }],
  url: "https://github.example/review"
})
const neutral = Done.make({
  conclusion: "neutral",
  title: "Not reviewed: the pull request is a draft",
  summary: "It is a draft.",
  annotations: []
})
const failing = Done.make({ conclusion: "failure", title: "Open: 1 high", summary: "", annotations: [] })

const before = [{ message: "Begin", files: { "src/cart.ts": "1\n2\n3\n" } }] as const
const commits = [{ message: "Change it", files: { "src/cart.ts": "one\ntwo\n3\n" } }] as const

const check = (commit: CheckedCommit, ...states: ReadonlyArray<CheckState>) =>
  Forge.use((forge) => Effect.forEach(states, (state) => forge.check(commit, state), { discard: true }))

/** Lines that were logged, by level. */
const logging = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => {
    // Effect's own warning on a slow machine: the time limit of an update is the test clock's.
    if (!String(message).startsWith("A test is using time")) lines.push(`${logLevel} ${String(message)}`)
  })
  return Effect.map(Effect.provide(effect, Logger.layer([logger])), () => lines)
}

const gitHub = Effect.fnUntraced(function*(permissions?: Readonly<Record<string, string>>) {
  const emulator = yield* GitHubEmulator.make()
  const pull = yield* emulator.openPullRequest({
    repository: yield* emulator.addRepository("acme/shop", before),
    commits
  })
  const { apiBase, apps, state } = emulator
  const app = apps.register(12_345, "nominal", emulator.account("nominal[bot]", "Bot"))
  apps.install(app, 67_890, ["acme/shop"], permissions)
  const pullRequest = new PullRequestRef({
    platform: "github",
    repo: RepoName.make("acme/shop"),
    number: PullNumber.make(pull.number)
  })
  return {
    emulator,
    pull,
    commitOf: (id: string, headSha = pull.headSha) =>
      new CheckedCommit({ pullRequest, headSha: Sha.make(headSha), jobId: job(id) }),
    asApp: GitHub.layer({
      apiBase,
      credentials: {
        _tag: "App",
        appId: "12345",
        privateKey: Redacted.make(app.privateKey),
        installationId: Option.some(67_890)
      }
    }),
    withToken: GitHub.layer({
      apiBase,
      credentials: { _tag: "Token", token: Redacted.make(emulator.account("nominal-bot").token) }
    }),
    runs: () => state.checkRuns.map(({ conclusion, status }) => [status, conclusion]),
    operations: () => emulator.requests.map(({ operation }) => operation)
  }
})

describe("the check of a GitHub App", () => {
  it.effect("is one run that goes from queued to its conclusion, with annotations and a link", () =>
    Effect.gen(function*() {
      const { asApp, commitOf, emulator, operations } = yield* gitHub()
      yield* Effect.provide(check(commitOf("1"), Queued.make({}), Running.make({}), reviewed), asApp)
      const [run, ...others] = emulator.state.checkRuns
      assert.deepStrictEqual(others, [])
      assert.isDefined(run)
      assert.deepInclude({ ...run }, {
        name: "Nominal Code",
        status: "completed",
        conclusion: "success",
        externalId: "1",
        detailsUrl: "https://github.example/review",
        output: {
          title: "1 finding: 1 high",
          summary: "Looked at.\n\n[The review](https://github.example/review)"
        },
        annotations: [{
          path: "src/cart.ts",
          start_line: 9,
          end_line: 10,
          annotation_level: "warning",
          title: "High · bug",
          message: "It is wrong."
        }]
      })
      assert.deepStrictEqual(operations().slice(1), ["checks/create", "checks/update", "checks/update"])
      assert.deepStrictEqual(emulator.violations, [])
    }))

  it.effect("of a process that died in the middle is replaced by that of the next", () =>
    Effect.gen(function*() {
      const { asApp, commitOf, emulator, pull } = yield* gitHub()
      yield* Effect.provide(check(commitOf("1"), Running.make({})), asApp)
      yield* Effect.provide(check(commitOf("1"), Running.make({}), reviewed), asApp)
      const counted = emulator.state.checkRunsOf(pull.headSha)
      assert.deepStrictEqual(counted.map(({ status }) => status), ["completed"])
    }))

  it.effect("is not shown where the App may not, which the log says once, and everything else goes on", () =>
    Effect.gen(function*() {
      const { asApp, commitOf, emulator, operations, runs } = yield* gitHub({
        contents: "read",
        issues: "write",
        pull_requests: "write"
      })
      const lines = yield* logging(Effect.provide(
        Effect.gen(function*() {
          yield* check(commitOf("1"), Running.make({}), reviewed)
          yield* check(commitOf("2"), Running.make({}), reviewed)
          yield* Forge.use((forge) => forge.look(commitOf("1").pullRequest, job("1")))
        }),
        asApp
      ))
      const told = lines.filter((line) => line.includes("no check is shown on the commits of acme/shop"))
      assert.lengthOf(told, 1)
      assert.include(told[0] ?? "", "checks: write")
      assert.deepStrictEqual(runs(), [])
      assert.lengthOf(operations().filter((operation) => operation === "checks/create"), 1)
      // The token with that permission was refused once, and the next one is for a review alone.
      assert.lengthOf(emulator.requests.filter(({ path }) => path.endsWith("/access_tokens")), 2)
    }))
})

describe("the check with a token", () => {
  it.effect("is a status: pending, then what became of the review; there is no neutral one", () =>
    Effect.gen(function*() {
      const { commitOf, emulator, pull, withToken } = yield* gitHub()
      const state = () =>
        emulator.state.statusesOf(pull.headSha).map(({ context, description, state }) =>
          `${context}: ${state}: ${description}`
        )
      yield* Effect.gen(function*() {
        yield* check(commitOf("1"), Queued.make({}))
        assert.deepStrictEqual(state(), ["Nominal Code: pending: Waits for its review"])
        yield* check(commitOf("1"), Running.make({}))
        // It would look the same.
        assert.strictEqual(emulator.requests.length, 1)
        yield* check(commitOf("1"), reviewed)
        assert.deepStrictEqual(state(), ["Nominal Code: success: 1 finding: 1 high"])
        yield* check(commitOf("2"), Running.make({}))
        assert.deepStrictEqual(state(), ["Nominal Code: pending: Is being reviewed"])
        yield* check(commitOf("2"), failing)
        assert.deepStrictEqual(state(), ["Nominal Code: failure: Open: 1 high"])
        yield* check(commitOf("3"), neutral)
        assert.deepStrictEqual(state(), ["Nominal Code: success: Not reviewed: the pull request is a draft"])
      }).pipe(Effect.provide(withToken))
      assert.deepStrictEqual(emulator.violations, [])
    }))
})

describe("the updates of a check", () => {
  it.effect("do not go back: what comes too late is not said", () =>
    Effect.gen(function*() {
      const { asApp, commitOf, operations, runs } = yield* gitHub()
      yield* Effect.provide(check(commitOf("1"), Running.make({}), Queued.make({}), reviewed, Running.make({})), asApp)
      assert.deepStrictEqual(runs(), [["completed", "success"]])
      assert.lengthOf(operations(), 3)
    }))

  it.effect("end those of older commits that were left waiting, when a newer one's review begins", () =>
    Effect.gen(function*() {
      const { asApp, commitOf, emulator, pull, runs } = yield* gitHub()
      const old = commitOf("1")
      yield* emulator.push(pull, [{ message: "More", files: { "src/cart.ts": "1\n" } }])
      yield* Effect.provide(
        Effect.andThen(
          check(old, Queued.make({})),
          check(commitOf("2", pull.headSha), Queued.make({}), Running.make({}))
        ),
        asApp
      )
      assert.deepStrictEqual(runs(), [["completed", "neutral"], ["in_progress", undefined]])
    }))

  it.effect("are over after ten seconds where the forge does not answer", () =>
    Effect.gen(function*() {
      const { commitOf } = yield* gitHub()
      const silent = yield* fakeGitHub(() => ({ fault: "hang" }))
      const update = yield* Effect.forkChild(
        Effect.provide(check(commitOf("1"), Running.make({})), forgeAt(silent.url))
      )
      yield* silent.arrived(1)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(update)
    }))

  it.effect("fail nothing while the forge is away", () =>
    Effect.gen(function*() {
      const { commitOf, emulator, runs, withToken } = yield* gitHub()
      emulator.faults.next({ path: /statuses/ }, { _tag: "Answer", status: 502 })
      const lines = yield* logging(Effect.provide(check(commitOf("1"), Running.make({})), withToken))
      assert.lengthOf(lines.filter((line) => line.includes("could not be updated")), 1)
      assert.deepStrictEqual(runs(), [])
    }))

  it.effect("that fail one after the other have one line a minute, with the number of the others", () =>
    Effect.gen(function*() {
      const { commitOf } = yield* gitHub()
      const fake = yield* fakeGitHub(() => ({ status: 422, body: { message: "No commit found for SHA" } }))
      const updates = Effect.forEach(["1", "2", "3"], (digit) => check(commitOf(digit), Running.make({})))
      const lines = yield* logging(
        updates.pipe(
          Effect.andThen(TestClock.adjust("1 minute")),
          Effect.andThen(updates),
          Effect.provide(forgeAt(fake.url))
        )
      )
      const shown = lines.filter((line) => line.includes("could not be updated")).filter((line) =>
        !line.startsWith("Debug")
      )
      assert.lengthOf(shown, 3)
      assert.match(shown[0] ?? "", /^Info the check on the commit could not be updated: [^(]*\(GitHub\.check [^)]*\)$/)
      assert.match(shown[1] ?? "", / \(1 more since the last such line\)$/)
      assert.match(shown[2] ?? "", / \(2 more since the last such line\)$/)
    }))

  it.effect("are none where checks are off", () =>
    Effect.gen(function*() {
      const { commitOf, emulator } = yield* gitHub()
      const off = GitHub.layer({
        apiBase: emulator.apiBase,
        checks: false,
        credentials: { _tag: "Token", token: Redacted.make("t") }
      })
      yield* Effect.provide(check(commitOf("1"), Queued.make({}), reviewed), off)
      assert.deepStrictEqual(emulator.requests, [])
    }))
})

describe("the check on GitLab", () => {
  const makeScene = Effect.fnUntraced(function*(fork?: string) {
    const emulator = yield* GitLabEmulator.make()
    const request = yield* emulator.openRequest({
      project: yield* emulator.addProject("acme/backend/shop", before),
      commits,
      ...(fork === undefined ? {} : { fork })
    })
    const commitOf = (id: string) =>
      new CheckedCommit({
        pullRequest: new PullRequestRef({
          platform: "gitlab",
          repo: RepoName.make("acme/backend/shop"),
          number: PullNumber.make(request.iid)
        }),
        headSha: Sha.make(refsOf(request).head),
        jobId: job(id)
      })
    const token = emulator.account("nominal-bot", true).token
    return {
      emulator,
      commitOf,
      request,
      layer: GitLab.layer({ apiBase: emulator.origin, token: Redacted.make(token) }),
      states: () => emulator.state.statuses.map(({ description, name, state }) => `${name}: ${state}: ${description}`)
    }
  })

  const scene = makeScene()

  it.effect("of a merge request from a fork is in the fork, where our account may set it", () =>
    Effect.gen(function*() {
      const { commitOf, emulator, layer, request, states } = yield* makeScene("mallory")
      const lines = yield* logging(Effect.provide(check(commitOf("1"), Queued.make({}), Running.make({})), layer))
      assert.lengthOf(
        lines.filter((line) => line.startsWith("Info no status is shown, because the commit is in a fork")),
        2
      )
      assert.deepStrictEqual([lines.length, states()], [2, []])
      emulator.addMember(request.source, "nominal-bot", 30)
      yield* Effect.provide(check(commitOf("1"), Running.make({}), reviewed), layer)
      assert.deepStrictEqual(states(), ["Nominal Code: success: 1 finding: 1 high"])
      assert.deepStrictEqual(emulator.state.statuses.map(({ project }) => project), [request.source])
      emulator.state.remove(emulator.state.projects, request.source)
      const gone = yield* logging(Effect.provide(check(commitOf("2"), Running.make({})), layer))
      assert.deepStrictEqual(gone, ["Info no status is shown: the fork of the merge request was deleted"])
    }))

  it.effect("is a status of the commit, which says more than its state", () =>
    Effect.gen(function*() {
      const { commitOf, emulator, layer, states } = yield* scene
      yield* Effect.gen(function*() {
        yield* check(commitOf("1"), Queued.make({}))
        assert.deepStrictEqual(states(), ["Nominal Code: pending: Waits for its review"])
        yield* check(commitOf("1"), Running.make({}))
        assert.deepStrictEqual(states(), ["Nominal Code: running: Is being reviewed"])
        yield* check(commitOf("1"), reviewed)
        assert.deepStrictEqual(states(), ["Nominal Code: success: 1 finding: 1 high"])
        yield* check(commitOf("2"), failing)
        assert.deepStrictEqual(states(), ["Nominal Code: failed: Open: 1 high"])
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(emulator.violations, [])
    }))

  it.effect("of another process, in the state that it is to have, is no failure", () =>
    Effect.gen(function*() {
      const { commitOf, layer } = yield* scene
      const lines = yield* logging(
        Effect.andThen(
          Effect.provide(check(commitOf("1"), Running.make({})), layer),
          Effect.provide(check(commitOf("1"), Running.make({})), layer)
        )
      )
      assert.deepStrictEqual(lines, [])
    }))

  it.effect("is not shown where the account has too small a role, which the log says once", () =>
    Effect.gen(function*() {
      const { commitOf, emulator, layer } = yield* scene
      emulator.faults.next({ path: /statuses/, times: 9 }, { _tag: "Answer", status: 403, message: "403 Forbidden" })
      const lines = yield* logging(
        Effect.provide(check(commitOf("1"), Queued.make({}), Running.make({}), reviewed), layer)
      )
      assert.lengthOf(lines, 1)
      assert.include(lines[0] ?? "", "the role Developer")
      assert.lengthOf(emulator.requests, 1)
    }))
})
