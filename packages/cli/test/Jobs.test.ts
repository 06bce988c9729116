import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import { type Job, JobOutcome } from "@nominal-code/domain/job/Job"
import { Usage, UsageSummary } from "@nominal-code/domain/model/Usage"
import { JobQueue, QueueLimits, Settlement } from "@nominal-code/jobs/JobQueue"
import * as SqliteQueue from "@nominal-code/jobs/sqlite/SqliteQueue"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import { command } from "@nominal-code/testing/Command"
import { laneOf, mention, push, reviewOf, shaOf } from "@nominal-code/testing/Jobs"
import { Context, Duration, Effect, FileSystem, Layer, Option, Queue, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { env } from "node:process"
import { DatabaseSync } from "node:sqlite"
import { runHere } from "./RunHere.ts"

const job = push(laneOf(7), "a-delivery")

/** `nominal-code jobs …` over a store in which these jobs wait, and the queue of a server that shares it. */
const withJobs = Effect.fnUntraced(function*(...jobs: ReadonlyArray<Job>) {
  const fs = yield* FileSystem.FileSystem
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "jobs-" })
  const store = SqliteQueue.layer.pipe(Layer.provide(Sqlite.layer(directory)))
  const server = Context.get(yield* Layer.build(store), JobQueue)
  yield* Effect.forEach(jobs, server.offer, { concurrency: 1, discard: true })
  const run = (...args: ReadonlyArray<string>) =>
    Effect.map(
      runHere({ NOMINAL_DATA_DIR: directory }, "jobs", ...args),
      ({ code, stderr, stdout }) => ({ text: stdout, said: stderr, code })
    )
  const settle = Effect.fnUntraced(function*({ lane }: Job, settlement: Settlement) {
    assert.isTrue(yield* server.settle(Option.getOrThrow(yield* server.take(lane)), settlement))
  })
  const watch = Effect.gen(function*() {
    const lines = yield* Queue.unbounded<string>()
    // A reader that goes after three lines.
    const piped = `"$0" "$1" jobs watch | for at in 1 2 3; do read -r line; echo "$line"; done`
    const child = yield* spawner.spawn(ChildProcess.make("sh", ["-c", piped, process.execPath, command], {
      env: { PATH: env["PATH"], HOME: directory, NOMINAL_DATA_DIR: directory },
      stdin: "ignore"
    }))
    yield* child.stdout.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.runForEach((line) => Queue.offer(lines, line)),
      Effect.forkScoped
    )
    return { exitCode: child.exitCode, lines }
  })
  return { directory, run, server, settle, watch }
})

const ended = (outcome: JobOutcome) => Settlement.cases.Done.make({ outcome })
const idsOf = (json: string): ReadonlyArray<string> => JSON.parse(json).map(({ id }: { readonly id: string }) => id)

