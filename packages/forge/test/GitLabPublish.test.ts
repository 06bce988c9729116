import { assert, describe, it } from "@effect/vitest"
import { PullNumber, PullRequestRef, RepoName, RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import { JobId } from "@nominal-code/domain/job/Job"
import * as GitLabEmulator from "@nominal-code/testing/GitLabEmulator"
import { Effect, Redacted } from "effect"
import { Forge } from "../src/Forge.ts"
import * as GitLab from "../src/GitLab.ts"
import { comment, opened } from "./FakeGitHub.ts"
import { lines, makeScene } from "./GitLabScene.ts"

const otherJob = JobId.make("f".repeat(20))
const newFile = { path: RepoPath.make("src/new.ts") }

describe("a review on GitLab", () => {
  it.effect("is made of drafts that are published at once, the summary last, and looked at", () =>
    Effect.gen(function*() {
      const { asked, ours, publish } = yield* makeScene()
      yield* publish([comment(10), comment(1, newFile)])
      assert.deepStrictEqual(ours().map(({ discussion }) => discussion.individual), [false, false, true])
      assert.sameMembers(asked().slice(0, 2), ["GET draft_notes", "GET discussions"])
      assert.deepStrictEqual(asked().slice(2, 9), [
        "GET versions",
        "GET :version_id",
        "POST draft_notes",
        "POST draft_notes",
        "POST draft_notes",
        "GET draft_notes",
        "POST bulk_publish"
      ])
      assert.isTrue(asked().slice(9).every((request) => request === "GET discussions"))
    }))

  it.effect("carries out no quick action and mentions nobody, wherever the text stands", () =>
    Effect.gen(function*() {
      const { on, ours, publish, ref, state } = yield* makeScene()
      const text = "Look:\n/close\n/label ~bug\n@ada Closes #1\n\n- ```\n/merge\n  ```"
      yield* publish([comment(10, { body: text }), comment(20, { body: text })], { summary: text })
      const answering = Forge.use((forge) =>
        Effect.flatMap(
          forge.ownPosts(ref, otherJob),
          (known) => forge.reply({ ...opened, pullRequest: ref }, otherJob, text, known)
        )
      )
      yield* on(answering)
      assert.deepStrictEqual(state.quickActions, [])
      assert.strictEqual(ours().length, 3)
      for (const { body } of ours()) assert.notMatch(body, /^\/|@ada|#1/m)
    }))

  it.effect("counts the lines of a suggestion from the commented one", () =>
    Effect.gen(function*() {
      const { ours, publish } = yield* makeScene()
      yield* publish([
        comment(10, { suggestion: "better" }),
        comment(3, { ...newFile, startLine: 2, suggestion: "two\n\n````\nthree" })
      ])
      const [one, range] = ours().map(({ body }) => body)
      assert.include(one, "```suggestion:-0+0\nbetter\n```")
      assert.include(range, "`````suggestion:-1+0\ntwo\n\n````\nthree\n`````")
    }))

  it.effect("leaves the drafts of a person who uses the account alone", () =>
    Effect.gen(function*() {
      const { asked, bot, ours, publish, request, state } = yield* makeScene()
      const own = {
        id: state.nextId(),
        request,
        author: bot,
        position: undefined,
        lineRange: undefined,
        lineCode: undefined,
        replyTo: undefined,
        resolves: false,
        body: "My notes."
      }
      state.drafts.push(own)
      const posted = yield* publish([comment(10)])
      assert.deepStrictEqual([posted.inline, ours().length, state.drafts], [1, 2, [own]])
      assert.notInclude(asked(), "POST bulk_publish")
    }))

  it.effect("tells in its summary what GitLab has lost while it published", () =>
    Effect.gen(function*() {
      const { emulator, ours, publish, state } = yield* makeScene()
      emulator.pauses.at(({ operation, when }) =>
        Effect.sync(() => {
          if (when !== "before" || !operation.endsWith("bulk_publish")) return
          const [first] = state.drafts
          if (first !== undefined) state.drafts.splice(0, 1, { ...first, lineCode: undefined })
        })
      )
      const posted = yield* publish([comment(10), comment(1, newFile)])
      assert.deepStrictEqual([posted.inline, posted.folded], [1, 1])
      assert.deepStrictEqual(ours().filter(({ body }) => body.includes("finding at 10")).length, 1)
      assert.include(ours().at(-1)?.body, "**`src/cart.ts:10`**")
    }))

  it.effect("tells in its summary what GitLab answers 500 for, each time", () =>
    Effect.gen(function*() {
      const { emulator, ours, publish, state } = yield* makeScene()
      emulator.faults.next({ method: "POST", path: /draft_notes$/, times: 5 }, { _tag: "Answer", status: 500 })
      const posted = yield* publish([comment(10), comment(1, newFile)])
      assert.deepStrictEqual([posted.inline, posted.folded, state.drafts], [1, 1, []])
      assert.include(ours().at(-1)?.body, "**`src/cart.ts:10`**")
    }))

  it.effect("tells in its summary what a GitLab without draft notes answers 500 for, each time", () =>
    Effect.gen(function*() {
      const { emulator, ours, publish } = yield* makeScene({ version: "15.0.5" })
      emulator.faults.next({ method: "POST", path: /discussions$/, times: 5 }, { _tag: "Answer", status: 500 })
      const posted = yield* publish([comment(10), comment(1, newFile)])
      assert.deepStrictEqual([posted.inline, posted.folded, ours().length], [1, 1, 2])
      assert.include(ours().at(-1)?.body, "**`src/cart.ts:10`**")
    }))

  it.effect("fails whole while GitLab is away, and nothing is half-posted", () =>
    Effect.gen(function*() {
      const { emulator, ours, publish } = yield* makeScene()
      emulator.faults.next({ path: /draft_notes(?:\/bulk_publish)?$/, times: 100 }, { _tag: "Answer", status: 502 })
      assert.include(String(yield* Effect.flip(publish([comment(10)]))), "GitLab answered 5")
      assert.deepStrictEqual(ours(), [])
    }))

  it.effect("of more than a million characters is cut to fit, and keeps its marker", () =>
    Effect.gen(function*() {
      const { ours, publish } = yield* makeScene()
      yield* publish([], { summary: "A line of text.\n".repeat(80_000) })
      const [body = ""] = ours().map(({ body }) => body)
      assert.isAbove(body.length, 240_000)
      assert.include(body, "does not fit into one comment")
      assert.isTrue((yield* publish([])).alreadyPosted)
    }))

  it.effect("of a commit that GitLab has no diff of is one note", () =>
    Effect.gen(function*() {
      const { ours, publish } = yield* makeScene()
      const posted = yield* publish([comment(10)], { headSha: Sha.make("a".repeat(40)) })
      assert.deepStrictEqual([posted.inline, posted.folded, ours().length], [0, 1, 1])
    }))

  it.effect("of an older head keeps its places when a push comes in between", () =>
    Effect.gen(function*() {
      const { emulator, on, ours, publish, ref, request } = yield* makeScene()
      yield* emulator.push(request, [{ message: "More", files: { "src/cart.ts": `first\n${lines.join("")}` } }])
      const posted = yield* publish([comment(10)])
      assert.deepStrictEqual([posted.inline, posted.folded], [1, 0])
      assert.strictEqual(ours()[0]?.discussion.position?.new_line, 10)
      const { discussions } = yield* on(Forge.use((forge) => forge.look(ref, JobId.make("0123456789abcdef0123"))))
      const [onDiff] = discussions.filter(({ path }) => path !== undefined)
      assert.deepStrictEqual([onDiff?.line, onDiff?.originalLine], [undefined, 10])
    }))

  it.effect.each([
    "400 Bad request - Note {:line_code=>[\"can't be blank\", \"must be a valid line code\"]}",
    "400 Bad request - Note {:position=>[\"is incomplete\"]}",
    // Of a commit that is in the merge request's diff no more.
    "400 Bad request - Note {:position=>[\"is invalid\"]}"
  ])(
    "folds the comment whose place GitLab refuses with %s, and keeps the others at their lines",
    (message) =>
      Effect.gen(function*() {
        const { emulator, ours, publish } = yield* makeScene()
        emulator.faults.next({ method: "POST", path: /draft_notes$/ }, { _tag: "Answer", status: 400, message })
        const posted = yield* publish([comment(10), comment(1, newFile)])
        assert.deepStrictEqual([posted.inline, posted.folded], [1, 1])
        assert.include(ours().at(-1)?.body, "**`src/cart.ts:10`**")
      })
  )

  it.effect.each(
    [
      ["a role that may not publish", /bulk_publish$/],
      ["a rule of approval that shuts the account out", /draft_notes$/]
    ] as const
  )("under %s fails whole, and says what the account lacks", ([, path]) =>
    Effect.gen(function*() {
      const { emulator, ours, publish } = yield* makeScene()
      emulator.faults.next({ method: "POST", path }, { _tag: "Answer", status: 403, message: "403 Forbidden" })
      assert.match(
        String(yield* Effect.flip(publish([comment(10)]))),
        /^ForgeError: the token lacks a permission/
      )
      assert.deepStrictEqual(ours(), [])
    }))

  it.effect("on a confidential merge request, in a private fork, is posted by a member, and others find no such project", () =>
    Effect.gen(function*() {
      const { bot, on, ours, publish, ref, request } = yield* makeScene()
      request.project.private = true
      const refused = yield* Effect.forEach(
        [
          on(Forge.use((forge) => Effect.asVoid(forge.look(ref, JobId.make("0123456789abcdef0123"))))),
          on(Forge.use((forge) => forge.checkAccess(ref.repo))),
          Effect.asVoid(publish([comment(10)]))
        ],
        (attempt) => Effect.map(Effect.flip(attempt), String)
      )
      for (const error of refused) assert.match(error, /^ForgeError: not there, or not visible to the token/)
      assert.deepStrictEqual(ours(), [])
      request.project.members.set(bot, 30)
      assert.strictEqual((yield* publish([comment(10)])).inline, 1)
    }))

  it.effect("in an archived project is refused for that", () =>
    Effect.gen(function*() {
      const { publish, request } = yield* makeScene()
      request.project.archived = true
      assert.include(String(yield* Effect.flip(publish([comment(10)]))), "the project is archived")
    }))
})

it.effect("a file whose diff GitLab collapses is a changed file without a patch", () =>
  Effect.gen(function*() {
    const emulator = yield* GitLabEmulator.make({ collapsedBytes: 10 })
    const request = yield* emulator.openRequest({
      project: yield* emulator.addProject("acme/shop", [{ message: "Begin", files: { "a.txt": lines.join("") } }]),
      commits: [{
        message: "Add many",
        files: Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`src/${index}.ts`, `${index}\n`]))
      }]
    })
    const ref = new PullRequestRef({
      platform: "gitlab",
      repo: RepoName.make("acme/shop"),
      number: PullNumber.make(request.iid)
    })
    const token = Redacted.make(emulator.account("nominal-bot").token)
    const files = yield* Forge.use((forge) => forge.changedFiles(ref)).pipe(
      Effect.provide(GitLab.layer({ apiBase: emulator.origin, token }))
    )
    assert.deepStrictEqual([files.length, files.filter(({ patch }) => patch !== undefined).length], [120, 0])
  }))
