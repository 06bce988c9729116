import { assert, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { comment, draft, opened, publishing } from "./FakeGitHub.ts"
import { gitLabScene, oldGitLabScene } from "./ForgeScene.ts"
import { forgeSuite } from "./ForgeSuite.ts"
import { ledgerSuite } from "./ledgerSuite.ts"
import { makeRace } from "./TwoServers.ts"

forgeSuite("GitLab", gitLabScene)
ledgerSuite("GitLab", gitLabScene)
forgeSuite("GitLab 15.0", oldGitLabScene, false)

it.effect("a draft of a run that lost its lease, which arrives late, is published by nobody", () =>
  Effect.gen(function*() {
    const { arena, head, ref, requests } = yield* gitLabScene
    const operation = "POST /projects/:id/merge_requests/:iid/draft_notes"
    const review = (line: number) =>
      Effect.asVoid(publishing(draft([comment(line)], {
        pullRequest: ref,
        headSha: head,
        event: { ...opened, pullRequest: ref, headSha: head }
      })))
    const { arrive, goOn, kill, second, takeOver } = yield* (yield* makeRace(arena))(review(12), review(10))
    yield* goOn("first", { when: "before", operation })
    yield* kill
    yield* takeOver
    yield* goOn("second", { when: "after", operation })
    yield* arrive
    yield* goOn("second")
    assert.isTrue(Result.isSuccess(yield* second))
    const ends = requests.map(({ method, operation }) => `${method} ${operation.split("/").slice(5).join("/")}`)
    assert.includeMembers(ends, ["DELETE draft_notes/:draft_id", "POST draft_notes/bulk_publish"])
    assert.notInclude(ends, "DELETE notes/:note_id")
  }))
