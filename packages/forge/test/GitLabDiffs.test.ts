import { assert, describe, it } from "@effect/vitest"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { Effect } from "effect"
import { Forge } from "../src/Forge.ts"
import { comment, jobId } from "./FakeGitHub.ts"
import { lines, makeScene } from "./GitLabScene.ts"

/** Reads and posts as a review does, with a push before one of its steps. */
const reviewWithPush = Effect.fnUntraced(
  function*(
    pushBefore: "files" | "check" | "post" | undefined,
    { limits = {}, readsAgain = true }: { limits?: Parameters<typeof makeScene>[0]; readsAgain?: boolean } = {}
  ) {
    const { asked, emulator, headSha, on, ours, ref, request, review } = yield* makeScene(limits)
    // Line 10 of the reviewed commit is line 11 of what is pushed.
    const pushed = { "src/cart.ts": ["first\n", ...lines.with(9, "changed\n")].join("") }
    const step = (name: typeof pushBefore) =>
      Effect.when(emulator.push(request, [{ message: "More", files: pushed }]), Effect.succeed(name === pushBefore))
    const posted = yield* on(Effect.gen(function*() {
      const forge = yield* Forge
      const { posts } = yield* forge.look(ref, jobId)
      yield* step("files")
      yield* forge.changedFiles(ref)
      yield* step("check")
      if (readsAgain) yield* forge.pullRequest(ref)
      yield* step("post")
      return yield* forge.publish(
        review([comment(10), comment(9), comment(2, { path: RepoPath.make("src/new.ts") })]),
        posts
      )
    }))
    assert.deepStrictEqual([posted.inline, posted.folded], [3, 0])
    const [position] = ours().map(({ discussion }) => discussion.position)
    assert.deepStrictEqual([position?.head_sha, position?.new_line], [headSha, 10])
    return asked().filter((request) => request === "GET versions").length
  }
)

describe("the places of a review on GitLab", () => {
  it.effect("are those of the diff that was read for it, which is not asked for again", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual([yield* reviewWithPush(undefined), yield* reviewWithPush("post")], [0, 0])
    }))

  it.effect("are looked up where a push came between the reads, so that no one knows whose diff it was", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual([yield* reviewWithPush("files"), yield* reviewWithPush("check")], [1, 1])
      assert.strictEqual(yield* reviewWithPush("files", { readsAgain: false }), 1)
    }))

  it.effect("are looked up in files that GitLab has collapsed", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* reviewWithPush(undefined, { limits: { collapsedBytes: 10 } }), 1)
    }))
})

it.effect.each([[3_000, 3_000, 3_000], [3_000, 1_000, undefined]] as const)(
  "of %i changed files, where GitLab lists %i: all are listed, or none, so that git lists them",
  ([changed, listed, expected]) =>
    Effect.gen(function*() {
      const { emulator, on, ref, request } = yield* makeScene({ collapsedBytes: 1, files: listed })
      const files = Array.from({ length: changed - 2 }, (_, at) => [`many/${at}.ts`, `${at} is new\n`] as const)
      yield* emulator.push(request, [{ message: "Add many", files: Object.fromEntries(files) }])
      const found = yield* on(
        Forge.use(({ changedFiles, look }) => Effect.andThen(look(ref, jobId), Effect.result(changedFiles(ref))))
      )
      if (found._tag === "Success") {
        assert.strictEqual(found.success.length, expected)
        // What is collapsed has no text: it comes from git.
        assert.isTrue(found.success.every(({ patch }) => patch === undefined))
        return
      }
      assert.isUndefined(expected)
      assert.deepInclude({ ...found.failure.reason }, { _tag: "Refused", status: 422 })
    })
)
