import { assert, layer } from "@effect/vitest"
import type { JobRecord } from "@nominal-code/jobs/JobRecords"
import { submitReview, turns } from "@nominal-code/testing/ScriptedModel"
import { Context, Effect, Layer, Option } from "effect"
import * as GitLabJourney from "./GitLabJourney.ts"
import { bot } from "./Journey.ts"
import { change, files, finding } from "./Shop.ts"

class World extends Context.Service<World, Effect.Success<ReturnType<typeof GitLabJourney.make>>>()(
  "nominal-code/test/AccessOnGitLab"
) {}

const config = ".nominal/config.yaml"
const own = "filters:\n  titles: [\"!experiment\"]\n"

const env = {
  ACCESS_REQUIRE: "member",
  ALLOWED_ACCESS_LEVEL: "developer",
  ALLOWED_USERS: "",
  QUOTAS_AUTHOR_PER_DAY: "3",
  QUOTAS_REPOSITORY_PER_DAY: "2"
}

const reasonOf = ({ outcome }: JobRecord): string =>
  Option.match(outcome, { onNone: () => "", onSome: (one) => one._tag === "Skipped" ? one.reason : one._tag })

layer(Layer.effect(World, GitLabJourney.make(env)), { excludeTestServices: true, timeout: "2 minutes" })(
  "a project on GitLab",
  (it) => {
    it.effect("hears those with a role, has strangers wait, and decides by the file of its target branch", () =>
      Effect.gen(function*() {
        const { checkHonesty, gitlab, run, script, written } = yield* World
        const project = yield* gitlab.addProject("acme/backend/decides", [{
          message: "Open the shop",
          files: { ...files, [config]: own }
        }])
        project.members.set(gitlab.account(bot), 30)
        project.members.set(gitlab.account("mara"), 30)
        project.members.set(gitlab.account("guest"), 10)
        const propose = Effect.fnUntraced(function*(
          author: string,
          title: string,
          more: Record<string, string> = {},
          within = project
        ) {
          const round = change("total", "return Math.round(items.sum())", title)
          const commits = [{ ...round, files: { ...round.files, ...more } }] as const
          const request = yield* gitlab.openRequest({ project: within, author, title, commits })
          const found = [
            finding("src/total.ts", "Rounding the sum loses the cents of every order.", { severity: "low" })
          ]
          script(request, turns({ calls: [submitReview("One thing.", found)] }))
          const record = yield* run({ event: "merge_request", action: "open", request })
          return { request, reason: reasonOf(record), texts: written(request).map(({ body }) => body) }
        })

        const mine = yield* propose("mara", "Round the total", {
          [config]: "filters: { paths: [\"!src/\"] }\nreviewer: { min_severity: critical }\n"
        })
        assert.strictEqual(mine.reason, "Reviewed")
        assert.isTrue(mine.texts.some((text) => text.includes("loses the cents")))
        const asked = yield* gitlab.comment(mine.request, "mara", `@${bot} config`)
        assert.isDefined(asked)
        yield* run({ event: "note", action: "create", note: asked })
        const there = "`.nominal/config.yaml` of `main`"
        assert.include(written(mine.request).at(-1)?.body, `| and of that | titles \`!experiment\` | ${there} |`)
        assert.deepInclude(yield* propose("mara", "An experiment"), { reason: "filtered", texts: [] })

        const strange = yield* propose("mallory", "Spam")
        assert.strictEqual(strange.reason, "awaits-maintainer")
        assert.match(strange.texts.join(), /^I review this pull request when a maintainer asks me to/)
        const say = Effect.fnUntraced(function*(author: string) {
          const note = yield* gitlab.comment(strange.request, author, `@${bot} review`)
          assert.isDefined(note)
          return reasonOf(yield* run({ event: "note", action: "create", note }))
        })
        assert.deepStrictEqual([yield* say("mallory"), yield* say("guest")], ["unauthorized", "unauthorized"])
        assert.strictEqual(written(strange.request).length, 1)
        assert.strictEqual(yield* say("mara"), "Reviewed")

        const third = yield* propose("mara", "A third one")
        assert.strictEqual(third.reason, "quota-reached")
        assert.match(third.texts.join(), /There is no review: this repository's reviews and answers/)

        const [flooded, beside] = yield* Effect.forEach(
          ["flooded", "beside"],
          (name) => gitlab.addProject(`acme/backend/${name}`, [{ message: "Open the shop", files }])
        )
        assert.isDefined(flooded)
        assert.isDefined(beside)
        for (const one of [flooded, beside]) {
          for (const name of [bot, "dora", "carol"]) one.members.set(gitlab.account(name), 30)
        }
        const flood = (author: string, within: typeof project) =>
          Effect.map(propose(author, "Round it", {}, within), ({ reason, texts }) => `${reason}: ${texts.join()}`)
        assert.match(yield* flood("dora", flooded), /^Reviewed/)
        assert.match(yield* flood("dora", flooded), /^Reviewed/)
        assert.match(yield* flood("dora", beside), /^Reviewed/)
        assert.match(yield* flood("dora", beside), /^quota-reached: .*that this account may cause/)
        assert.match(yield* flood("carol", beside), /^Reviewed/)
        yield* checkHonesty
      }))
  }
)
