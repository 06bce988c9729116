import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { failureText } from "@nominal-code/domain/job/Failure"
import { JobOutcome } from "@nominal-code/domain/job/Job"
import type { JobRecord } from "@nominal-code/jobs/JobRecords"
import type { Commit } from "@nominal-code/testing/GitHubGit"
import { submitReview, type SubmittedComment, turns } from "@nominal-code/testing/ScriptedModel"
import { Effect, Option } from "effect"
import { floods, keep } from "../bench/Flood.ts"
import * as Resident from "../bench/Resident.ts"
import { bot, running, RunningJourney, stalled } from "./Journey.ts"
import { change, finding, open } from "./Shop.ts"

const opened = { event: "pull_request", action: "opened" } as const

const { Reviewed, Skipped } = JobOutcome.guards

const skippedBecause = ({ outcome }: JobRecord) =>
  Option.getOrUndefined(Option.map(Option.filter(outcome, Skipped), ({ detail }) => detail))

const findingsOf = ({ outcome }: JobRecord) =>
  Option.getOrUndefined(Option.map(Option.filter(outcome, Reviewed), ({ findings }) => findings))

const lines = (count: number, line: (number: number) => string) =>
  Array.from({ length: count }, (_, index) => `${line(index + 1)}\n`).join("")

const env = { JOBS_MAX_ATTEMPTS: "1", REVIEWER_MAX_FINDINGS: "0" }

