import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { post } from "@nominal-code/testing/GitHubDeliveries"
import { submitReview, turns } from "@nominal-code/testing/ScriptedModel"
import { Effect, Option } from "effect"
import { readFileSync } from "node:fs"
import { parseAllDocuments } from "yaml"
import * as Journey from "./Journey.ts"
import * as Shop from "./Shop.ts"

const slug = "nominal"
const login = `${slug}[bot]`

/** The Secrets of the template, with the variables of a GitHub App in place of a token. */
const secret: Readonly<Record<string, string>> = Object.assign(
  {},
  ...parseAllDocuments(
    readFileSync(new URL("../../deploy/k8s/secret.yaml.template", import.meta.url), "utf8")
      .replaceAll(/^ {2}# (GITHUB_(?:APP|INSTALLATION)_.*| {2}\S.*)$/gm, "  $1")
  ).map((document) => document.toJS().stringData)
)

/** A value of the template as it stands there, for what is no key and no name of somebody's own. */
const verbatim = (name: string): string => {
  const value = secret[name] ?? ""
  assert.notMatch(value, /^$|your-|\.\.\./, name)
  return value
}

/** A journey whose `serve` is a GitHub App that is installed on one repository, with the variables of the template. */
const world = Effect.fnUntraced(function*(env: Readonly<Record<string, string>> = {}) {
  const journey = yield* Journey.make({})
  const { apps } = journey.emulator
  const app = apps.register(12_345, slug, journey.emulator.account(login, "Bot"))
  const pull = yield* Shop.open(journey, "installed")
  const installation = apps.install(app, 67_890, [pull.repository.fullName])
  journey.script(
    pull,
    turns({ calls: [submitReview("Looked at.", [Shop.finding("src/total.ts", "Cents are lost.")])] })
  )
  const serve = yield* journey.start({
    GITHUB_TOKEN: "",
    GITHUB_APP_ID: verbatim("GITHUB_APP_ID"),
    GITHUB_INSTALLATION_ID: verbatim("GITHUB_INSTALLATION_ID"),
    GITHUB_APP_PRIVATE_KEY: (secret["GITHUB_APP_PRIVATE_KEY"] ?? "").replace(/^-[^]*-$/m, app.privateKey),
    ALLOWED_USERS: verbatim("ALLOWED_USERS"),
    ALLOWED_REPOS: (secret["ALLOWED_REPOS"] ?? "").replace("your-org/your-repo", pull.repository.fullName),
    REVIEWER_BOT_USERNAME: slug,
    // The deliveries of these journeys arrive: a search at the start would be faster than they.
    RECONCILE_MAX_REQUESTS: "0",
    ...env
  })
  return { app, apps, installation, journey, pull, serve }
})

it.live("a GitHub App reviews as its own bot, by eight requests and one for its token, and its key is nowhere to be found", () =>
  Effect.gen(function*() {
    const { app, journey, pull, serve } = yield* world()
    const { emulator } = journey
    const { state } = yield* journey.ended(
      yield* journey.send({ event: "pull_request", action: "opened", pull }, serve)
    )
    assert.strictEqual(state, "done")
    const [review, ...others] = emulator.state.reviews.filter((review) => review.pull === pull)
    assert.deepStrictEqual(others, [])
    assert.strictEqual(review?.author.login, login)
    assert.strictEqual(emulator.state.reviewCommentsOf(pull).length, 1)
    const tokens = emulator.requests.filter(({ operation }) => operation === "apps/create-installation-access-token")
    assert.deepStrictEqual(tokens.map(({ body }) => body), [{
      repositories: ["installed"],
      permissions: { checks: "write", contents: "read", issues: "write", pull_requests: "write" }
    }])
    // The commit says so, too.
    yield* Journey.until(
      "the check",
      () => emulator.state.checkRunsOf(pull.headSha).some(({ conclusion }) => conclusion === "success")
    )
    assert.lengthOf(emulator.state.checkRunsOf(pull.headSha), 1)
    const asked = emulator.requests.filter(({ kind }) => kind !== "git").map(({ operation }) => operation)
    assert.isAtMost(asked.length, 9, String(asked))
    // An installation has no user: GitHub would refuse to tell who it is.
    assert.deepStrictEqual(emulator.requests.filter(({ path }) => path.endsWith("/user")), [])
    const [, middle = ""] = app.privateKey.split("\n")
    assert.notInclude(serve.log.join("\n"), middle)
    yield* journey.checkHonestyAbout(pull)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.live("Re-run on the check reviews its commit afresh", () =>
  Effect.gen(function*() {
    const { installation, journey, pull, serve } = yield* world()
    const { emulator, secrets } = journey
    const succeeded = () =>
      emulator.state.checkRunsOf(pull.headSha).filter(({ conclusion, id }) => conclusion === "success" && id > last)
    let last = 0
    yield* journey.ended(yield* journey.send({ event: "pull_request", action: "opened", pull }, serve))
    yield* Journey.until("the check", () => succeeded().length === 1)
    const [run] = succeeded()
    assert.isDefined(run)
    last = run?.id ?? 0
    journey.script(pull, turns({ calls: [submitReview("Looked at again.", [])] }))
    const body = JSON.stringify({
      action: "rerequested",
      // Of a pull request from a fork, GitHub lists none.
      check_run: {
        id: run?.id,
        name: run?.name,
        head_sha: run?.headSha,
        external_id: run?.externalId,
        pull_requests: []
      },
      repository: { full_name: pull.repository.fullName },
      sender: { login: "mara", type: "User" },
      installation: { id: installation.id }
    })
    const answer = yield* post("check_run", body, { url: serve.webhook, secret: secrets.webhookSecret })
    assert.strictEqual(answer.status, 202, answer.body)
    yield* Journey.until("the second review", () =>
      emulator.state.issueCommentsOf(pull).some(({ body }) => body.includes("Looked at again.")))
    yield* Journey.until("its check", () =>
      succeeded().length === 1)
    assert.deepStrictEqual(emulator.violations, [])
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.live("an installation that is suspended is waited for without an attempt, and the review comes once it is back", () =>
  Effect.gen(function*() {
    const { installation, journey, pull, serve } = yield* world()
    installation.suspended = true
    const id = yield* journey.send({ event: "pull_request", action: "opened", pull }, serve)
    const waiting = yield* journey.waits(id)
    assert.strictEqual(waiting.service, "forge:github")
    assert.match(JSON.stringify(waiting.failure), /no token for installation 67890, it may be suspended/)
    assert.deepStrictEqual(journey.emulator.state.reviews.filter((review) => review.pull === pull), [])
    installation.suspended = false
    const { attempts, state } = yield* journey.ended(id)
    assert.deepStrictEqual([state, attempts], ["done", 1])
    assert.strictEqual(journey.emulator.state.reviews.filter((review) => review.pull === pull).length, 1)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.live("tokens that are taken back while a review runs are replaced, and the review is posted once", () =>
  Effect.gen(function*() {
    const { apps, installation, journey, pull, serve } = yield* world()
    const { emulator } = journey
    const thinking = Journey.stalled({ calls: [submitReview("Looked at.", [])] })
    journey.script(pull, thinking.script)
    const id = yield* journey.send({ event: "pull_request", action: "opened", pull }, serve)
    yield* thinking.asked
    apps.revoke(installation)
    yield* thinking.release
    const { attempts, failure, state } = yield* journey.ended(id)
    assert.deepStrictEqual([state, attempts, failure], ["done", 1, Option.none()])
    assert.strictEqual(journey.turns(pull).length, 1)
    assert.strictEqual(emulator.jobs(pull).size, 1)
    // Each refused request was sent again, with the one token that was made for all of them.
    assert.isAtLeast(emulator.requests.filter(({ status }) => status === 401).length, 1)
    const tokens = emulator.requests.filter(({ operation }) => operation === "apps/create-installation-access-token")
    assert.strictEqual(tokens.length, 2)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.live("what was delivered while the server was down is found and done when it starts: a review, and an answer", () =>
  Effect.gen(function*() {
    const journey = yield* Journey.make({})
    const { emulator } = journey
    const { apps } = emulator
    const app = apps.register(12_345, slug, emulator.account(login, "Bot"))
    const pull = yield* Shop.open(journey, "missed")
    apps.install(app, 67_890, [pull.repository.fullName])
    journey.script(pull, turns({ calls: [submitReview("Looked at.", [])] }))
    emulator.lose({ event: "pull_request", action: "opened", pull })
    const comment = yield* emulator.comment(pull, "mara", `@${slug} help`)
    emulator.lose({ event: "issue_comment", action: "created", comment })
    yield* journey.start({
      GITHUB_TOKEN: "",
      GITHUB_APP_ID: "12345",
      GITHUB_APP_PRIVATE_KEY: app.privateKey,
      REVIEWER_BOT_USERNAME: slug
    })
    const own = () => emulator.state.issueCommentsOf(pull).filter(({ author }) => author.login === login)
    yield* Journey.until("the review", () => own().some(({ body }) => body.includes("Looked at.")))
    yield* Journey.until("the answer", () => own().some(({ body }) => body.includes("review full")))
    assert.lengthOf(own(), 2)
    assert.deepStrictEqual(emulator.violations, [])
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.live("the installation is the one that the delivery names, where no other is configured", () =>
  Effect.gen(function*() {
    const { installation, journey, pull, serve } = yield* world({ GITHUB_INSTALLATION_ID: "" })
    const { emulator, secrets } = journey
    const payload = emulator.payload({ event: "pull_request", action: "opened", pull })
    const body = JSON.stringify({ ...payload, installation: { id: installation.id } })
    const { body: answer, status } = yield* post("pull_request", body, {
      url: serve.webhook,
      secret: secrets.webhookSecret
    })
    assert.strictEqual(status, 202, answer)
    yield* Journey.until("the review", () => emulator.state.reviews.some((review) => review.pull === pull))
    // Nobody had to ask GitHub which installation it is.
    assert.deepStrictEqual(emulator.requests.filter(({ path }) => path.endsWith("/installation")), [])
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
