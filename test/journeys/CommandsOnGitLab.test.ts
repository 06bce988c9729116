import { assert, layer } from "@effect/vitest"
import { submitReview, turns } from "@nominal-code/testing/ScriptedModel"
import { Context, Effect, Layer, Option } from "effect"
import * as GitLabJourney from "./GitLabJourney.ts"
import { bot, stalled } from "./Journey.ts"
import { change, finding } from "./Shop.ts"

class World extends Context.Service<World, Effect.Success<ReturnType<typeof GitLabJourney.make>>>()(
  "nominal-code/test/CommandsOnGitLab"
) {}

const opened = { event: "merge_request", action: "open" } as const

layer(Layer.effect(World, GitLabJourney.make({ REVIEWER_TRIGGERS: "pr_opened,pr_push,pr_labeled" })), {
  excludeTestServices: true,
  timeout: "2 minutes"
})(
  "a merge request",
  (it) => {
    it.effect("is told what to do by commands and by a label, and what its findings are worth", () =>
      Effect.gen(function*() {
        const { checkHonesty, gitlab, open, run, script, send, written } = yield* World
        const request = yield* open("commanded")
        const visible = () => written(request).at(-1)?.body.replaceAll(/<!--[^]*?-->/g, "").trim() ?? ""
        const say = Effect.fnUntraced(function*(text: string) {
          const note = yield* gitlab.comment(request, "mara", text)
          assert.isDefined(note)
          return yield* run({ event: "note", action: "create", note })
        })
        const push = Effect.fnUntraced(function*(statement: string) {
          const before = yield* gitlab.push(request, [change("total", statement)])
          return yield* run({ event: "merge_request", action: "update", request, oldrev: before })
        })
        const found = [
          finding("src/total.ts", "Rounding the sum loses the cents of every order."),
          finding("src/total.ts", "An empty cart has no sum, and `sum` throws then.", { line: 2 }),
          finding("src/total.ts", "The name does not tell what is counted.", { line: 1 })
        ]
        script(request, turns({ calls: [submitReview("Three things.", found)] }))
        yield* run({ ...opened, request })
        const threads = written(request).filter(({ body }) => body.includes("finding=")).map(({ discussion }) =>
          discussion
        )
        const [first, second, third, ...more] = threads
        assert.deepStrictEqual(more, [])
        assert.isDefined(first)
        assert.isDefined(second)
        assert.isDefined(third)
        const reply = Effect.fnUntraced(function*(to: typeof first, text: string) {
          return yield* run({ event: "note", action: "create", note: yield* gitlab.reply(to, "mara", text) })
        })

        script(request, turns({ calls: [{ name: "submit_review", input: { summary: "So it is.", withdraw: true } }] }))
        yield* reply(first, `@${bot} this is intended, the shop counts in whole cents`)
        assert.strictEqual(visible(), "I withdraw this finding.\n\nSo it is.")
        yield* reply(second, `@${bot} dismiss the caller checks that`)
        assert.match(visible(), /^Dismissed/)
        yield* reply(third, `@${bot} resolve`)
        assert.strictEqual(visible(), "Resolved.")
        assert.deepStrictEqual(threads.map(({ resolvedBy }) => resolvedBy?.username), [bot, bot, bot])

        yield* say(`@${bot} stop reviewing this merge request`)
        assert.match(visible(), /are paused/)
        script(request, turns({ calls: [submitReview("The same three.", found)] }))
        const paused = yield* push("return Math.ceil(items.sum())")
        assert.isTrue(Option.exists(paused.outcome, (one) => one._tag === "Skipped" && one.reason === "paused"))
        yield* say(`@${bot} resume`)
        const again = yield* say(`@${bot} review full`)
        assert.isTrue(Option.exists(again.outcome, (one) => one._tag === "Reviewed" && one.findings === 0))
        yield* say(`@${bot} ignore`)
        assert.match(visible(), /review nothing on this pull request/)
        const ignored = yield* push("return Math.floor(items.sum())")
        assert.isTrue(Option.exists(ignored.outcome, (one) => one._tag === "Skipped" && one.reason === "ignored"))
        yield* say(`@${bot} resume`)

        const labels = { previous: [], current: [{ title: "nominal:review" }] }
        script(request, turns({ calls: [submitReview("By the label.", [])] }))
        const labelled = yield* run({ event: "merge_request", action: "update", request, changes: { labels } })
        assert.isTrue(Option.exists(labelled.outcome, (one) => one._tag === "Reviewed"))

        const slow = stalled({ calls: [submitReview("Too late.", [])] })
        script(request, slow.script)
        const note = yield* gitlab.comment(request, "mara", `@${bot} review full`)
        assert.isDefined(note)
        yield* send({ event: "note", action: "create", note })
        yield* slow.asked
        yield* say(`@${bot} cancel`)
        assert.match(visible(), /No review of this pull request runs any more/)
        yield* slow.release
        assert.isFalse(written(request).some(({ body }) => body.includes("Too late.")))

        yield* say(`@${bot} config`)
        assert.include(visible(), "| starts by itself | `pr_opened`, `pr_push`, `pr_labeled` | the server's variable")
        assert.include(visible(), "| `.nominal/config.yaml` | `main` has no such file |")
        yield* say(`@${bot} help`)
        assert.include(visible(), "| `pause` |")
        yield* checkHonesty
      }))
  }
)
