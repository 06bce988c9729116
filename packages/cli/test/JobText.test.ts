import { assert, describe, it } from "@effect/vitest"
import { Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import { Job, JobId, JobOutcome } from "@nominal-code/domain/job/Job"
import type { Lane } from "@nominal-code/domain/job/Lane"
import { Notice } from "@nominal-code/domain/job/Notice"
import { Usage, UsageSummary } from "@nominal-code/domain/model/Usage"
import { LeaseTask } from "@nominal-code/jobs/JobQueue"
import type { JobRecord } from "@nominal-code/jobs/JobRecords"
import { jobRecord } from "@nominal-code/testing/JobRecord"
import { laneOf, mention, push, shaOf } from "@nominal-code/testing/Jobs"
import { Option } from "effect"
import { facts, makeChanges, table } from "../src/JobText.ts"

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const now = Date.UTC(2026, 10, 29, 12)

const recordOf = (number: number, changes: Partial<JobRecord> = {}): JobRecord => {
  const job = push(laneOf(number), `delivery-${number}`)
  const { delivery, id, lane } = job
  return jobRecord({
    id,
    position: number,
    lane,
    delivery,
    receivedAt: now - 5 * minute,
    job: Option.some(job),
    ...changes
  })
}

/** The last column of a job's line. */
const detailOf = (record: JobRecord, waiting: ReadonlyArray<JobRecord> = []) => {
  const [titles = "", line = ""] = table([record], waiting, now).split("\n")
  return line.slice(titles.indexOf("DETAIL"))
}

const factOf = (record: JobRecord, name: string, waiting: ReadonlyArray<JobRecord> = []) =>
  facts(record, waiting, now).split("\n").filter((line) => line.startsWith(name.padEnd(11))).map((line) =>
    line.slice(11)
  )

const away = (service: string, failure: Failure, until: number): Partial<JobRecord> => ({
  failure: Option.some(failure),
  waitsFor: Option.some({ service: ServiceName.make(service), until, since: now - 2 * hour })
})

const unreachable = Failure.cases.Forge.make({ reason: "unavailable", detail: "it answered 503" })

describe("the table of jobs", () => {
  it("has the title of the pull request, cut, and a link to its review or, before there is one, to its page", () => {
    const job = push(laneOf(7), "titled")
    const event = { ...job.event, title: `Partial\u001b refunds ${"and more ".repeat(9)}` }
    const titled = recordOf(7, { job: Option.some(new Job({ ...job, event })) })
    const pageOf = ({ number, repo }: Lane) => `https://github.com/${repo}/pull/${number}`
    const [, waits = ""] = table([titled], [], now, pageOf).split("\n")
    assert.match(waits, / Partial refunds and more [^…]{1,30}… {2}https:\/\/github\.com\/acme\/api\/pull\/7 /)
    const url = "https://github.com/acme/api/pull/7#pullrequestreview-1"
    const outcome = Option.some(
      JobOutcome.cases.Reviewed.make({ findings: 0, alreadyPosted: false, headSha: shaOf("1"), url })
    )
    const [, done = ""] = table([recordOf(7, { state: "done", outcome })], [], now, pageOf).split("\n")
    assert.include(done, ` ${url} `)
    assert.deepStrictEqual(factOf(titled, "title").length, 1)
  })

  it("has a block of lines for each job, without what it has not, where a terminal is too narrow for it", () => {
    const records = [recordOf(7, away("forge:github", unreachable, now + hour)), recordOf(8, { state: "done" })]
    const pageOf = ({ number, repo }: Lane) => `https://github.com/${repo}/pull/${number}`
    const blocks = table(records, [], now, pageOf, 80).split("\n\n").map((block) => block.split("\n"))
    assert.strictEqual(blocks.length, 2)
    assert.deepStrictEqual(blocks.flat().filter((line) => line.length > 80), [])
    const [first, second] = records.map(({ id }) => `JOB           ${id}`)
    assert.deepStrictEqual(blocks.map(([line]) => line), [first, second])
    assert.include(blocks[1] ?? [], "PULL REQUEST  github:acme/api#8")
    assert.deepStrictEqual((blocks[1] ?? []).filter((line) => /^(COST|TOOK|DETAIL)/.test(line)), [])
  })

  it("has a line for each job, in columns that are as wide as what is in them", () => {
    const lines = table([recordOf(7), recordOf(12_345, { state: "superseded" })], [], now).split("\n")
    assert.strictEqual(lines.length, 3)
    const at = (title: string) => (lines[0] ?? "").indexOf(title)
    assert.deepStrictEqual(lines.slice(1).map((line) => line.slice(at("STATE"), at("TRIES")).trim()), [
      "waiting",
      "superseded"
    ])
    assert.deepStrictEqual(lines.slice(1).map((line) => line.slice(at("PULL"), at("WHAT")).trim()), [
      "github:acme/api#7",
      "github:acme/api#12345"
    ])
  })

  it.each([
    [-1000, "0s"],
    [0, "0s"],
    [59_999, "59s"],
    [minute, "1m"],
    [hour - 1, "59m"],
    [day - 1, "23h"],
    [day, "1d"],
    [400 * day, "400d"]
  ])("tells the age of %d ms in the largest unit that it fills: %s", (age, text) => {
    const [titles = "", line = ""] = table([recordOf(1, { receivedAt: now - age })], [], now).split("\n")
    assert.strictEqual(line.slice(titles.indexOf("AGE"), titles.indexOf("TOOK")).trim(), text)
  })

  it("tells of a running job that it waits for its turn, and nothing of an earlier failure", () => {
    const waits = { service: ServiceName.make("model:anthropic"), since: now - minute }
    const record = recordOf(1, {
      state: "running",
      failure: Option.some(unreachable),
      leaseUntil: Option.some(now + minute),
      waitsFor: Option.some(waits)
    })
    assert.strictEqual(detailOf(record), "waits for its turn at model:anthropic since 11:59 UTC")
    assert.deepStrictEqual(factOf(record, "reason"), ["waits for its turn at model:anthropic since 11:59 UTC"])
  })

  it("tells until and since when a job waits, with the day where it is another one", () => {
    const today = recordOf(1, away("forge:github", unreachable, now + 30 * minute))
    assert.strictEqual(
      detailOf(today),
      "waits for forge:github (away) until 12:30 UTC, since 10:00 UTC: forge: it answered 503"
    )
    const tomorrow = recordOf(1, away("forge:github", unreachable, now + day))
    assert.include(detailOf(tomorrow), "until 2026-11-30 12:00 UTC, since 10:00 UTC")
    // Its next try is due, and may have begun.
    assert.include(detailOf(recordOf(1, away("forge:github", unreachable, now))), "(away) since 10:00 UTC")
  })

  it("names for a job that waits without a reason the one that waits for a service that it needs, too", () => {
    const model = Failure.cases.Model.make({ reason: "overloaded", detail: "529" })
    const [github, other] = [recordOf(1, away("forge:github", unreachable, now + minute)), recordOf(2)]
    const gitlab = recordOf(3, { lane: laneOf(3, "gitlab") })
    const slow = recordOf(4, away("model:anthropic", model, now + minute))
    assert.match(detailOf(other, [github]), new RegExp(`^job ${github.id} waits for forge:github`))
    assert.strictEqual(detailOf(gitlab, [github]), "")
    assert.match(detailOf(gitlab, [github, slow]), new RegExp(`^job ${slow.id} waits for model:anthropic`))
    const notice = LeaseTask.cases.Notice.make({ notice: Notice.cases.GivenUp.make({ failure: unreachable }) })
    assert.notInclude(detailOf(recordOf(5, { task: notice }), [slow]), slow.id)
    assert.strictEqual(detailOf(recordOf(6, { state: "done" }), [github]), "")
  })

  it("names a job that is refused access for those of its own lane alone", () => {
    const forbidden = Failure.cases.Forge.make({ reason: "forbidden", detail: "403" })
    const refused = recordOf(1, away("forge:github", forbidden, now + minute))
    assert.match(detailOf(recordOf(2, { lane: refused.lane }), [refused]), new RegExp(`^job ${refused.id} `))
    assert.strictEqual(detailOf(recordOf(2), [refused]), "")
  })

  it("says of a notice that is still to be posted that it is one", () => {
    const task = LeaseTask.cases.Notice.make({ notice: Notice.cases.GivenUp.make({ failure: unreachable }) })
    assert.include(table([recordOf(1, { task })], [], now), "pr_push (notice)")
    assert.notInclude(table([recordOf(1, { task, state: "parked" })], [], now), "(notice)")
  })

  it("tells of a running job whose lease has ended, and of none whose lease runs", () => {
    const running = (leaseUntil: number) => recordOf(1, { state: "running", leaseUntil: Option.some(leaseUntil) })
    assert.strictEqual(
      detailOf(running(now - minute)),
      "no server has held its lease since 11:59 UTC: the next server continues it"
    )
    assert.strictEqual(detailOf(running(now + 1)), "")
  })

  it("says what came of a job: findings, an answer, or why there was nothing to do", () => {
    const { Answered, Reviewed, Skipped } = JobOutcome.cases
    const done = (outcome: JobOutcome) => detailOf(recordOf(1, { state: "done", outcome: Option.some(outcome) }))
    const reviewed = (findings: number) => Reviewed.make({ headSha: shaOf("a"), findings, alreadyPosted: false })
    assert.deepStrictEqual([0, 1, 2].map((findings) => done(reviewed(findings))), [
      "reviewed, 0 findings",
      "reviewed, 1 finding",
      "reviewed, 2 findings"
    ])
    assert.strictEqual(done(Answered.make({ command: "pause" })), "answered: pause")
    assert.strictEqual(done(Skipped.make({ reason: "draft", detail: "it is a draft" })), "it is a draft")
  })

  it("lets nothing of a forge or a model command the terminal, or make two lines of one", () => {
    const detail = "\u001b[2Jgone\r\nJOB ok\u2028\u202Ereversed\u0000"
    const line = detailOf(
      recordOf(1, { failure: Option.some(Failure.cases.Forge.make({ reason: "refused", detail })) })
    )
    assert.strictEqual(line, "forge: [2Jgone JOB ok reversed")
  })
})

describe("the facts of a job", () => {
  it("leave out what there is not", () => {
    assert.deepStrictEqual(facts(recordOf(1), [], now).split("\n").map((line) => line.split(/ {2,}/)[0]), [
      "job",
      "state",
      "lane",
      "title",
      "event",
      "delivery",
      "task",
      "tries",
      "losses",
      "received"
    ])
  })

  it("tell instants with the time since, and the jobs that it stands for", () => {
    const other = JobId.make("f".repeat(20))
    const ended = recordOf(1, { state: "done", endedAt: Option.some(now - minute), stoodFor: [other] })
    assert.deepStrictEqual(factOf(ended, "received"), ["2026-11-29 11:55:00 UTC, 5m ago"])
    assert.deepStrictEqual(factOf(ended, "ended"), ["2026-11-29 11:59:00 UTC, 1m ago"])
    assert.deepStrictEqual(factOf(ended, "stood for"), [other])
    assert.deepStrictEqual(factOf(ended, "task"), [])
  })

  it("tell what was asked for in one line", () => {
    const job = mention(laneOf(1), "a", "explain\nthis\u001b[31m")
    assert.deepStrictEqual(factOf(recordOf(1, { job: Option.some(job) }), "asked for"), ["explain this [31m"])
  })

  it("tell the dollars of a review, its waits for a rate, where it is, and that an earlier run posted it", () => {
    const usage = new UsageSummary({
      provider: "p",
      model: "m",
      usage: Usage.none,
      costUsd: 1.005,
      calls: 2,
      waitedMillis: 12_000
    })
    const outcome = JobOutcome.cases.Reviewed.make({
      headSha: shaOf("a"),
      findings: 1,
      alreadyPosted: true,
      url: "https://forge.example/1",
      usage
    })
    assert.deepStrictEqual(factOf(recordOf(1, { state: "done", outcome: Option.some(outcome) }), "outcome"), [
      `reviewed, 1 finding, posted by an earlier run, ${
        (1.005).toFixed(2)
      } USD, waited 12s for p, https://forge.example/1`
    ])
  })

  it("tell a skipped job's reason in a word and in a sentence", () => {
    const outcome = JobOutcome.cases.Skipped.make({ reason: "merged", detail: "the pull request is merged" })
    assert.deepStrictEqual(factOf(recordOf(1, { state: "done", outcome: Option.some(outcome) }), "outcome"), [
      "skipped (merged): the pull request is merged"
    ])
  })

  it("tell which notice is to be posted", () => {
    const task = (notice: Notice) => recordOf(1, { task: LeaseTask.cases.Notice.make({ notice }) })
    assert.deepStrictEqual(factOf(task(Notice.cases.GivenUp.make({ failure: unreachable })), "task"), [
      "notice on the pull request that it was given up"
    ])
    assert.deepStrictEqual(factOf(task(Notice.cases.Busy.make({})), "task"), [
      "notice on the pull request that too many requests wait"
    ])
    assert.deepStrictEqual(factOf(task(Notice.cases.Busy.make({})), "reason"), [
      "turned away: as many requests of its pull request waited as may"
    ])
  })

  it("tell of a job that another version has stored that this one cannot read it", () => {
    const record = recordOf(1, { unreadable: true, job: Option.none() })
    assert.deepStrictEqual(factOf(record, "reason"), [
      "its stored form cannot be read by this version of the program"
    ])
  })

  it("ends with the review that a dry run has not posted, without a terminal's commands", () => {
    const text = "Looks good.\n\nsrc/a.ts:1 (high)\nNo \u001b[2Jcheck."
    const reviewed = JobOutcome.cases.Reviewed.make({ headSha: shaOf("a"), findings: 1, alreadyPosted: false, text })
    const shown = facts(recordOf(1, { state: "done", outcome: Option.some(reviewed) }), [], now)
    assert.include(
      shown,
      "\n\nNot posted, because this was a dry run:\n\nLooks good.\n\nsrc/a.ts:1 (high)\nNo [2Jcheck."
    )
  })
})

describe("the lines of jobs watch", () => {
  /** The jobs of the lines for each look, by the number of their pull request and their state. */
  const looks = (...all: ReadonlyArray<ReadonlyArray<JobRecord>>) => {
    const changesIn = makeChanges()
    return all.map((records) =>
      changesIn(records, now).map((line) => line.replace(/^.* UTC  \w{12}  (\w+) +github:acme\/api(#\d+) .*$/, "$2 $1"))
    )
  }
  const over: Partial<JobRecord> = { state: "done", endedAt: Option.some(now) }

  it("are of the active jobs at first, oldest first, and then of those that are new or have changed", () => {
    const [one, two, three] = [recordOf(1), recordOf(2), recordOf(3)]
    assert.deepStrictEqual(
      looks([two, one, recordOf(9, over)], [two, one], [three, two, recordOf(1, over)], [
        three,
        recordOf(4, over),
        two
      ]),
      [["#1 waiting", "#2 waiting"], [], ["#1 done", "#3 waiting"], ["#4 done"]]
    )
  })

  it("are of a job that the store had forgotten as of a new one", () => {
    const [one, two] = [recordOf(1), recordOf(2)]
    assert.deepStrictEqual(looks([one, two], [two], [one, two]), [["#2 waiting", "#1 waiting"], [], ["#1 waiting"]])
  })

  it("have none for a job whose record changes in what a line does not show", () => {
    const [before, after] = [recordOf(1), recordOf(1, { receivedAt: now - hour, leaseUntil: Option.none() })]
    assert.deepStrictEqual(looks([before], [after]), [["#1 waiting"], []])
  })
})
