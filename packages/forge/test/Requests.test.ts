import { assert, it } from "@effect/vitest"
import { MayHaveEarlierRuns } from "@nominal-code/domain/job/RunStillWanted"
import { Effect, type Scope } from "effect"
import { Forge } from "../src/Forge.ts"
import { comment, draft, jobId, opened } from "./FakeGitHub.ts"
import { forgeOf, gitHubScene, gitLabScene, type Scene } from "./ForgeScene.ts"

/** The requests of each step of a first review with two comments, by their operations. */
const requestsOf = Effect.fnUntraced(function*(makeScene: Effect.Effect<Scene, unknown, Scope.Scope>) {
  const scene = yield* makeScene
  const event = { ...opened, pullRequest: scene.ref, headSha: scene.head }
  const review = draft([comment(10), comment(12)], { event, pullRequest: scene.ref, headSha: scene.head })
  const during = <A, E>(step: Effect.Effect<A, E, Forge>) =>
    Effect.gen(function*() {
      const before = scene.requests.length
      const result = yield* step
      return { result, asked: scene.requests.slice(before).map(({ operation }) => operation) }
    })
  return yield* Effect.gen(function*() {
    const forge = yield* Forge
    const reaction = yield* during(forge.acknowledge(event))
    const look = yield* during(forge.look(scene.ref, jobId))
    const files = yield* during(forge.reviewsOwnDiff === true ? forge.changedFiles(scene.ref) : Effect.void)
    const again = yield* during(forge.pullRequest(scene.ref))
    const post = yield* during(forge.publish(review, look.result.posts))
    assert.strictEqual(post.result.inline, 2)
    return {
      reaction: reaction.asked,
      look: look.asked.toSorted(),
      files: files.asked,
      again: again.asked,
      post: post.asked
    }
  }).pipe(Effect.provide(forgeOf(scene)), Effect.provideService(MayHaveEarlierRuns, false))
})

const count = (steps: Readonly<Record<string, ReadonlyArray<string>>>) => Object.values(steps).flat().length

it.effect("a first review costs GitHub five requests, the reaction and the fence included", () =>
  Effect.gen(function*() {
    const steps = yield* requestsOf(gitHubScene)
    assert.deepStrictEqual(steps, {
      reaction: ["reactions/create-for-issue"],
      // The pull request, its reviews, comments and threads, and which of them are ours.
      look: ["graphql"],
      // git has them.
      files: [],
      // Closed or pushed to in the meantime?
      again: ["pulls/get"],
      // No run of the job came before this one, whose plain posts would have to be looked for.
      post: ["pulls/create-review", "pulls/submit-review"]
    })
    assert.strictEqual(count(steps), 5)
  }))

it.effect("a first review with two comments costs GitLab twelve requests, one more for each comment", () =>
  Effect.gen(function*() {
    const steps = yield* requestsOf(gitLabScene)
    const at = "/projects/:id/merge_requests/:iid"
    assert.deepStrictEqual(steps, {
      reaction: [`POST ${at}/award_emoji`],
      look: [`GET ${at}`, `GET ${at}/discussions`, `GET ${at}/draft_notes`],
      files: [`GET ${at}/diffs`],
      again: [`GET ${at}`],
      post: [
        `POST ${at}/draft_notes`,
        `POST ${at}/draft_notes`,
        `POST ${at}/draft_notes`,
        // Drafts of another run would be published with ours.
        `GET ${at}/draft_notes`,
        `POST ${at}/draft_notes/bulk_publish`,
        // GitLab loses a draft without a word if its place is not in the diff.
        `GET ${at}/discussions`
      ]
    })
    assert.strictEqual(count(steps), 12)
  }))