layer(running({ env }), { excludeTestServices: true, timeout: "2 minutes" })((it) => {
  it.effect("a pull request that is closed while its review runs hears nothing of it", () =>
    Effect.gen(function*() {
      const { journey, serve } = yield* RunningJourney
      const pull = yield* open(journey, "closed")
      const thought = stalled({ calls: [submitReview("Fine.", [finding("src/total.ts", "Cents are lost.")])] })
      journey.script(pull, thought.script)
      const job = yield* journey.send({ ...opened, pull }, serve)
      yield* thought.asked
      journey.emulator.close(pull, { merged: false })
      yield* journey.deliver({ event: "pull_request", action: "closed", pull }, serve)
      yield* thought.release
      const record = yield* journey.ended(job)
      assert.match(skippedBecause(record) ?? "", /closed while it was being reviewed/)
      assert.deepStrictEqual(journey.written(pull), [])
    }))

  it.effect("a pull request that is force-pushed while its review runs has one review of each commit, and the first says so", () =>
    Effect.gen(function*() {
      const { journey, serve } = yield* RunningJourney
      const { emulator } = journey
      const pull = yield* open(journey, "forced")
      const [before] = [pull.headSha]
      const thought = stalled({ calls: [submitReview("The old one.", [finding("src/total.ts", "Cents are lost.")])] })
      journey.script(pull, thought.script)
      const first = yield* journey.send({ ...opened, pull }, serve)
      yield* thought.asked
      yield* emulator.forcePush(pull, [change("tax", "return 0")])
      journey.script(
        pull,
        turns({ calls: [submitReview("The new one.", [finding("src/tax.ts", "Nobody pays tax.")])] })
      )
      const second = yield* journey.send({ event: "pull_request", action: "synchronize", pull, before }, serve)
      yield* thought.release
      assert.strictEqual(findingsOf(yield* journey.ended(first)), 1)
      assert.strictEqual(findingsOf(yield* journey.ended(second)), 1)
      // To GitHub, a reply in a thread is a review without a text of its own.
      const reviews = emulator.state.reviews.filter((review) => review.pull === pull && review.body !== "")
      assert.deepStrictEqual(reviews.map(({ commitId }) => commitId), [before, pull.headSha])
      assert.include(reviews[0]?.body ?? "", `has moved on to \`${pull.headSha.slice(0, 7)}\``)
      assert.notInclude(reviews[1]?.body ?? "", "has moved on to")
      yield* journey.checkHonestyAbout(pull)
    }))

  it.effect("an empty diff costs no model and is passed over quietly, but whoever asks is told", () =>
    Effect.gen(function*() {
      const { journey, run } = yield* RunningJourney
      const pull = yield* open(journey, "empty", { commits: [{ message: "Nothing", files: {} }] })
      assert.match(skippedBecause(yield* run({ ...opened, pull })) ?? "", /diff is empty/)
      assert.deepStrictEqual(journey.written(pull), [])
      const comment = yield* journey.emulator.comment(pull, "mara", `@${bot} review`)
      yield* run({ event: "issue_comment", action: "created", comment })
      assert.match(journey.written(pull).join(), /^There is nothing to review: the diff is empty/)
      assert.deepStrictEqual(journey.turns(pull), [])
    }))

  it.effect("images, links, renames, submodules and files in old encodings are read, and commented on where they can be", () =>
    Effect.gen(function*() {
      const { journey, run } = yield* RunningJourney
      const { emulator } = journey
      const text = (line: string) => lines(12, (number) => number === 3 ? line : `const line${number} = ${number}`)
      const latin1 = (word: string) => Buffer.from(`first\n${word}\n`, "latin1")
      const utf16 = (word: string) => Buffer.from(`\uFEFFfirst\n${word}\n`, "utf16le")
      const base: Commit["files"] = {
        "logo.png": Uint8Array.of(137, 80, 78, 71, 0, 1),
        "old.ts": text("const kept = 1"),
        "was.ts": text("const before = 1"),
        "gone.ts": "export const gone = 1\n",
        "run.sh": "echo run\n",
        "vendor/lib": { mode: "160000", content: "1".repeat(40) },
        "crlf.ts": "first\r\nsecond\r\nthird\r\n",
        "latin1.txt": latin1("caf\u00e9"),
        "utf16.txt": utf16("caf\u00e9"),
        "open.txt": "first\nlast"
      }
      const repository = yield* emulator.addRepository("acme/zoo", [{ message: "All kinds", files: base }])
      const pull = yield* emulator.openPullRequest({
        repository,
        commits: [{
          message: "Change all kinds",
          files: {
            "logo.png": Uint8Array.of(137, 80, 78, 71, 0, 2),
            "old.ts": null,
            "new.ts": text("const kept = 1"),
            "was.ts": null,
            "is.ts": text("const after = 1"),
            "gone.ts": null,
            "run.sh": { mode: "100755", content: "echo run\n" },
            "vendor/lib": { mode: "160000", content: "2".repeat(40) },
            "crlf.ts": "first\r\nSECOND\r\nthird\r\n",
            "latin1.txt": latin1("caf\u00e9 cr\u00e8me"),
            "utf16.txt": utf16("caf\u00e9 cr\u00e8me"),
            "open.txt": "first\nthe last",
            "link.txt": { mode: "120000", content: "../../../../etc/passwd" },
            "odd dir/na\u00efve \"file\".ts": "one\n"
          }
        }]
      })
      const at = (path: string, line: number, more: Partial<SubmittedComment> = {}) =>
        finding(path, `Something about ${path}.`, { line, ...more })
      const inline = [
        at("crlf.ts", 2, { suggestion: "Second" }),
        at("latin1.txt", 2),
        at("gone.ts", 1, { side: "LEFT" }),
        at("is.ts", 3),
        at("open.txt", 2),
        at("odd dir/na\u00efve \"file\".ts", 1)
      ]
      const folded = [at("logo.png", 1), at("new.ts", 3), at("run.sh", 1), at("utf16.txt", 2)]
      const paths = [...inline, ...folded, at("link.txt", 1), at("vendor/lib", 1)].map(({ path }) => path)
      journey.script(
        pull,
        turns(
          {
            calls: paths.flatMap((
              path
            ) => [{ name: "Read", input: { file_path: path } }, { name: "GitDiff", input: { path } }])
          },
          { calls: [submitReview("All of it.", [...inline, ...folded])] }
        )
      )
      assert.strictEqual(findingsOf(yield* run({ ...opened, pull })), inline.length + folded.length)
      assert.deepStrictEqual(
        emulator.state.reviewCommentsOf(pull).map(({ line, path, side }) => ({ path, line, side })),
        inline.map(({ line, path, side = "RIGHT" }) => ({ path, line, side }))
      )
      const [review] = emulator.state.reviews.filter((review) => review.pull === pull)
      for (const { line, path } of folded) assert.include(review?.body ?? "", `${path}:${line}`)
      const read = journey.turns(pull)[1]?.request.toolResults.join("\n") ?? ""
      assert.notInclude(read, "root:")
      yield* journey.checkHonestyAbout(pull)
    }))

  it.effect("a file of 50,000 lines is reviewed to its last line, in a prompt of less than 500,000 characters", () =>
    Effect.gen(function*() {
      const { journey, run } = yield* RunningJourney
      const files = { "src/big.ts": lines(50_000, (number) => `export const value${number} = ${number}`) }
      const pull = yield* open(journey, "big", { commits: [{ message: "Generate", files }] })
      const found = finding("src/big.ts", "The last value is one too many.", { line: 50_000 })
      journey.script(
        pull,
        turns(
          { calls: [{ name: "Read", input: { file_path: "src/big.ts", offset: 49_990 } }] },
          { calls: [submitReview("Much.", [found])] }
        )
      )
      assert.strictEqual(findingsOf(yield* run({ ...opened, pull })), 1)
      assert.deepStrictEqual(journey.emulator.state.reviewCommentsOf(pull).map(({ line }) => line), [50_000])
      const [first, second] = journey.turns(pull).map(({ request }) => request)
      assert.isBelow(first?.prompt.length ?? Infinity, 500_000)
      assert.match(first?.prompt ?? "", /The diff is cut: \d+ more lines are left out/)
      assert.include(second?.toolResults[0] ?? "", "value50000 = 50000")
      yield* journey.checkHonestyAbout(pull)
    }))

  it.effect.each([3000, 3050])(
    "%i files are all reviewed, though GitHub lists 3,000 at most",
    (count) =>
      Effect.gen(function*() {
        const { journey, run } = yield* RunningJourney
        const name = (number: number) => `src/part${String(number).padStart(4, "0")}.ts`
        const files = Object.fromEntries(Array.from({ length: count }, (_, index) => [name(index + 1), "export {}\n"]))
        const pull = yield* open(journey, `many${count}`, { commits: [{ message: "Split it up", files }] })
        const found = [
          finding(name(1), "The first is empty.", { line: 1 }),
          finding(name(count), "So is the last.", { line: 1 })
        ]
        journey.script(pull, turns({ calls: [submitReview("Many.", found)] }))
        assert.strictEqual(findingsOf(yield* run({ ...opened, pull })), 2)
        assert.deepStrictEqual(journey.emulator.state.reviewCommentsOf(pull).map(({ path }) => path), [
          name(1),
          name(count)
        ])
        assert.include(journey.written(pull).join("\n"), `${count} files`)
        assert.isBelow(journey.turns(pull)[0]?.request.prompt.length ?? Infinity, 600_000)
        yield* journey.checkHonestyAbout(pull)
      })
  )

  it.effect("a repository that git cannot reach for a while is waited for, without a word, and then reviewed", () =>
    Effect.gen(function*() {
      const { journey, serve } = yield* RunningJourney
      const pull = yield* open(journey, "unreachable")
      journey.script(pull, turns({ calls: [submitReview("Fine.", [finding("src/total.ts", "Cents are lost.")])] }))
      journey.emulator.faults.next({ path: /acme\/unreachable\.git/, times: 100 }, { _tag: "Drop" })
      const job = yield* journey.send({ ...opened, pull }, serve)
      const { failure, service } = yield* journey.waits(job)
      assert.strictEqual(service, "forge:github")
      assert.match(failureText(failure), /^checkout: [^\n]*127\.0\.0\.1:\d+[^\n]*$/)
      assert.deepStrictEqual(journey.written(pull), [])
      journey.emulator.faults.clear()
      assert.strictEqual(findingsOf(yield* journey.ended(job)), 1)
    }))

  it.effect("floods of stalled bodies, unsigned posts, slow headers and idle connections lose no delivery, and take little memory", () =>
    Effect.gen(function*() {
      const { journey, run, serve } = yield* RunningJourney
      const pull = yield* open(journey, "flooded")
      const thought = turns({ calls: [submitReview("Fine.", [finding("src/total.ts", "Cents are lost.")])] })
      journey.script(pull, thought)
      const before = yield* Resident.memory(serve.pid)
      const port = Number(new URL(serve.url).port)
      yield* Effect.forEach(floods(0.05), (flood) => keep(port, flood), { concurrency: "unbounded", discard: true })
      const comment = yield* journey.emulator.comment(pull, "mara", "nothing to do for anybody")
      for (let sent = 0; sent < 20; sent++) {
        const { status } = yield* journey.deliver({ event: "issue_comment", action: "created", comment }, serve)
        assert.strictEqual(status, 200)
      }
      assert.strictEqual(findingsOf(yield* run({ ...opened, pull })), 1)
      assert.isBelow((yield* Resident.memory(serve.pid)) - before, 128 << 20)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
})
