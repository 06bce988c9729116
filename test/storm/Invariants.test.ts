import { assert, it } from "@effect/vitest"
import { Sha } from "@nominal-code/domain/event/PullRequest"
import { DeliveryId, JobId, JobOutcome } from "@nominal-code/domain/job/Job"
import { LaneKey } from "@nominal-code/domain/job/Lane"
import type { JobRecord } from "@nominal-code/jobs/JobRecords"
import { jobRecord } from "@nominal-code/testing/JobRecord"
import { Option, Schema } from "effect"
import { breaches, judge, type Verdict } from "./Invariants.ts"
import type { AcceptedDelivery, Change, Observations, PodRun, Post } from "./Observed.ts"

const [first, second, third] = ["1", "2", "3"].map((digit) => JobId.make(digit.repeat(20))) as [JobId, JobId, JobId]
const lane = Schema.decodeSync(LaneKey)("github:acme/shop:7:bot")
const pull = "acme/shop#7"

const [oldHead, head] = [Sha.make("0".repeat(40)), Sha.make("1".repeat(40))]

const reviewed = JobOutcome.cases.Reviewed.make({ headSha: head, findings: 1, alreadyPosted: false })
const skipped = JobOutcome.cases.Skipped.make({
  reason: "head-reviewed",
  detail: "the head was reviewed",
  headSha: head
})

const record = (id: JobId, rest: Partial<JobRecord> = {}): JobRecord =>
  jobRecord({
    id,
    lane,
    delivery: DeliveryId.make(`delivery of ${id}`),
    state: "done",
    attempts: 1,
    outcome: Option.some(reviewed),
    ...rest
  })

const accepted = (job: JobId, rest: Partial<AcceptedDelivery> = {}): AcceptedDelivery => ({
  delivery: `delivery of ${job}`,
  job,
  pull,
  comment: false,
  again: [],
  ...rest
})

const change = (job: JobId, state: string, position: number, endedAt = 0): Change => ({
  job,
  lane: "github:acme/shop:7:bot",
  state,
  position,
  epoch: position,
  endedAt
})

const pod = (job: JobId, startedAt: number, endedAt: number | undefined): PodRun => ({
  pod: `pod-${job}`,
  name: `job-${job}`,
  job,
  lane: "lane",
  madeAt: startedAt,
  startedAt,
  endedAt
})

const post = (job: JobId, at: number, rest: Partial<Post> = {}): Post => ({
  job,
  pull,
  kind: "answer",
  fingerprint: "",
  at,
  ...rest
})

const review = (headSha: string, ofHead = true): Partial<Post> => ({ headSha, ofHead })

/** The first job reviewed a head that was moved then, the second one was replaced by the third, which reviewed the new head. */
const good: Observations = {
  accepted: [accepted(first, { again: [first] }), accepted(second), accepted(third)],
  refused: [],
  records: [
    record(first),
    record(second, { state: "superseded", position: 2, supersededBy: Option.some(third), outcome: Option.none() }),
    record(third, { position: 3 })
  ],
  changes: [
    change(first, "waiting", 1),
    change(first, "running", 1),
    change(second, "waiting", 2),
    change(second, "superseded", 2, 150),
    change(third, "waiting", 3),
    change(first, "done", 1, 200),
    change(third, "running", 3),
    change(third, "done", 3, 400)
  ],
  pods: [pod(first, 100, 210), pod(third, 210, 390)],
  posts: [
    post(first, 180, review(oldHead)),
    post(first, 180, { kind: "finding", fingerprint: "a" }),
    post(third, 380, review(head))
  ],
  heads: new Map([[pull, head]]),
  outages: [{ kind: "forgeAway", seconds: 180, requests: 90, waiting: 20, running: 4 }],
  keys: [
    { name: `{nc:0}:job:${first}`, expires: true },
    { name: "{nc:0}:is:parked", expires: false },
    { name: "{nc:0}:tick", expires: false }
  ],
  channels: ["{nc:0}:ready"],
  unfinished: [],
  crashes: [],
  freezes: []
}

const told = (observed: Partial<Observations>): ReadonlyArray<string> => breaches(judge({ ...good, ...observed }))

const breaks = (invariant: keyof Verdict, what: string, observed: Partial<Observations>, breach: RegExp) =>
  it(`${invariant}: ${what}`, () => {
    const found = told(observed)
    assert.deepStrictEqual([...new Set(found.map((line) => line.slice(0, line.indexOf(":"))))], [invariant])
    assert.match(found.join("\n"), breach)
  })

