import { assert, layer } from "@effect/vitest"
import { JobId, JobOutcome } from "@nominal-code/domain/job/Job"
import type { PullRequest, ReviewComment } from "@nominal-code/testing/GitHubState"
import { breaches } from "@nominal-code/testing/Renderer"
import { submitReview, turns } from "@nominal-code/testing/ScriptedModel"
import { Effect, Option } from "effect"
import { seededReview } from "../demo/SeededBugs.ts"
import { openStorefront, readStorefront } from "../demo/Storefront.ts"
import { bot, running, RunningJourney, stalled, until } from "./Journey.ts"
import { change, finding, open } from "./Shop.ts"

const opened = { event: "pull_request", action: "opened" } as const

/** A person on a pull request that the running server works on. */
const talking = Effect.fnUntraced(function*(pull: PullRequest) {
  const { journey, run, serve } = yield* RunningJourney
  const { emulator } = journey
  const visible = (text: string) => text.replaceAll(/<!--[^]*?-->/g, "").trim()
  const answers = () =>
    [...emulator.state.issueCommentsOf(pull), ...emulator.state.reviewCommentsOf(pull)].filter(({ author, body }) =>
      author.login === bot && !body.includes("finding=")
    ).map(({ body }) => visible(body))
  return {
    /** Writes below the pull request, and waits for the end of its job. */
    say: Effect.fnUntraced(function*(text: string) {
      const comment = yield* emulator.comment(pull, "mara", text)
      return yield* run({ event: "issue_comment", action: "created", comment })
    }),
    /** Replies to a comment on the diff, and waits for the end of its job. */
    reply: Effect.fnUntraced(function*(to: ReviewComment, text: string) {
      const comment = yield* emulator.reply(to, "mara", text)
      return yield* run({ event: "pull_request_review_comment", action: "created", comment })
    }),
    push: Effect.fnUntraced(function*(statement: string) {
      const before = yield* emulator.push(pull, [change("total", statement)])
      return yield* run({ event: "pull_request", action: "synchronize", pull, before })
    }),
    send: (text: string) =>
      Effect.flatMap(
        emulator.comment(pull, "mara", text),
        (comment) => journey.send({ event: "issue_comment", action: "created", comment }, serve)
      ),
    /** Answers of the bot, without its reviews and their findings. */
    answers,
    last: () => answers().at(-1) ?? "",
    findings: () =>
      emulator.state.reviewCommentsOf(pull).filter(({ author, body }) =>
        author.login === bot && body.includes("finding=")
      )
  }
})

const skippedFor = (reason: string) => (outcome: JobOutcome) => outcome._tag === "Skipped" && outcome.reason === reason

const triggers = { REVIEWER_TRIGGERS: "pr_opened,pr_push,pr_labeled" }

