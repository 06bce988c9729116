import { assert, it } from "@effect/vitest"
import { PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/event/PullRequest"
import { JobId } from "@nominal-code/domain/job/Job"
import { Marker, renderMarker } from "@nominal-code/domain/review/Marker"
import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import type { PullRequest } from "@nominal-code/testing/GitHubState"
import { Effect, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { Forge } from "../src/Forge.ts"
import * as GitHub from "../src/GitHub.ts"
import { CurrentInstallation } from "../src/Installation.ts"
import { draft, opened, publishing } from "./FakeGitHub.ts"

const [app, person] = ["nominal[bot]", "nominal-ci"]
const before = [{ message: "Begin", files: { "a.txt": "one\n" } }] as const

const refOf = ({ number, repository }: PullRequest) =>
  new PullRequestRef({
    platform: "github",
    repo: RepoName.make(repository.fullName),
    number: PullNumber.make(number)
  })

/** A GitHub with a pull request in a repository that the App is installed on, and one in another. */
const world = Effect.gen(function*() {
  const emulator = yield* GitHubEmulator.make()
  const open = (name: string) =>
    Effect.flatMap(
      emulator.addRepository(name, before),
      (repository) =>
        emulator.openPullRequest({ repository, commits: [{ message: "Change it", files: { "a.txt": `${name}\n` } }] })
    )
  const installed = yield* open("acme/shop")
  const other = yield* open("acme/api")
  const registered = emulator.apps.register(12_345, "nominal", emulator.account(app, "Bot"))
  const installation = emulator.apps.install(registered, 67_890, [installed.repository.fullName])
  const options = {
    credentials: {
      _tag: "App",
      appId: "12345",
      privateKey: Redacted.make(registered.privateKey),
      installationId: Option.none(),
      token: Redacted.make(emulator.account(person).token)
    },
    apiBase: emulator.apiBase,
    cloneBase: emulator.origin
  } as const
  return { emulator, installation, installed, other, options, forge: GitHub.layer(options) }
})

const reviewOf = (pull: PullRequest) => {
  const pullRequest = refOf(pull)
  const headSha = Sha.make(pull.headSha)
  return draft([], { pullRequest, headSha, event: { ...opened, pullRequest, headSha } })
}

const authorsOn = ({ state }: GitHubEmulator.GitHubEmulator, pull: PullRequest) =>
  state.issueCommentsOf(pull).map(({ author }) => author.login)

it.live("an App reviews the repositories that it is installed on, and a token beside it all others", () =>
  Effect.gen(function*() {
    const { emulator, forge, installed, other } = yield* world
    const done = { _tag: "Done", conclusion: "success", title: "Reviewed", summary: "", annotations: [] } as const
    yield* Effect.gen(function*() {
      const { check, cloneSource } = yield* Forge
      for (const pull of [installed, other]) {
        const review = reviewOf(pull)
        yield* publishing(review)
        yield* check(review, done)
      }
      assert.match(Redacted.value((yield* cloneSource(refOf(installed).repo)).password), /^ghs_/)
      assert.strictEqual(
        Redacted.value((yield* cloneSource(refOf(other).repo)).password),
        emulator.account(person).token
      )
    }).pipe(Effect.provide(forge))
    assert.deepStrictEqual(authorsOn(emulator, installed), [app])
    assert.deepStrictEqual(authorsOn(emulator, other), [person])
    // An App shows a check, and the owner of a token a status.
    const shown = ({ headSha }: PullRequest) => [
      emulator.state.checkRunsOf(headSha).length,
      emulator.state.statusesOf(headSha).length
    ]
    assert.deepStrictEqual([shown(installed), shown(other)], [[1, 0], [0, 1]])
    // GitHub was asked once for each repository where the App is.
    const asked = emulator.requests.filter(({ operation }) => operation === "apps/get-repo-installation")
    assert.lengthOf(asked, 2)
    assert.deepStrictEqual(emulator.violations, [])
  }).pipe(Effect.scoped))

it.live("a delivery that names an installation is answered as the App, without a look at where it is installed", () =>
  Effect.gen(function*() {
    const { emulator, forge, installed } = yield* world
    yield* publishing(reviewOf(installed)).pipe(
      Effect.provideService(CurrentInstallation, Option.some(67_890)),
      Effect.provide(forge)
    )
    assert.deepStrictEqual(authorsOn(emulator, installed), [app])
    assert.isFalse(emulator.requests.some(({ operation }) => operation === "apps/get-repo-installation"))
  }).pipe(Effect.scoped))

it.live("what the other account of ours has reviewed counts, and what a stranger copies does not", () =>
  Effect.gen(function*() {
    const { emulator, forge, installed, other } = yield* world
    const job = JobId.make("7".repeat(20))
    for (const pull of [installed, other]) {
      const marker = renderMarker(new Marker({ jobId: job, headSha: Sha.make(pull.headSha) }))
      yield* emulator.comment(pull, pull === installed ? person : app, `Looked at.\n\n${marker}`)
      yield* emulator.comment(pull, "eve", `Looked at, too.\n\n${marker}`)
      const { discussions, posts } = yield* Forge.use((one) => one.look(refOf(pull), job)).pipe(Effect.provide(forge))
      assert.deepStrictEqual(posts.reviewedHeads.map(({ headSha }) => String(headSha)), [pull.headSha])
      assert.isTrue(Option.isSome(posts.review))
      // It is not ours to edit.
      assert.isTrue(Option.isNone(posts.summary))
      assert.deepStrictEqual(discussions.map(({ author, own }) => [author, own]), [
        [pull === installed ? person : app, true],
        ["eve", undefined]
      ])
    }
  }).pipe(Effect.scoped))

it.live("the search for missed events looks with each account into what it reviews, and knows both accounts' reviews", () =>
  Effect.gen(function*() {
    const { emulator, installed, options, other } = yield* world
    for (const pull of [installed, other]) {
      const marker = renderMarker(new Marker({ jobId: JobId.make("7".repeat(20)), headSha: Sha.make(pull.headSha) }))
      yield* emulator.comment(pull, pull === installed ? person : app, `Looked at.\n\n${marker}`)
    }
    const inventory = yield* GitHub.inventory(options)
    const repositories = yield* inventory.repositories(["acme/shop", "acme/api"])
    assert.deepStrictEqual(repositories.map(({ installationId, repo }) => [String(repo), installationId]), [
      ["acme/shop", 67_890],
      ["acme/api", undefined]
    ])
    for (const repository of repositories) {
      const pulls = yield* inventory.openPullRequests(repository, 0)
      const [look] = yield* inventory.look(repository, pulls, 0)
      assert.strictEqual((yield* look?.headState ?? Effect.undefined)?._tag, "Settled")
    }
  }).pipe(Effect.scoped))

it.live("the setup says which account reviews a repository", () =>
  Effect.gen(function*() {
    const { installed, options, other } = yield* world
    const setup = yield* GitHub.setup(options)
    assert.strictEqual(yield* setup.account, app)
    const first = (pull: PullRequest) => Effect.map(setup.repository(refOf(pull).repo), ([fact]) => fact?.text)
    assert.strictEqual(yield* first(installed), "acme/shop is reviewed as the App")
    assert.strictEqual(
      yield* first(other),
      "acme/api is reviewed with the token: no installation of the App has it"
    )
  }).pipe(Effect.scoped))

it.live("a token that GitHub does not accept any more holds up nothing that the App reviews", () =>
  Effect.gen(function*() {
    const { emulator, forge, installed, options } = yield* world
    const marker = renderMarker(new Marker({ jobId: JobId.make("7".repeat(20)), headSha: Sha.make(installed.headSha) }))
    yield* emulator.comment(installed, "eve", `Looked at.\n\n${marker}`)
    emulator.faults.next({ path: /\/user$/, times: 100 }, { _tag: "Answer", status: 401 })
    yield* publishing(reviewOf(installed)).pipe(Effect.provide(forge))
    assert.deepStrictEqual(authorsOn(emulator, installed), ["eve", app])
    const inventory = yield* GitHub.inventory(options)
    const [repository] = yield* inventory.repositories(["acme/shop"])
    assert.isDefined(repository)
    const pulls = yield* inventory.openPullRequests(repository, 0)
    const [look] = yield* inventory.look(repository, pulls, 0)
    assert.strictEqual((yield* look?.headState ?? Effect.undefined)?._tag, "Settled")
    // It is asked again after an hour, and not each time.
    assert.isAtMost(emulator.requests.filter(({ operation }) => operation === "users/get-authenticated").length, 2)
  }).pipe(Effect.scoped))

it.live("a refusal names the App's credentials, where there is a token, too", () =>
  Effect.gen(function*() {
    const { installed, options } = yield* world
    const setup = yield* GitHub.setup({ ...options, credentials: { ...options.credentials, appId: "999" } })
    const questions = [Effect.asVoid(setup.account), Effect.asVoid(setup.repository(refOf(installed).repo))]
    for (const question of questions) {
      assert.include((yield* Effect.flip(question)).message, "GitHub does not accept the App's credentials")
    }
  }).pipe(Effect.scoped))

it.live("a removed installation is noticed by the next call, and the token reviews, whatever the delivery named", () =>
  Effect.gen(function*() {
    const { emulator, forge, installation, installed } = yield* world
    yield* Effect.gen(function*() {
      yield* publishing(reviewOf(installed))
      emulator.apps.uninstall(installation)
      const later = { ...reviewOf(installed), jobId: JobId.make("8".repeat(20)) }
      yield* publishing(later).pipe(Effect.provideService(CurrentInstallation, Option.some(67_890)))
      const last = { ...reviewOf(installed), jobId: JobId.make("9".repeat(20)) }
      const before = emulator.requests.length
      yield* publishing(last).pipe(Effect.provideService(CurrentInstallation, Option.some(67_890)))
      // It is known by then.
      assert.notInclude(
        emulator.requests.slice(before).map(({ operation }) => operation),
        "apps/create-installation-access-token"
      )
    }).pipe(Effect.provide(forge))
    assert.deepStrictEqual(authorsOn(emulator, installed), [app, person, person])
  }).pipe(Effect.scoped))

it.effect("an App's key that GitHub does not accept any more holds up nothing that the token reviews", () =>
  Effect.gen(function*() {
    const { emulator, installed, options, other } = yield* world
    const forge = GitHub.layer(options)
    const inventory = yield* GitHub.inventory(options)
    const names = Effect.map(
      inventory.repositories(["acme/shop", "acme/api"]),
      (repositories) => repositories.map(({ repo }) => String(repo))
    )
    yield* Effect.gen(function*() {
      yield* publishing(reviewOf(installed))
      yield* publishing(reviewOf(other))
      assert.deepStrictEqual(yield* names, ["acme/shop", "acme/api"])
      emulator.faults.next({ path: /\/(?:app|installation)\b/, times: 1_000 }, { _tag: "Answer", status: 401 })
      yield* TestClock.adjust("2 hours")
      const again = (pull: PullRequest) => publishing({ ...reviewOf(pull), jobId: JobId.make("8".repeat(20)) })
      yield* again(other)
      assert.include(String(yield* Effect.flip(again(installed))), "GitHub does not accept the App's credentials")
      assert.deepStrictEqual(yield* names, ["acme/api"])
    }).pipe(Effect.provide(forge))
    assert.deepStrictEqual(authorsOn(emulator, other), [person, person])
    assert.deepStrictEqual(authorsOn(emulator, installed), [app])
  }).pipe(Effect.scoped))

it.live("the setup tells of the App's webhook", () =>
  Effect.gen(function*() {
    const { emulator, options } = yield* world
    const setup = yield* GitHub.setup(options)
    const texts = Effect.map(setup.credentials, (facts) => facts.map(({ text }) => text).join("\n"))
    assert.include(yield* texts, "the webhook of the App to nominal.example has delivered nothing yet")
    emulator.apps.hookUrl = "https://nominal.example/"
    assert.include(yield* texts, "the App's webhook goes to https://nominal.example/: let it end with /webhooks/github")
  }).pipe(Effect.scoped))