it("a storm in which all went well breaks nothing", () => assert.deepStrictEqual(told({}), []))

const without = (id: JobId) => good.records.filter((one) => one.id !== id)

breaks("lost", "a delivery whose job is forgotten", { records: without(first) }, /is not known any more/)
breaks("lost", "a job that never ended", {
  records: [...without(first), record(first, { state: "waiting" })]
}, /is waiting/)
breaks(
  "lost",
  "a review that is not on the pull request",
  { posts: [post(third, 380, review(head))] },
  /review is not on/
)
breaks("lost", "a job that was superseded by one that nobody sent", {
  records: [
    ...without(second),
    record(second, { state: "superseded", supersededBy: Option.some(JobId.make("9".repeat(20))) })
  ]
}, /which came not after it/)
breaks("lost", "a job that was superseded by an older one", {
  records: [...without(third), record(third, { state: "superseded", position: 3, supersededBy: Option.some(first) })]
}, /which came not after it/)
breaks("lost", "a comment that was superseded", {
  records: [
    ...without(second),
    record(second, { state: "superseded", kind: "issue_comment", position: 2, supersededBy: Option.some(third) })
  ]
}, /asks for an answer, and was superseded/)
breaks("lost", "a comment that was skipped because the head was reviewed", {
  records: [...without(first), record(first, { kind: "issue_comment", outcome: Option.some(skipped) })]
}, /was skipped: head-reviewed/)
breaks("lost", "a job that was skipped for a review that is not there", {
  records: [
    ...without(first),
    record(first, {
      outcome: Option.some(JobOutcome.cases.Skipped.make({ ...skipped, headSha: Sha.make("2".repeat(40)) }))
    })
  ]
}, /no review of that head/)
it("a job whose head was reviewed for another one is not lost", () =>
  assert.deepStrictEqual(told({ records: [...without(first), record(first, { outcome: Option.some(skipped) })] }), []))

const parked = [...without(first), record(first, { state: "parked", outcome: Option.none() })]
it("lost and given up: a job that was given up without a word", () =>
  assert.match(
    told({ records: parked, posts: good.posts.filter(({ job }) => job !== first) }).join("\n"),
    /lost: .* does not know\ngivenUp: /
  ))
breaks("givenUp", "a job that was given up with a notice", { records: parked }, /was given up/)

breaks("unreviewed", "a head that nobody reviewed", { heads: new Map([[pull, "3".repeat(40)]]) }, /was never reviewed/)
breaks("unreviewed", "a head that was only asked about", {
  posts: [...good.posts.slice(0, -1), post(third, 380, review(head, false))]
}, /was never reviewed/)
breaks("unreviewed", "a head that two jobs reviewed", {
  posts: [post(first, 180, review(head)), post(third, 380, review(head))]
}, /was reviewed 2 times/)
breaks("unreviewed", "a review of what is no longer the head", {
  posts: [post(first, 180, review(head)), post(third, 380, review(oldHead))]
}, /posted about 0+ after the head had been reviewed/)

breaks("restless", "a forge that was asked all the time", {
  outages: [{ kind: "forgeAway", seconds: 180, requests: 3000, waiting: 20, running: 4 }]
}, /asked 1000 times a minute/)
breaks("lost", "a success that accepts nothing", { refused: ["{\"status\":\"ignored\"}"] }, /a success that is none/)

breaks("unsettled", "a job that ran again after its end", {
  changes: [...good.changes, change(third, "running", 3), change(third, "done", 3, 500)]
}, /went on after its end/)
breaks("unsettled", "a job that ended as two things", {
  changes: [...good.changes, change(second, "done", 2, 150)]
}, /superseded, done/)

breaks("doubled", "two answers of one job", { posts: [...good.posts, post(third, 390)] }, /answered 2 times/)
breaks("doubled", "the same finding twice", {
  posts: good.posts.flatMap((one) => one.kind === "finding" ? [one, one] : [one])
}, /a finding twice/)
breaks("doubled", "a delivery that became another job when it came again", {
  accepted: [accepted(first, { again: [second] }), accepted(second), accepted(third)]
}, /is job 1+, and 2+/)
breaks("doubled", "a comment that became another job under another id", {
  accepted: [
    accepted(first, { comment: true }),
    accepted(second),
    accepted(third, { comment: true, twinOf: `delivery of ${first}` })
  ]
}, /its comment is job 1+ already/)

