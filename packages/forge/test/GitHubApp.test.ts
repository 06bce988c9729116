import { assert, it } from "@effect/vitest"
import { RepoName } from "@nominal-code/domain/event/PullRequest"
import { KnownSecrets, makeKnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { DateTime, Effect, Layer, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto"
import { Forge } from "../src/Forge.ts"
import * as GitHub from "../src/GitHub.ts"
import * as GitLab from "../src/GitLab.ts"
import { CurrentInstallation } from "../src/Installation.ts"
import { type Answer, type FakeGitHub, fakeGitHub, type RecordedRequest } from "./FakeGitHub.ts"
import { assertAllowed } from "./OpenApi.ts"

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
const pem = privateKey.export({ type: "pkcs1", format: "pem" }).toString()
const shop = RepoName.make("acme/shop")
const api = RepoName.make("acme/api")
const hour = 3_600_000
/** A test's clock begins there. */
const startOfTime = 1_767_225_600_000

const appForge = (fake: FakeGitHub, installationId: Option.Option<number> = Option.some(67_890)) =>
  GitHub.layer({
    credentials: { _tag: "App", appId: "12345", privateKey: Redacted.make(pem), installationId },
    apiBase: fake.url,
    cloneBase: "https://github.example"
  })

const passwordFor = (repo: RepoName) =>
  Forge.use((forge) => forge.cloneSource(repo)).pipe(Effect.map(({ password }) => Redacted.value(password)))

const isMint = ({ path }: RecordedRequest) => /^\/app\/installations\/\d+\/access_tokens$/.test(path)

/** GitHub as an App sees it: a token for each request, the second one another than the first, for one hour. */
const minting = (answer: (request: RecordedRequest, minted: number) => Answer | undefined = () => undefined) => {
  let minted = 0
  return (request: RecordedRequest): Answer | undefined => {
    const other = answer(request, minted)
    if (other !== undefined) return other
    if (request.path.endsWith("/installation")) return { body: { id: 4711 } }
    if (request.path === "/app") return { body: { slug: "nominal" } }
    if (!isMint(request)) return undefined
    minted += 1
    return {
      status: 201,
      body: {
        token: `ghs_${minted}`,
        expires_at: DateTime.formatIso(DateTime.makeUnsafe(startOfTime + minted * hour))
      }
    }
  }
}

const started = Effect.andThen(TestClock.setTime(startOfTime), fakeGitHub())

const claimsOf = (request: RecordedRequest | undefined) => {
  const jwt = String(request?.headers["authorization"]).replace("Bearer ", "")
  const [header = "", payload = "", signature = ""] = jwt.split(".")
  const key = createPublicKey(publicKey.export({ type: "spki", format: "pem" }))
  assert.isTrue(verify("sha256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url")))
  return JSON.parse(Buffer.from(payload, "base64url").toString())
}

it.effect("a token is for one repository and for what a review needs, and is asked for with a signed statement", () =>
  Effect.gen(function*() {
    const fake = yield* started
    fake.script = minting()
    assert.strictEqual(yield* passwordFor(shop).pipe(Effect.provide(appForge(fake))), "ghs_1")
    const [request] = fake.requests
    assert.strictEqual(request?.path, "/app/installations/67890/access_tokens")
    assert.deepStrictEqual(request?.body, {
      repositories: ["shop"],
      permissions: { checks: "write", contents: "read", issues: "write", pull_requests: "write" }
    })
    const { exp, iat, iss } = claimsOf(request)
    assert.strictEqual(iss, "12345")
    assert.isAtMost(exp - iat, 600)
    assertAllowed(fake.requests)
  }).pipe(Effect.scoped))

it.effect("a token is hidden from the moment when it is made, without the prefix of a token, too", () =>
  Effect.gen(function*() {
    const fake = yield* started
    const secrets = makeKnownSecrets([])
    const expires_at = DateTime.formatIso(DateTime.makeUnsafe(startOfTime + hour))
    fake.script = minting((request) =>
      isMint(request) ? { status: 201, body: { token: "the-token-of-tomorrow", expires_at } } : undefined
    )
    const token = yield* passwordFor(shop).pipe(
      Effect.provide(appForge(fake)),
      Effect.provideService(KnownSecrets, secrets)
    )
    assert.strictEqual(secrets.redactKnown(`x ${token} y`), "x [REDACTED] y")
  }).pipe(Effect.scoped))

it.effect.each(
  [
    ["GitHub", GitHub.layer({ credentials: { _tag: "Token", token: Redacted.make("a-token-of-a-bot") } })],
    ["GitLab", GitLab.layer({ token: Redacted.make("a-token-of-a-bot") })]
  ] as const
)(
  "the token that %s is given is hidden, in a program that has not told its secrets",
  ([, forge]) =>
    Effect.gen(function*() {
      const secrets = makeKnownSecrets([])
      yield* Effect.scoped(Layer.build(forge)).pipe(Effect.provideService(KnownSecrets, secrets))
      assert.strictEqual(secrets.redactKnown("a-token-of-a-bot"), "[REDACTED]")
    })
)

it.effect("a token serves until ten minutes before its end, and then there is a new one", () =>
  Effect.gen(function*() {
    const fake = yield* started
    fake.script = minting()
    yield* Effect.gen(function*() {
      assert.strictEqual(yield* passwordFor(shop), "ghs_1")
      yield* TestClock.adjust("49 minutes")
      assert.strictEqual(yield* passwordFor(shop), "ghs_1")
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(yield* passwordFor(shop), "ghs_2")
      assert.strictEqual(yield* passwordFor(api), "ghs_3")
    }).pipe(Effect.provide(appForge(fake)))
  }).pipe(Effect.scoped))

it.effect("a token that GitHub refuses is dropped at once, and a new one is tried a single time", () =>
  Effect.gen(function*() {
    const fake = yield* started
    const refused = new Set<string>()
    const commits = (request: RecordedRequest) => request.path.endsWith("/commits")
    const tokenOf = ({ headers }: RecordedRequest) => String(headers["authorization"]).replace("Bearer ", "")
    fake.script = minting((request) => {
      if (!commits(request)) return undefined
      return refused.has(tokenOf(request)) ? { status: 401, body: { message: "Bad credentials" } } : { body: [] }
    })
    const check = Forge.use((forge) => forge.checkAccess(shop))
    yield* Effect.gen(function*() {
      yield* check
      refused.add("ghs_1")
      yield* check
      assert.strictEqual(yield* passwordFor(shop), "ghs_2")
      refused.add("ghs_2").add("ghs_3")
      const { reason } = yield* Effect.flip(check)
      assert.isTrue("_tag" in reason && reason._tag === "Unauthorized")
    }).pipe(Effect.provide(appForge(fake)))
    assert.deepStrictEqual(fake.requests.filter(commits).map(tokenOf), ["ghs_1", "ghs_1", "ghs_2", "ghs_2", "ghs_3"])
  }).pipe(Effect.scoped))

it.effect("the installation is the delivery's, else the configured one, else the repository's", () =>
  Effect.gen(function*() {
    const fake = yield* started
    fake.script = minting()
    const mints = () => fake.requests.filter(isMint).map(({ path }) => path.split("/")[3])
    yield* passwordFor(shop).pipe(
      Effect.provideService(CurrentInstallation, Option.some(99)),
      Effect.provide(appForge(fake))
    )
    yield* passwordFor(shop).pipe(Effect.provide(appForge(fake)))
    yield* passwordFor(shop).pipe(Effect.provide(appForge(fake, Option.none())))
    assert.deepStrictEqual(mints(), ["99", "67890", "4711"])
    assert.strictEqual(fake.calls("GET /repos/acme/shop/installation"), 1)
  }).pipe(Effect.scoped))

it.effect("a repository whose installation is not found is looked up again by the next call", () =>
  Effect.gen(function*() {
    const fake = yield* started
    let isInstalled = false
    fake.script = minting(({ path }) =>
      path.endsWith("/installation") && !isInstalled ? { status: 404, body: { message: "Not Found" } } : undefined
    )
    yield* Effect.gen(function*() {
      assert.include(String(yield* Effect.flip(passwordFor(shop))), "not there, or not visible")
      isInstalled = true
      assert.strictEqual(yield* passwordFor(shop), "ghs_1")
    }).pipe(Effect.provide(appForge(fake, Option.none())))
  }).pipe(Effect.scoped))

it.live("a clock that is five minutes wrong is noticed by GitHub's own, and the statement is signed again", () =>
  Effect.gen(function*() {
    const fake = yield* fakeGitHub()
    const theirs = DateTime.subtract(yield* DateTime.now, { minutes: 5 })
    fake.script = minting((request) => {
      if (request.method === "HEAD") return { headers: { date: DateTime.toDateUtc(theirs).toUTCString() } }
      return isMint(request) && claimsOf(request).iat > DateTime.toEpochMillis(theirs) / 1000
        ? { status: 401, body: { message: "'Issued at' claim ('iat') must be in the past" } }
        : undefined
    })
    const password = yield* passwordFor(shop).pipe(Effect.provide(appForge(fake)))
    assert.strictEqual(password, "ghs_1")
    assert.strictEqual(fake.requests.filter(isMint).length, 2)
  }).pipe(Effect.scoped))

it.effect("a removed or suspended installation, and one without the repository, are each told apart", () =>
  Effect.gen(function*() {
    const cases: ReadonlyArray<readonly [Answer, string, RegExp]> = [
      [
        { status: 404, body: { message: "Not Found" } },
        "NotFound",
        /has no installation 67890, and acme\/shop is in no other one: it was removed/
      ],
      [
        { status: 401, body: { message: "A JSON web token could not be decoded" } },
        "Unauthorized",
        /does not accept the App's credentials/
      ],
      [
        { status: 403, body: { message: "This installation has been suspended" } },
        "Forbidden",
        /no token for installation 67890, it may be suspended/
      ],
      [
        { status: 422, body: { message: "There is at least one repository that does not exist" } },
        "Forbidden",
        /no installation of the GitHub App includes acme\/shop any more: it was taken out of installation 67890/
      ]
    ]
    for (const [answer, tag, message] of cases) {
      const fake = yield* started
      fake.script = minting((request) =>
        isMint(request) ? answer : request.path.endsWith("/installation") ? { status: 404 } : undefined
      )
      const { reason } = yield* passwordFor(shop).pipe(Effect.provide(appForge(fake)), Effect.flip)
      if (!("_tag" in reason)) return assert.fail("no reason")
      assert.strictEqual(reason._tag, tag)
      assert.match(reason.message, message)
      assert.notInclude(reason.message, "PRIVATE KEY")
    }
  }).pipe(Effect.scoped))

const missing = { status: 404, body: { message: "Not Found" } }
const notIncluded = { status: 422, body: { message: "There is at least one repository that does not exist" } }
const movedTo = (fake: FakeGitHub) => ({
  status: 301,
  headers: { location: `${fake.url}/repositories/99/installation` },
  body: { message: "Moved Permanently" }
})

it.effect.each(
  [
    ["whose App was installed again", missing, 4711, false],
    ["that was transferred to another account with the App", notIncluded, 4711, true],
    ["that was renamed", notIncluded, 67_890, true]
  ] as const
)(
  "a job of a repository %s goes on with a token of where the repository is now",
  ([, refusal, home, isMoved]) =>
    Effect.gen(function*() {
      const fake = yield* started
      fake.script = minting((request) => {
        const named = isMint(request) && JSON.stringify(request.body).includes("\"shop\"")
        if (named && request.path.includes("/67890/")) return refusal
        if (request.path === "/repos/acme/shop/installation" && isMoved) return movedTo(fake)
        return request.path.endsWith("/installation") ? { body: { id: home } } : undefined
      })
      const token = yield* passwordFor(shop).pipe(
        Effect.provideService(CurrentInstallation, Option.some(67_890)),
        Effect.provide(appForge(fake, Option.none()))
      )
      assert.strictEqual(token, "ghs_1")
      const last = fake.requests.at(-1)
      assert.strictEqual(last?.path, `/app/installations/${home}/access_tokens`)
      assert.deepInclude(last?.body, isMoved ? { repository_ids: [99] } : { repositories: ["shop"] })
      assert.strictEqual(fake.calls("GET /repos/acme/shop/installation"), 1)
      assertAllowed(fake.requests.filter(({ path }) => !path.startsWith("/repositories/")))
    }).pipe(Effect.scoped)
)

it.effect("an installation that has the repository, and not the permissions, is said so, and not looked for again", () =>
  Effect.gen(function*() {
    const fake = yield* started
    fake.script = minting((request) =>
      isMint(request) ? notIncluded : request.path.endsWith("/installation") ? { body: { id: 67_890 } } : undefined
    )
    const error = yield* Effect.flip(passwordFor(shop)).pipe(Effect.provide(appForge(fake)))
    assert.include(String(error), "lacks a permission (contents: read, issues: write, pull requests: write)")
    assert.strictEqual(fake.calls("GET /repos/acme/shop/installation"), 1)
  }).pipe(Effect.scoped))