layer(running({ env: triggers }), { excludeTestServices: true, timeout: "2 minutes" })("a person on GitHub", (it) => {
  it.effect("pauses, ignores and resumes the reviews of a pull request, and loses none of it with the store", () =>
    Effect.gen(function*() {
      const { journey } = yield* RunningJourney
      const pull = yield* open(journey, "paused")
      const { answers, last, push, say } = yield* talking(pull)
      journey.script(pull, turns({ calls: [submitReview("Fine.", [])] }))
      assert.isTrue(Option.exists((yield* say(`@${bot} Stop reviewing this!`)).outcome, JobOutcome.guards.Answered))
      assert.match(last(), /are paused.*`resume`/)
      assert.isTrue(Option.exists((yield* push("return 1")).outcome, skippedFor("paused")))
      assert.isTrue(Option.exists((yield* say(`@${bot} review`)).outcome, JobOutcome.guards.Reviewed))
      yield* say(`@${bot} ignore`)
      assert.isTrue(Option.exists((yield* push("return 2")).outcome, skippedFor("ignored")))
      assert.isTrue(Option.exists((yield* say(`@${bot} review`)).outcome, skippedFor("ignored")))
      yield* say(`please \`resume\` @${bot}`)
      assert.isTrue(Option.exists((yield* push("return 3")).outcome, JobOutcome.guards.Reviewed))
      for (const text of answers()) assert.deepStrictEqual(breaches(text), [])
      yield* journey.checkHonestyAbout(pull)
    }))

  it.effect("asks for help and for the settings, and gets tables without a word from the model", () =>
    Effect.gen(function*() {
      const { journey } = yield* RunningJourney
      const pull = yield* open(journey, "helped")
      const { last, say } = yield* talking(pull)
      yield* say(`@${bot} help`)
      assert.include(last(), "| `dismiss <reason>` | In a finding's thread")
      assert.deepStrictEqual(breaches(last()), [])
      yield* say(`@${bot} config?`)
      assert.match(
        last(),
        /\| reviews \| active \| the default \|\n\| starts by itself .* \| the server's variable REVIEWER_TRIGGERS \|/
      )
      assert.include(last(), "| the repository's own settings | `.nominal/config.yaml` | `main` has no such file |")
      assert.deepStrictEqual(breaches(last()), [])
      assert.deepStrictEqual(journey.turns(pull), [])
      const thanks = yield* journey.emulator.comment(pull, "mara", `thanks @${bot}!`)
      const { body, status } = yield* journey.deliver(
        { event: "issue_comment", action: "created", comment: thanks },
        yield* Effect.map(RunningJourney, ({ serve }) => serve)
      )
      assert.deepStrictEqual([status, JSON.parse(body).status], [200, "no_mention"])
    }))

  it.effect("cancels a review while it runs: nothing of it is posted, and the next request is served", () =>
    Effect.gen(function*() {
      const { journey, serve } = yield* RunningJourney
      const pull = yield* open(journey, "cancelled")
      const { last, say, send } = yield* talking(pull)
      const slow = stalled({ calls: [submitReview("Too late.", [finding("src/total.ts", "Too late, too.")])] })
      journey.script(pull, slow.script)
      const running = yield* journey.send({ ...opened, pull }, serve)
      yield* slow.asked
      const cancel = yield* send(`@${bot} cancel`)
      const record = yield* journey.ended(running)
      assert.deepInclude(record, { state: "parked", cancelled: true })
      yield* slow.release
      assert.strictEqual((yield* journey.ended(cancel)).state, "done")
      assert.match(last(), /No review of this pull request runs any more/)
      const check = () => journey.emulator.state.statusesOf(pull.headSha).map(({ description }) => description)
      yield* until("the check", () => check().includes("Not reviewed: its review was stopped"))
      journey.script(pull, turns({ calls: [submitReview("In time.", [])] }))
      assert.isTrue(Option.exists((yield* say(`@${bot} review`)).outcome, JobOutcome.guards.Reviewed))
      assert.notInclude(journey.written(pull).join(), "Too late")
    }))

  it.effect("disputes a finding: it is withdrawn, its thread resolved, and no review raises it again", () =>
    Effect.gen(function*() {
      const { journey, run } = yield* RunningJourney
      const pull = yield* open(journey, "disputed")
      const { findings, last, reply, say } = yield* talking(pull)
      const [rounding, empty, named] = [
        finding("src/total.ts", "Rounding the sum loses the cents of every order."),
        finding("src/total.ts", "An empty cart has no sum, and `sum` throws then.", { line: 2 }),
        finding("src/total.ts", "The name does not tell what is counted.", { line: 1 })
      ]
      journey.script(pull, turns({ calls: [submitReview("Three things.", [rounding, empty, named])] }))
      yield* run({ ...opened, pull })
      const [first, second, third] = findings()
      assert.isDefined(first)
      assert.isDefined(second)
      assert.isDefined(third)

      const answer = "The shop counts in whole cents: `src/items.ts`, line 3."
      journey.script(pull, turns({ calls: [{ name: "submit_review", input: { summary: answer, withdraw: true } }] }))
      yield* reply(first, `@${bot} this is intended because the shop counts in whole cents`)
      assert.strictEqual(last(), `I withdraw this finding.\n\n${answer}`)
      assert.include(journey.turns(pull).at(-1)?.request.prompt ?? "", "Rounding the sum loses the cents")
      yield* reply(second, `@${bot} dismiss the caller checks that`)
      assert.match(last(), /^Dismissed/)
      yield* reply(third, `@${bot} Resolve, please`)
      assert.strictEqual(last(), "Resolved.")
      assert.deepStrictEqual(findings().map(({ thread }) => thread.resolvedBy?.login), [bot, bot, bot])

      journey.script(pull, turns({ calls: [submitReview("The same three.", [rounding, empty, named])] }))
      const again = yield* say(`@${bot} review full`)
      assert.isTrue(Option.exists(again.outcome, (one) => JobOutcome.guards.Reviewed(one) && one.findings === 0))
      assert.strictEqual(findings().length, 3)
      yield* journey.checkHonestyAbout(pull)
    }))

  it.effect("is served once for each event, whatever number of hooks tells of it, and asks again by a label", () =>
    Effect.gen(function*() {
      const { journey, serve } = yield* RunningJourney
      const pull = yield* open(journey, "labelled")
      const reviews = () => journey.written(pull).filter((text) => text.includes("Looked at it."))
      journey.script(pull, turns({ calls: [submitReview("Looked at it.", [])] }))
      /** Three deliveries of one event, each with an id of its own. */
      const thrice = Effect.fnUntraced(function*(event: Parameters<typeof journey.deliver>[0]) {
        const answers = yield* Effect.forEach([1, 2, 3], () => journey.deliver(event, serve), { concurrency: 3 })
        const jobs = answers.map(({ body }) => JSON.parse(body))
        const [accepted, ...more] = jobs.filter(({ status }) => status === "accepted")
        assert.deepStrictEqual([answers.map(({ status }) => status < 300), more], [[true, true, true], []])
        return yield* journey.ended(JobId.make(accepted.job))
      })
      yield* thrice({ ...opened, pull })
      assert.strictEqual(reviews().length, 1)
      pull.labels = ["nominal:review"]
      journey.script(pull, turns({ calls: [submitReview("Looked at it.", [])] }))
      yield* thrice({ event: "pull_request", action: "labeled", label: "nominal:review", pull })
      assert.strictEqual(reviews().length, 2)
      const { body } = yield* journey.deliver(
        { event: "pull_request", action: "labeled", label: "bug", pull },
        serve
      )
      assert.strictEqual(JSON.parse(body).status, "ignored")
      yield* journey.checkHonestyAbout(pull)
    }))

  it.effect("asks about a finding, and is answered from the thread for less than a quarter of the review's input", () =>
    Effect.gen(function*() {
      const { journey, run } = yield* RunningJourney
      const storefront = readStorefront()
      const pull = yield* openStorefront(journey.emulator, storefront)
      const { findings, last, reply } = yield* talking(pull)
      journey.script(
        pull,
        turns(
          { calls: [{ name: "Read", input: { file_path: "src/payments/refund.ts" } }] },
          { calls: [seededReview(storefront)] }
        )
      )
      yield* run({ ...opened, pull })
      const reviewed = journey.asked(pull)
      const [about] = findings()
      assert.isDefined(about)
      journey.script(pull, turns({ calls: [submitReview("Yes: see line 12.", [])] }))
      yield* reply(about, `@${bot} are you sure?`)
      assert.strictEqual(last(), "Yes: see line 12.")
      const size = (requests: ReadonlyArray<string>) => requests.reduce((sum, text) => sum + text.length, 0)
      const asked = journey.asked(pull).slice(reviewed.length)
      // The verifier is not told which pull request its claims are about.
      assert.deepStrictEqual([reviewed.length, asked.length], [2, 1])
      assert.isBelow(size(asked), size(reviewed) / 4)
      yield* until("the reaction", () => journey.emulator.state.reactions.some(({ content }) => content === "eyes"))
    }))
})
