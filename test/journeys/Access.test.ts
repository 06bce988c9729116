import { assert, layer } from "@effect/vitest"
import type { JobRecord } from "@nominal-code/jobs/JobRecords"
import { submitReview, turns } from "@nominal-code/testing/ScriptedModel"
import { Effect, Option } from "effect"
import { bot, running, RunningJourney, until } from "./Journey.ts"
import { change, files, finding } from "./Shop.ts"

const config = ".nominal/config.yaml"
const own = "filters:\n  titles: [\"!experiment\"]\n"
const opened = { event: "pull_request", action: "opened" } as const

const reasonOf = ({ outcome }: JobRecord): string =>
  Option.match(outcome, { onNone: () => "", onSome: (one) => one._tag === "Skipped" ? one.reason : one._tag })

layer(running({ env: { QUOTAS_AUTHOR_PER_DAY: "2" } }), { excludeTestServices: true, timeout: "2 minutes" })(
  "a repository on GitHub",
  (it) => {
    it.effect("decides by the file of its base branch, and serves others while a stranger's quota is used up", () =>
      Effect.gen(function*() {
        const { journey, run } = yield* RunningJourney
        const { emulator, script, written } = journey
        const commit = { message: "Open the shop", files: { ...files, [config]: own } }
        const repository = yield* emulator.addRepository("acme/decides", [commit])
        const propose = Effect.fnUntraced(function*(author: string, title: string, more: Record<string, string> = {}) {
          const round = change("total", "return Math.round(items.sum())", title)
          const commits = [{ ...round, files: { ...round.files, ...more } }] as const
          const pull = yield* emulator.openPullRequest({ repository, author, title, commits })
          const found = [
            finding("src/total.ts", "Rounding the sum loses the cents of every order.", { severity: "low" })
          ]
          script(pull, turns({ calls: [submitReview("One thing.", found)] }))
          return pull
        })
        const open = Effect.fnUntraced(function*(author: string, title: string) {
          const pull = yield* propose(author, title)
          return { pull, reason: reasonOf(yield* run({ ...opened, pull })) }
        })

        // A pull request that brings its own settings is reviewed by those of the base branch.
        const pull = yield* propose("priya", "Round the total", {
          [config]: "filters: { paths: [\"!src/\"] }\nreviewer: { min_severity: critical }\n"
        })
        assert.strictEqual(reasonOf(yield* run({ ...opened, pull })), "Reviewed")
        assert.isTrue(written(pull).some((text) => text.includes("loses the cents")))
        const asked = yield* emulator.comment(pull, "mara", `@${bot} config`)
        yield* run({ event: "issue_comment", action: "created", comment: asked })
        const there = "`.nominal/config.yaml` of `main`"
        assert.include(written(pull).at(-1), `| and of that | titles \`!experiment\` | ${there} |`)
        assert.include(written(pull).at(-1), "| lowest severity that is reported | `low` | the default |")
        const experiment = yield* open("priya", "An experiment")
        assert.deepStrictEqual([experiment.reason, written(experiment.pull)], ["filtered", []])

        const flood = yield* Effect.forEach([1, 2, 3, 4], (at) => open("mallory", `Change ${at}`), { concurrency: 1 })
        assert.deepStrictEqual(flood.map(({ reason }) => reason), [
          "Reviewed",
          "Reviewed",
          "quota-reached",
          "quota-reached"
        ])
        for (const { pull } of flood.slice(2)) {
          yield* until("the pull request to be told", () => written(pull).length === 1)
          assert.match(written(pull).join(), /There is no review: the reviews and answers that this account may cause/)
          const before = yield* emulator.push(pull, [change("total", "return Math.floor(items.sum())")])
          assert.strictEqual(
            reasonOf(yield* run({ event: "pull_request", action: "synchronize", pull, before })),
            "quota-reached"
          )
          assert.strictEqual(written(pull).length, 1)
        }
        assert.strictEqual((yield* open("mara", "Another change")).reason, "Reviewed")
        yield* journey.checkHonesty
      }))
  }
)
