import { assert, describe, it } from "@effect/vitest"
import { Relation } from "@nominal-code/domain/event/Access"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Forge } from "../src/Forge.ts"
import { fakeGitHub, forgeAt, opened } from "./FakeGitHub.ts"
import { makeScene } from "./GitLabScene.ts"
import { assertAllowed } from "./OpenApi.ts"

const { Associated, Member } = Relation.cases
const decode = Schema.decodeUnknownSync(PullRequestEvent)
const lifecycle = Schema.encodeSync(PullRequestEvent)(opened)

/** A comment by an account whose relation was that of a member when it was delivered. */
const commentOf = (kind: string, author: string) =>
  decode({
    _tag: "Comment",
    kind,
    pullRequest: lifecycle.pullRequest,
    title: "",
    author,
    authorIsBot: false,
    association: "MEMBER",
    commentId: 12,
    body: "@nominal review"
  })

describe("the relation of an author on GitHub", () => {
  it.effect("is that of what was written as GitHub shows it now, for five minutes", () =>
    Effect.gen(function*() {
      let association: unknown = "CONTRIBUTOR"
      const fake = yield* fakeGitHub(() => ({ body: { author_association: association } }))
      yield* Effect.gen(function*() {
        const { relation } = yield* Forge
        for (const [kind, author] of [["issue_comment", "a"], ["review_comment", "b"], ["review", "c"]] as const) {
          assert.deepStrictEqual(
            yield* relation(commentOf(kind, author)),
            Associated.make({ association: "CONTRIBUTOR" })
          )
        }
        yield* relation(decode({ ...lifecycle, author: "d", association: "MEMBER" }))
        assert.deepStrictEqual(fake.requests.map(({ path }) => path.replace("/repos/acme/shop/", "")), [
          "issues/comments/12",
          "pulls/comments/12",
          "pulls/7/reviews/12",
          "pulls/7"
        ])
        association = "OWNER"
        yield* TestClock.adjust("4 minutes")
        assert.deepStrictEqual(
          yield* relation(commentOf("issue_comment", "A")),
          Associated.make({ association: "CONTRIBUTOR" })
        )
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(
          yield* relation(commentOf("issue_comment", "a")),
          Associated.make({ association: "OWNER" })
        )
        association = "SOMETHING_NEW"
        assert.deepStrictEqual(yield* relation(commentOf("issue_comment", "e")), Associated.make({}))
        assertAllowed(fake.requests)
      }).pipe(Effect.provide(forgeAt(fake.url)))
    }))

  it.effect("is what the delivery said of a comment that was deleted meanwhile", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub(() => ({ status: 404, body: { message: "Not Found" } }))
      const found = yield* Forge.use((forge) => forge.relation(commentOf("issue_comment", "a"))).pipe(
        Effect.provide(forgeAt(fake.url))
      )
      assert.deepStrictEqual(found, Associated.make({ association: "MEMBER" }))
    }))
})

it.effect("the relation of an author on GitLab is the role in the project, and none without a number", () =>
  Effect.gen(function*() {
    const { asked, emulator, on, ref, request } = yield* makeScene()
    emulator.addMember(request.project, "mara", 40)
    const by = (authorId: number | undefined) =>
      Forge.use((forge) =>
        forge.relation({ ...opened, pullRequest: ref, ...(authorId === undefined ? {} : { authorId }) })
      )
    const levels = yield* on(
      Effect.forEach([emulator.account("mara").id, emulator.account("mara").id, 999_999, undefined], by)
    )
    assert.deepStrictEqual(levels, [40, 40, 0, 0].map((level) => Member.make({ level })))
    assert.strictEqual(asked().length, 2)
  }))
