import { assert, it } from "@effect/vitest"
import { Clock, DateTime, Effect, Exit, Option, Redacted } from "effect"
import { generateKeyPairSync } from "node:crypto"
import { Forge } from "../src/Forge.ts"
import type { ForgeError } from "../src/ForgeError.ts"
import * as GitHub from "../src/GitHub.ts"
import {
  type Answer,
  type FakeGitHub,
  fakeGitHub,
  forgeAt,
  head,
  instantClock,
  jobId,
  ref,
  type Script
} from "./FakeGitHub.ts"

/** Reads a list of a GitHub that names a next page without end, and tells how that failed, and how often a page was asked for. */
const endless = <E>(script: Script, read: (fake: FakeGitHub) => Effect.Effect<unknown, E>) =>
  Effect.gen(function*() {
    let pages = 0
    const fake = yield* fakeGitHub((request) => {
      const answer = script(request)
      if (answer !== undefined && answer.status === undefined) pages += 1
      return answer
    })
    const error = Option.getOrUndefined(Exit.findErrorOption(yield* Effect.exit(read(fake))))
    return { message: error instanceof Error ? error.message : "", pages }
  }).pipe(
    Effect.provideServiceEffect(Clock.Clock, Effect.map(instantClock, ({ instant }) => instant)),
    Effect.scoped
  )

const at = <A, E>(use: Effect.Effect<A, E, Forge>) => (fake: FakeGitHub) => Effect.provide(use, forgeAt(fake.url))

it.live("a list of REST ends where each of its pages names another one", () =>
  Effect.gen(function*() {
    const empty: Answer = { headers: { link: "<http://x?page=2>; rel=\"next\"" }, body: [] }
    const { message, pages } = yield* endless(() => empty, at(Forge.use((forge) => forge.changedFiles(ref))))
    assert.match(message, /^the list is longer than 200 pages \(GitHub\./)
    assert.strictEqual(pages, 200)
  }))

const more = { pageInfo: { hasNextPage: true, endCursor: "again" }, nodes: [] }
const pull = {
  title: "A change",
  body: "",
  state: "OPEN",
  isDraft: false,
  labels: { nodes: [] },
  headRefOid: head,
  headRefName: "change",
  baseRefOid: head,
  baseRefName: "main",
  author: { login: "ada", __typename: "User" }
}
const ofPull = (pullRequest: unknown): Answer => ({ body: { data: { repository: { pullRequest } } } })

it.live("the posts and the threads of a pull request end where each page of theirs names another one", () =>
  Effect.gen(function*() {
    const lists = { ...pull, reviews: more, comments: more, reviewThreads: more, page: more }
    const script: Script = ({ path }) => path === "/graphql" ? ofPull(lists) : undefined
    // What GraphQL does not tell is read over REST, which is not there.
    const look = yield* endless(script, at(Forge.use((forge) => forge.look(ref, jobId))))
    assert.strictEqual(look.pages, 201)
    const resolving = Forge.use((forge) => forge.resolveThread({ pullRequest: ref, threadId: "1" }))
    const { message, pages } = yield* endless(script, at(resolving))
    assert.match(message, /^the list is longer than 200 pages \(GitHub\.resolveThread/)
    assert.strictEqual(pages, 200)
  }))

it.live("the repositories of an installation end, however many more there are said to be", () =>
  Effect.gen(function*() {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
    const pem = privateKey.export({ type: "pkcs1", format: "pem" }).toString()
    const repositories = Array.from({ length: 100 }, (_, at) => ({ full_name: `acme/shop-${at}` }))
    const expires = DateTime.formatIso(DateTime.makeUnsafe(4_000_000_000_000))
    const { message, pages } = yield* endless(
      ({ path }) =>
        path.endsWith("/access_tokens")
          ? { status: 201, body: { token: "ghs_1", expires_at: expires } }
          : path === "/installation/repositories"
          ? { body: { total_count: 1_000_000_000, repositories } }
          : undefined,
      (fake): Effect.Effect<unknown, ForgeError> =>
        GitHub.inventory({
          credentials: { _tag: "App", appId: "1", privateKey: Redacted.make(pem), installationId: Option.some(7) },
          apiBase: fake.url,
          cloneBase: fake.url
        }).pipe(Effect.flatMap(({ repositories }) => repositories(["acme/*"])), Effect.scoped)
    )
    // The search for missed events goes on without that installation.
    assert.deepStrictEqual([message, pages], ["", 1_000])
  }))