describe("nominal-code jobs", () => {
  it.live("shows what waits, parks it, and lets it wait again", () =>
    Effect.gen(function*() {
      const { run: jobs } = yield* withJobs(job)
      const listed = yield* jobs("list")
      assert.match(listed.text, /^JOB +STATE +TRIES +AGE +TOOK +COST +TITLE +LINK +PULL REQUEST +WHAT +DETAIL\n/)
      assert.match(listed.text, new RegExp(`${job.id} +waiting +0 +\\d+s .*github:acme/api#7 +pr_push\n`))
      assert.match((yield* jobs("cancel", job.id)).text, /is cancelled/)
      assert.match((yield* jobs("show", job.id)).text, /state +parked\nreason +cancelled\n/)
      assert.strictEqual((yield* jobs("list", "--state", "waiting")).text, "no jobs\n")
      assert.match((yield* jobs("retry", job.id)).text, /waits again/)
      const [record] = JSON.parse((yield* jobs("list", "--json")).text)
      assert.deepInclude(record, { id: job.id, state: "waiting", delivery: "a-delivery" })
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("lists the others beside a job that cannot be read, says which, and fails", () =>
    Effect.gen(function*() {
      const jobs = [1, 2, 3].map((number) => mention(laneOf(number), `d${number}`))
      const [first, damaged, last] = jobs.map(({ id }) => id)
      const { directory, run } = yield* withJobs(...jobs)
      const database = new DatabaseSync(`${directory}/${Sqlite.fileName}`)
      database.exec(`UPDATE jobs SET task = 'newer' WHERE id = '${damaged}'`)
      database.close()
      const said = new RegExp(`^nominal-code: job ${damaged} cannot be read: Expected .* at \\["task"\\]\n$`)
      const listed = yield* run("list", "--json")
      assert.deepStrictEqual([idsOf(listed.text), listed.code], [[last, first], 1])
      assert.match(listed.said, said)
      const table = yield* run("list")
      assert.match(table.text, new RegExp(`\n${last} [^]*\n${first} `))
      assert.match(table.said, said)
      for (const name of [damaged, damaged?.slice(0, 12)]) {
        const shown = yield* run("show", name ?? "")
        assert.deepStrictEqual([shown.text, shown.code], ["", 1])
        assert.include(shown.said, `job ${damaged} cannot be read: `)
      }
      assert.strictEqual((yield* run("show", first ?? "")).code, 0)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("lists the newest first, a page at a time, and says on stderr how the next page is listed", () =>
    Effect.gen(function*() {
      const waiting = [1, 2, 3, 4, 5].map((number) => mention(laneOf(number), `d${number}`))
      const { run: jobs } = yield* withJobs(...waiting)
      const newest = waiting.map(({ id }) => id).toReversed()
      const first = yield* jobs("list", "--json", "--limit", "2", "--state", "waiting")
      assert.deepStrictEqual(idsOf(first.text), newest.slice(0, 2))
      const next = `jobs list --state waiting --limit 2 --before ${newest[1]}`
      assert.strictEqual(first.said, `there are older ones: nominal-code ${next}\n`)
      const second = yield* jobs(...next.split(" ").slice(1))
      assert.deepStrictEqual([...second.text.matchAll(/^[0-9a-f]{20}/gm)].map(([id]) => id), newest.slice(2, 4))
      const third = yield* jobs("list", "--limit", "2", "--before", newest[3] ?? "")
      assert.match(third.text, new RegExp(`^JOB .*\n${newest[4]} .*\n$`))
      assert.strictEqual(third.said, "")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("says which service a job waits for, until when and since when", () =>
    Effect.gen(function*() {
      const { run: jobs, settle } = yield* withJobs(job)
      const failure = Failure.cases.Forge.make({ reason: "unavailable", detail: "GitHub answered 503" })
      const service = ServiceName.make("forge:github")
      yield* settle(job, Settlement.cases.Wait.make({ failure, service, delay: Duration.days(2) }))
      const instant = /(\d{4}-\d\d-\d\d )?\d\d:\d\d UTC/.source
      const waits = `waits for forge:github \\(away\\) until ${instant}, since ${instant}: forge: GitHub answered 503\n`
      assert.match((yield* jobs("list")).text, new RegExp(`pr_push +${waits}`))
      assert.match((yield* jobs("show", job.id)).text, new RegExp(`reason +${waits}[^]*tries +0\n`))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("says of a job that needs the same service which one waits for it, and of no other", () =>
    Effect.gen(function*() {
      const behind = push(laneOf(8), "behind")
      const { run: jobs, settle } = yield* withJobs(job, behind)
      const failure = Failure.cases.Model.make({ reason: "unauthorized", detail: "the key is refused" })
      const service = ServiceName.make("model:anthropic")
      yield* settle(job, Settlement.cases.Wait.make({ failure, service, delay: Duration.days(2) }))
      const waits = `job ${job.id} waits for model:anthropic \\(credentials refused\\) until `
      assert.match((yield* jobs("list")).text, new RegExp(`${behind.id} +waiting +0 .*pr_push +${waits}`))
      assert.match((yield* jobs("show", behind.id)).text, new RegExp(`reason +${waits}`))
      yield* settle(behind, Settlement.cases.GiveUp.make({ failure }))
      const notice = new RegExp(`${behind.id} .*pr_push \\(notice\\) +model: the key is refused\n`)
      assert.match((yield* jobs("list")).text, notice)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("says which job waits for the service of all, however many have come since", () =>
    Effect.gen(function*() {
      const { run: jobs, server, settle } = yield* withJobs(job)
      const failure = Failure.cases.Forge.make({ reason: "unavailable", detail: "GitHub answered 503" })
      yield* settle(
        job,
        Settlement.cases.Wait.make({ failure, service: ServiceName.make("forge:github"), delay: Duration.days(2) })
      )
      const later = Array.from({ length: 501 }, (_, number) => push(laneOf(100 + number), `later ${number}`))
      yield* Effect.forEach(later, server.offer, { concurrency: "unbounded", discard: true })
      assert.match((yield* jobs("list", "--limit", "1")).text, new RegExp(`job ${job.id} waits for forge:github`))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("says of a job that is refused access that its lane waits for it, and of no other lane", () =>
    Effect.gen(function*() {
      const [asked, behind, other] = [mention(laneOf(7), "asked"), push(laneOf(7), "behind"), push(laneOf(8), "other")]
      const { run: jobs, settle } = yield* withJobs(asked, behind, other)
      const failure = Failure.cases.Forge.make({ reason: "not-found", detail: "not visible" })
      const service = ServiceName.make("forge:github")
      yield* settle(asked, Settlement.cases.Wait.make({ failure, service, delay: Duration.days(2) }))
      const { text } = yield* jobs("list")
      const waits = /waits for forge:github \(access refused\) until /.source
      assert.match(text, new RegExp(`${asked.id} +waiting +0 .* ${waits}`))
      assert.match(text, new RegExp(`${behind.id} +waiting +0 .*pr_push +job ${asked.id} ${waits}`))
      assert.match(text, new RegExp(`${other.id} +waiting +0 .*pr_push\n`))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("says of a running job whose lease has ended that no server has it", () =>
    Effect.gen(function*() {
      const { run: jobs, server } = yield* withJobs(job)
      yield* server.take(job.lane)
      assert.match(
        (yield* jobs("list")).text,
        /running +1 .*pr_push +no server has held its lease since .* UTC: the next/
      )
    }).pipe(
      Effect.updateService(QueueLimits, (limits) => ({ ...limits, leaseDuration: Duration.millis(1) })),
      Effect.scoped,
      Effect.provide(NodeServices.layer)
    ))

  it.live("shows which head was reviewed and for which jobs, when, and why another was skipped", () =>
    Effect.gen(function*() {
      const [earlier, later] = [push(laneOf(1), "earlier"), push(laneOf(1), "later")]
      const skipped = push(laneOf(2), "skipped")
      const { run: jobs, settle } = yield* withJobs(earlier, later, skipped)
      yield* settle(later, ended(reviewOf(shaOf("head"))))
      const because = { reason: "head-reviewed", detail: "this head was reviewed", headSha: shaOf("other") } as const
      yield* settle(skipped, ended(JobOutcome.cases.Skipped.make(because)))
      const shown = yield* jobs("show", later.id)
      const when = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, \d+s ago/.source
      assert.match(
        shown.text,
        new RegExp(
          `^job +${later.id}\nstate +done\nlane +github:acme/api:1:nominal\nevent +pr_push\ndelivery +later\n` +
            `tries +1\nlosses +0\nreceived +${when}\nended +${when}\noutcome +reviewed, 2 findings\n` +
            `head +${shaOf("head")}\nstood for +${earlier.id}\n$`
        )
      )
      assert.match((yield* jobs("show", earlier.id)).text, new RegExp(`reason +job ${later.id} is newer\n`))
      assert.match(
        (yield* jobs("show", skipped.id)).text,
        new RegExp(`outcome +skipped \\(head-reviewed\\): this head was reviewed\nhead +${shaOf("other")}\n`)
      )
      const listed = (yield* jobs("list")).text
      assert.match(listed, /done .* pr_push +reviewed, 2 findings\n/)
      assert.match(listed, /done .* pr_push +this head was reviewed\n/)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("tells a notice that is to be posted apart from a review", () =>
    Effect.gen(function*() {
      const { run: jobs, settle } = yield* withJobs(job)
      const failure = Failure.cases.Model.make({ reason: "no-review", detail: "no answer was a review" })
      yield* settle(job, Settlement.cases.GiveUp.make({ failure }))
      assert.match((yield* jobs("list")).text, /waiting .* pr_push \(notice\) +model: no answer was a review\n/)
      assert.match((yield* jobs("show", job.id)).text, /task +notice on the pull request that it was given up\n/)
      yield* settle(job, Settlement.cases.Park.make({}))
      assert.match((yield* jobs("list")).text, /parked .* pr_push +model: no answer was a review\n/)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("says why a request was turned away", () =>
    Effect.gen(function*() {
      const asked = Array.from({ length: 21 }, (_, index) => mention(laneOf(1), `d${index}`))
      const { run: jobs, settle } = yield* withJobs(...asked)
      const [away] = asked.toReversed()
      assert.match((yield* jobs("list", "--limit", "1")).text, /waiting .* \(notice\) +turned away: [^\n]+\n/)
      if (away !== undefined) yield* settle(away, Settlement.cases.Park.make({}))
      assert.match((yield* jobs("list", "--limit", "1")).text, /parked .* issue_comment +turned away: [^\n]+\n/)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("passes nothing of a comment to the terminal as a command to it", () =>
    Effect.gen(function*() {
      const asked = mention(laneOf(1), "d1", "look \u001b]0;owned\u0007 at\u001b[2J\r\nthis \u202efile")
      const { run: jobs } = yield* withJobs(asked)
      assert.match((yield* jobs("show", asked.id)).text, /asked for +look \]0;owned at \[2J this file\n/)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("takes the start of an id for the id, if no other job's id starts so", () =>
    Effect.gen(function*() {
      // There are sixteen digits, so two of seventeen ids start with the same one.
      const waiting = Array.from({ length: 17 }, (_, index) => mention(laneOf(index + 1), `d${index}`))
      const { run: jobs } = yield* withJobs(...waiting)
      const digits = Map.groupBy(waiting, ({ id }) => id.slice(0, 1))
      const [shared = []] = [...digits.values()].filter(({ length }) => length > 1)
      const [one] = shared
      const refused = yield* jobs("cancel", one?.id.slice(0, 1) ?? "")
      assert.match(refused.said, /^nominal-code: more than one job's id starts with [0-9a-f]: \w{20} and \w{20} do\n$/)
      assert.strictEqual(refused.code, 1)
      assert.strictEqual((yield* jobs("cancel", one?.id.slice(0, 12) ?? "")).text, `job ${one?.id} is cancelled\n`)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("cancels a job that runs elsewhere, and says who ends it and how soon it learns of it", () =>
    Effect.gen(function*() {
      const { run, server } = yield* withJobs(job)
      const lease = Option.getOrThrow(yield* server.take(job.lane))
      const stopping = {
        text: `job ${job.id} runs and is being cancelled: its server learns of it within 10s, ends the run and parks ` +
          "the job\n",
        said: "",
        code: 0
      }
      assert.deepStrictEqual(yield* run("cancel", job.id), stopping)
      assert.match((yield* run("list")).text, new RegExp(`${job.id} +running +1 .* cancelled\n`))
      assert.deepStrictEqual(yield* run("cancel", job.id), stopping)
      assert.strictEqual(yield* server.renew(lease), "cancelled")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("fails with a line that says why, when there is no such job or it cannot be", () =>
    Effect.gen(function*() {
      const { run: jobs } = yield* withJobs(job)
      for (const id of ["0".repeat(20), "0000000"]) {
        assert.deepStrictEqual(yield* jobs("retry", id), {
          text: "",
          said: `nominal-code: no job ${id} is known: see nominal-code jobs list\n`,
          code: 1
        })
      }
      const refused = yield* jobs("retry", job.id)
      assert.match(refused.said, /^nominal-code: job [0-9a-f]{20} stays as it is: [^\n]+\n$/)
      assert.strictEqual(refused.code, 1)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("reviews the pull request of a finished job anew with --again, and keeps the first with its cost", () =>
    Effect.gen(function*() {
      const { run: jobs, settle } = yield* withJobs(job)
      const usage = new UsageSummary({ provider: "anthropic", model: "m", usage: Usage.none, costUsd: 0.25, calls: 1 })
      const headSha = shaOf("head")
      yield* settle(job, ended(JobOutcome.cases.Reviewed.make({ alreadyPosted: false, findings: 2, headSha, usage })))
      assert.match((yield* jobs("list")).text, /done +1 +\d+s +\d+s +\$0\.25 +github:acme\/api#7 +pr_push +reviewed/)
      const refused = yield* jobs("retry", job.id)
      assert.match(refused.said, /stays as it is: it is done\. To review its pull request anew, add --again\n$/)
      const again = yield* jobs("retry", "--again", job.id)
      assert.match(again.text, new RegExp(`^job \\w{20} waits: it reviews the pull request of ${job.id} anew\n$`))
      const [fresh, first] = JSON.parse((yield* jobs("list", "--json")).text)
      assert.deepInclude(fresh, { state: "waiting", kind: "pr_rerun", lane: first.lane })
      assert.deepInclude(first, { id: job.id, state: "done" })
      assert.strictEqual(first.outcome.usage.costUsd, 0.25)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("prints a line for each job that waits, and another when it changes, until nobody reads them", () =>
    Effect.gen(function*() {
      const over = push(laneOf(6), "over before")
      const { server, settle, watch } = yield* withJobs(over, job)
      yield* settle(over, ended(reviewOf(shaOf("head"))))
      const { exitCode, lines } = yield* watch
      assert.match(yield* Queue.take(lines), /^\d\d:\d\d:\d\d UTC  \w{12}  waiting +github:acme\/api#7  pr_push$/)
      yield* settle(job, ended(reviewOf(shaOf("head"))))
      assert.match(yield* Queue.take(lines), /  done +github:acme\/api#7  pr_push  reviewed, 2 findings$/)
      yield* server.offer(push(laneOf(8), "another"))
      assert.match(yield* Queue.take(lines), /  waiting +github:acme\/api#8  pr_push$/)
      yield* server.offer(push(laneOf(9), "one more"))
      assert.strictEqual(Number(yield* exitCode), 0)
    }).pipe(Effect.timeout("60 seconds"), Effect.scoped, Effect.provide(NodeServices.layer)))
})
