import { assert, it, layer } from "@effect/vitest"
import { refsOf } from "@nominal-code/testing/GitLabState"
import { submitReview, turns } from "@nominal-code/testing/ScriptedModel"
import { Context, Effect, Layer } from "effect"
import * as GitLabJourney from "./GitLabJourney.ts"
import { bot, until } from "./Journey.ts"
import { change, finding } from "./Shop.ts"

class World
  extends Context.Service<World, Effect.Success<ReturnType<typeof GitLabJourney.make>>>()("nominal-code/test/GitLab")
{}

const opened = { event: "merge_request", action: "open" } as const

layer(Layer.effect(World, GitLabJourney.make({})), { excludeTestServices: true, timeout: "2 minutes" })(
  "a merge request",
  (it) => {
    it.effect("is reviewed once with a discussion on its line and a summary, and again after a push", () =>
      Effect.gen(function*() {
        const { checkHonesty, deliver, gitlab, open, run, script, written } = yield* World
        const request = yield* open("pushed")
        const cents = finding("src/total.ts", "Rounding the total here loses cents of every order.\n/close")
        script(request, turns({ calls: [submitReview("One problem.\n\n/approve", [cents])] }))
        const job = yield* run({ ...opened, request }, { delivery: "delivery-1" })

        const retried = yield* deliver({ ...opened, request }, { delivery: "delivery-1" })
        assert.deepStrictEqual([retried.status, JSON.parse(retried.body)], [200, { status: "duplicate", job: job.id }])
        const notes = written(request)
        const [inline, ...others] = notes.filter(({ discussion }) => discussion.position !== undefined)
        assert.deepStrictEqual(others, [])
        assert.deepInclude(inline?.discussion.position, {
          head_sha: refsOf(request).head,
          new_path: "src/total.ts",
          old_path: "src/total.ts",
          new_line: 3
        })
        assert.include(inline?.body ?? "", "loses cents")
        const [summary, ...more] = notes.filter(({ discussion }) => discussion.position === undefined)
        assert.deepStrictEqual(more, [])
        assert.include(summary?.body ?? "", "One problem.")
        assert.include(summary?.body ?? "", `<!-- nominal-code job=${job.id} sha=${refsOf(request).head} -->`)
        yield* until(
          "the reaction",
          () => gitlab.state.awards.some(({ author, name }) => author.username === bot && name === "eyes")
        )

        const oldrev = yield* gitlab.push(request, [change("tax", "return 0")])
        const zero = finding("src/tax.ts", "Nobody pays any tax with this constant in place.")
        script(request, turns({ calls: [submitReview("One more.", [cents, zero])] }))
        yield* run({ event: "merge_request", action: "update", request, oldrev })
        const places = written(request).flatMap(({ discussion: { position } }) => position?.new_path ?? [])
        assert.deepStrictEqual(places, ["src/total.ts", "src/tax.ts"])
        yield* checkHonesty
      }))

    it.effect("is answered where it was asked, and a note that was edited asks nothing", () =>
      Effect.gen(function*() {
        const { checkHonesty, deliver, gitlab, open, run, script, written } = yield* World
        const request = yield* open("mentioned")
        script(request, turns({ calls: [submitReview("Since nobody pays half a cent.", [])] }))
        const { base, head, start } = refsOf(request)
        const note = yield* gitlab.discuss(request, "mara", `@${bot} why is it rounded?`, {
          position_type: "text",
          base_sha: base,
          start_sha: start,
          head_sha: head,
          old_path: "src/total.ts",
          new_path: "src/total.ts",
          new_line: 3
        })
        yield* run({ event: "note", action: "create", note })
        const [answer, ...more] = written(request)
        assert.deepStrictEqual(more, [])
        assert.isDefined(answer)
        assert.strictEqual(answer.discussion, note.discussion)
        assert.include(answer.body, "Since nobody pays half a cent.")

        const edited = yield* deliver({ event: "note", action: "update", note })
        assert.deepStrictEqual([edited.status, JSON.parse(edited.body).status], [200, "ignored"])
        const own = yield* deliver({ event: "note", action: "create", note: answer })
        assert.deepStrictEqual([own.status, JSON.parse(own.body).status], [200, "ignored"])
        yield* checkHonesty
      }))

    it.effect("from a fork is reviewed as the fork has it", () =>
      Effect.gen(function*() {
        const { checkHonesty, open, run, script, turns: turnsOf, written } = yield* World
        const request = yield* open("forked", { fork: "mallory", sourceBranch: "main", author: "mallory" })
        script(
          request,
          turns({ calls: [{ name: "Read", input: { file_path: "src/total.ts" } }] }, {
            calls: [submitReview("See.", [finding("src/total.ts", "The fork rounds the total.")])]
          })
        )
        yield* run({ ...opened, request })
        assert.include(turnsOf(request).at(-1)?.request.toolResults[0] ?? "", "Math.round(items.sum())")
        assert.isTrue(written(request).some(({ discussion }) => discussion.position?.new_line === 3))
        yield* checkHonesty
      }))

    it.effect("that is a draft is reviewed when it is ready, once, whatever number of hooks tells of it", () =>
      Effect.gen(function*() {
        const { checkHonesty, deliver, open, run, script, turns: turnsOf, written } = yield* World
        const request = yield* open("drafted", { draft: true })
        const refused = yield* deliver({ ...opened, request })
        assert.deepStrictEqual([refused.status, JSON.parse(refused.body).status], [200, "ignored"])
        request.draft = false
        script(request, turns({ calls: [submitReview("Ready indeed.", [])] }))
        const ready = {
          event: "merge_request",
          action: "update",
          request,
          changes: { draft: { previous: true, current: false } }
        } as const
        const job = yield* run(ready)
        const again = yield* deliver(ready)
        assert.deepStrictEqual([again.status, JSON.parse(again.body)], [200, { status: "duplicate", job: job.id }])
        assert.strictEqual(turnsOf(request).length, 1)
        assert.strictEqual(written(request).length, 1)
        yield* checkHonesty
      }))

    it.effect("is served by a hook that no stranger gets disabled, however long their notes and descriptions are", () =>
      Effect.gen(function*() {
        const { deliver, gitlab, open, run, script } = yield* World
        // In UTF-8, each of these takes three bytes: the note and the description are more than a server reads.
        const long = "\u20ac".repeat(990_000)
        const request = yield* open("strangers", { author: "mallory", description: long })
        const statuses = yield* Effect.forEach(
          ["@nominalbot review", "spam", long, long],
          (text) =>
            Effect.gen(function*() {
              const note = yield* gitlab.comment(request, "mallory", text)
              if (note === undefined) return [0]
              const created = yield* deliver({ event: "note", action: "create", note })
              const edited = yield* deliver({ event: "note", action: "update", note })
              return [created.status, edited.status]
            })
        )
        assert.deepStrictEqual(statuses, [[200, 200], [200, 200], [200, 200], [200, 200]])
        request.description = ""
        script(request, turns({ calls: [submitReview("Seen.", [])] }))
        assert.strictEqual((yield* run({ ...opened, request })).state, "done")
      }))

    it.effect("is not touched by a delivery with another secret token", () =>
      Effect.gen(function*() {
        const { deliver, open, written } = yield* World
        const request = yield* open("strange")
        const { status } = yield* deliver({ ...opened, request }, { token: "another secret token" })
        assert.strictEqual(status, 401)
        assert.deepStrictEqual(written(request), [])
      }))
  }
)

it.live("a hook with a signing token is served, and one that does not sign is refused", () =>
  Effect.gen(function*() {
    const signingToken = `whsec_${Buffer.from("a key of thirty-two bytes or so.").toString("base64")}`
    const { checkHonesty, deliver, open, run, script, written } = yield* GitLabJourney.make({
      GITLAB_SIGNING_TOKEN: signingToken
    })
    const request = yield* open("signed")
    script(request, turns({ calls: [submitReview("Signed.", [])] }))
    assert.strictEqual((yield* deliver({ ...opened, request })).status, 401)
    yield* run({ ...opened, request }, { signingToken })
    assert.strictEqual(written(request).length, 1)
    yield* checkHonesty
  }).pipe(Effect.scoped))