breaks("overlapped", "a pod that started before the last one had ended", {
  pods: [pod(first, 100, 220), pod(third, 210, 390)]
}, /10 ms before/)
breaks("overlapped", "a pod that outlives the next one's start, behind a shorter one", {
  pods: [pod(first, 100, 300), pod(first, 110, 120), pod(third, 290, 390)]
}, /10 ms before pod-1/)

breaks("stale", "a pod that was made for a job that had ended", {
  pods: [pod(first, 100, 190), { ...pod(first, 201, 205), name: "job-again" }, pod(third, 210, 390)]
}, /made 1 ms after its end/)
it("stale: a pod that was made before its job's end may get its place after it", () =>
  assert.deepStrictEqual(
    judge({
      ...good,
      pods: [pod(first, 100, 190), { ...pod(first, 201, 205), name: "job-again", madeAt: 199 }, pod(third, 210, 390)]
    }).stale,
    []
  ))
it("stale: the cluster may replace a pod of a Job that could not be deleted yet", () =>
  assert.deepStrictEqual(
    judge({ ...good, pods: [pod(first, 100, 190), pod(first, 201, 205), pod(third, 210, 390)] }).stale,
    []
  ))
const again = { ...pod(first, 901, 905), name: "job-again" }
it("stale: a server that was frozen before the end of a job may create its Job right after it thaws", () =>
  assert.deepStrictEqual(judge({ ...good, pods: [again], freezes: [{ from: 150, to: 900 }] }).stale, []))
breaks("stale", "a Job that a server creates long after it has thawed", {
  pods: [{ ...again, madeAt: 5901 }],
  freezes: [{ from: 150, to: 900 }]
}, /made \d+ ms after its end/)
breaks("stale", "a Job that a server creates which froze after the end", {
  pods: [again],
  freezes: [{ from: 300, to: 900 }]
}, /made \d+ ms after its end/)
breaks("stale", "an answer of a job that had been superseded", {
  posts: [...good.posts, post(second, 190)].sort((one, other) => one.at - other.at)
}, /40 ms after its end, as superseded/)
it("stale: the notice of a job that was given up comes after its end", () =>
  assert.deepStrictEqual(
    judge({
      ...good,
      records: parked,
      changes: good.changes.map((one) => one.state === "done" && one.job === first ? { ...one, state: "parked" } : one),
      posts: [post(first, 205), post(third, 380, review(head))]
    }).stale,
    []
  ))

breaks("disordered", "a job that ran before one that had been there first", {
  changes: [change(third, "running", 3), ...good.changes.slice(0, -2), change(third, "done", 3, 400)]
}, /ran after one that came later/)
breaks("disordered", "answers in another order than the questions", {
  records: good.records.map((one) => ({
    ...one,
    kind: "issue_comment",
    state: "done",
    outcome: Option.some(reviewed)
  })),
  posts: [
    post(second, 140),
    ...good.posts
  ]
}, /answered after one that came later/)
const commented = good.records.map((one) => one.id === third ? { ...one, kind: "issue_comment" as const } : one)
breaks("disordered", "an event of the pull request's life that ran while a comment waited", {
  accepted: [accepted(first), accepted(third, { comment: true })],
  records: commented,
  changes: [change(third, "waiting", 3), ...good.changes]
}, /ran while a comment waited/)

breaks("left", "a lane that is not empty", {
  keys: [{ name: "{nc:0}:queue:github:acme/shop:7:bot", expires: false }]
}, /stays for ever/)
breaks("left", "the record of a job that nobody sent", {
  keys: [{ name: `{nc:0}:job:${"9".repeat(20)}`, expires: true }]
}, /that nobody sent/)
breaks("left", "a subscription", { channels: ["{nc:0}:ready", "{nc:0}:result:1"] }, /listens to/)
breaks("left", "a Job in the cluster", { unfinished: ["nominal-code-1"] }, /has not ended/)
breaks("left", "a pod", { pods: [pod(first, 100, 210), pod(third, 210, undefined)] }, /still runs/)
breaks("crashed", "a server that ended by itself", { crashes: ["out of memory"] }, /out of memory/)
