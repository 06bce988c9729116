import { assert, it } from "@effect/vitest"
import { Login, PullNumber, PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import { Array, Clock, Effect, Redacted } from "effect"
import * as GitHub from "../src/GitHub.ts"
import type { OpenPullRequest } from "../src/Inventory.ts"
import { fakeGitHub, head, instantClock, ref, token } from "./FakeGitHub.ts"

const pullOf = (number: number): OpenPullRequest => ({
  ref: new PullRequestRef({ ...ref, number: PullNumber.make(number) }),
  title: "A change",
  author: Login.make("ada"),
  draft: false,
  headSha: head,
  headBranch: "change",
  baseBranch: "main",
  createdAt: 0,
  updatedAt: 0,
  labels: []
})

const none = { nodes: [] }
const node = {
  headRefOid: head,
  reviews: none,
  comments: none,
  reviewThreads: none,
  timelineItems: none,
  commits: none
}
const numbersIn = (body: unknown) =>
  [...JSON.stringify(body).matchAll(/pullRequest\(number: (\d+)\)/g)].map(([, number]) => Number(number))

/** Looks at ten pull requests, and tells of which there is an answer, and how many were asked about at once. */
const lookWhere = (
  fails: (numbers: ReadonlyArray<number>) => { readonly status?: number; readonly body: unknown } | undefined
) =>
  Effect.gen(function*() {
    const asked: Array<number> = []
    const fake = yield* fakeGitHub(({ body }) => {
      const numbers = numbersIn(body)
      asked.push(numbers.length)
      return fails(numbers) ?? {
        body: { data: { repository: Object.fromEntries(numbers.map((number) => [`p${number}`, node])) } }
      }
    })
    const credentials = { _tag: "Token", token: Redacted.make(token) } as const
    const inventory = yield* GitHub.inventory({ credentials, apiBase: fake.url, cloneBase: fake.url })
    const looks = yield* inventory.look({ repo: ref.repo }, Array.makeBy(10, (index) => pullOf(index + 1)), 0)
    const answered = yield* Effect.forEach(looks, (look) =>
      look === undefined ? Effect.succeed("gone") : Effect.map(look.headState, (one) => one?._tag))
    return { answered, asked }
  }).pipe(
    Effect.provideServiceEffect(
      Clock.Clock,
      Effect.map(instantClock, ({ instant }) =>
        instant)
    ),
    Effect.scoped
  )

const unreviewed = Array.makeBy(10, () => "Unreviewed")

it.live("a pull request that is gone keeps no other from being looked at", () =>
  Effect.gen(function*() {
    const { answered } = yield* lookWhere((numbers) =>
      numbers.includes(3)
        ? {
          body: { data: { repository: { p3: null } }, errors: [{ type: "NOT_FOUND", message: "no such pull request" }] }
        }
        : undefined
    )
    assert.deepStrictEqual(answered, unreviewed.with(2, "gone"))
  }))

it.live("a query that is too much for GitHub is asked in halves, and each of its pull requests is looked at once", () =>
  Effect.gen(function*() {
    const { answered, asked } = yield* lookWhere((numbers) =>
      numbers.length > 3 ? { status: 502, body: { message: "Something went wrong" } } : undefined
    )
    assert.deepStrictEqual(answered, unreviewed)
    assert.deepStrictEqual(asked.filter((count) => count <= 3), [3, 2, 3, 2])
  }))

it.live("a GitHub that is away is asked no more than a few times", () =>
  Effect.gen(function*() {
    const asked: Array<number> = []
    const error = yield* Effect.flip(lookWhere((numbers) => {
      asked.push(numbers.length)
      return { status: 502, body: { message: "Bad Gateway" } }
    }))
    assert.strictEqual(error.reason._tag, "Unavailable")
    assert.deepStrictEqual([...new Set(asked)], [10, 5, 3, 2, 1])
  }))
