import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { comment, draft, fakeGitHub, forgeAt, publishing } from "./FakeGitHub.ts"
import { fakePull } from "./FakePull.ts"

const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)
const all = lines(1, 50)
const without = (...some: ReadonlyArray<number>) => all.filter((line) => !some.includes(line))

/** Number of drafts that it takes to post 50 comments, some of which are refused. `listed`: lines of GitHub's diff. */
const draftsFor = Effect.fnUntraced(function*(refused: ReadonlyArray<number>, listed: ReadonlyArray<number>) {
  const pull = fakePull(({ line }) => refused.includes(line))
  const patch = listed.map((line) => `@@ -${line} +${line} @@\n+x`).join("\n")
  const fake = yield* fakeGitHub((request) =>
    request.path.endsWith("/pulls/7/files")
      ? { body: [{ filename: "src/cart.ts", status: "modified", patch }] }
      : pull.script(request)
  )
  yield* publishing(draft(all.map((line) => comment(line)))).pipe(Effect.provide(forgeAt(fake.url)))
  assert.deepStrictEqual(
    pull.submitted().flatMap(({ comments }) => comments.map(({ line }) => line)),
    without(...refused)
  )
  return fake.calls("POST /repos/acme/shop/pulls/7/reviews")
})

it.live("a refused comment is sought beside GitHub's own diff first, and among all where that is not all of it", () =>
  Effect.gen(function*() {
    // The review, whether the commit is taken, and the review without the comment.
    assert.strictEqual(yield* draftsFor([17], without(17)), 3)
    // The diff of a newer commit: it lacks a line that is taken, or shows one that is refused.
    assert.isAtMost(yield* draftsFor([17, 30], without(17)), 25)
    assert.isAtMost(yield* draftsFor([30], lines(1, 20)), 15)
  }).pipe(Effect.scoped))
