import { assert, describe, it } from "@effect/vitest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { ServiceName } from "@nominal-code/domain/job/Failure"
import { Job, JobId } from "@nominal-code/domain/job/Job"
import { RunStillWanted } from "@nominal-code/domain/job/RunStillWanted"
import { Transcript, type TranscriptEvent } from "@nominal-code/domain/model/Transcript"
import { Fingerprint } from "@nominal-code/domain/review/Finding"
import { Marker, renderMarker } from "@nominal-code/domain/review/Marker"
import { Discussion } from "@nominal-code/domain/review/Review"
import { Forbidden, ForgeError, Unavailable } from "@nominal-code/forge/ForgeError"
import { LlmError } from "@nominal-code/llm/LlmError"
import { WorkspaceError } from "@nominal-code/workspace/Workspace"
import { Effect, Struct } from "effect"
import { answer } from "../src/commands/Question.ts"
import { ledgerOf } from "../src/ledger/Ledger.ts"
import * as Scene from "./Scene.ts"

const finding = Fingerprint.make("0123456789abcdef")
const marker = renderMarker(
  new Marker({ jobId: JobId.make("f".repeat(20)), headSha: Scene.headSha, fingerprint: finding })
)

const said = (author: string, body: string, more: Partial<Discussion> = {}) =>
  new Discussion({ author, body, resolved: false, createdAt: "2026-01-01T00:00:00Z", ...more })

const onLine = { path: Scene.path("src/cart.ts"), line: 11, threadId: "5" }

/** A thread below a finding of ours, and another one. */
const thread = [
  said("nominal", `🟠 **High** · bug · high confidence\n\nThe total is zero.\n\n${marker}`, onLine),
  said("ada", "Are you sure?", onLine),
  said("bob", "Elsewhere.", { ...onLine, threadId: "6" }),
  said("bob", "Below all.")
]

const { event: mention } = Scene.mentionJob
if (mention._tag !== "Comment") throw new Error("the scene's mention is a comment")

const jobOf = (text: string, changes: Partial<typeof mention> = {}) =>
  new Job({
    ...Scene.mentionJob,
    prompt: text,
    event: PullRequestEvent.cases.Comment.make({ ...mention, body: `@nominal ${text}`, ...changes })
  })

const ask = (world: Scene.World, job: Job) => Effect.provide(answer(job, job.prompt), Scene.layer(world))

const answering = (text: string, more: Record<string, unknown> = {}) => Scene.submits({ summary: text, ...more })

const promptOf = (world: Scene.World): string => world.tasks[0]?.prompt ?? ""

describe("a question", () => {
  it.effect("is answered where it was asked, with the answer alone", () =>
    Effect.gen(function*() {
      const world = Scene.world({ answers: [answering("Since nobody pays half a cent.")] })
      const outcome = yield* ask(world, jobOf("why is it zero?"))
      assert.deepInclude(outcome, { _tag: "Answered", command: "ask", usage: Scene.usage })
      assert.deepStrictEqual(world.replies, ["Since nobody pays half a cent."])
      assert.deepStrictEqual([world.drafts, world.facts, world.saved], [[], [], []])
      assert.deepStrictEqual(world.tasks.map(({ tools }) => tools), [[]])
    }))

  it.effect("on the diff shows the model its thread with our own comment, its lines and no other diff", () =>
    Effect.gen(function*() {
      const hunk = ["@@ -0,0 +1,400 @@", ...Array.from({ length: 300 }, (_, at) => `+const line_${at + 1} = lookup()`)]
      const world = Scene.world({ discussions: thread, answers: [answering("So.")] })
      yield* ask(world, jobOf("why?", { threadId: "5", line: 300, diffHunk: hunk.join("\n") }))
      const prompt = promptOf(world)
      assert.match(prompt, /\*\*@you\*\*.*\n<untrusted-comment>\n.*\n\nThe total is zero\./)
      assert.include(prompt, "Are you sure?")
      assert.notMatch(prompt, /Elsewhere|Below all|nominal-code job/)
      assert.match(prompt, /It was written on line 300 of <file-path>src\/cart\.ts/)
      assert.match(prompt, /\+300:const line_300 = lookup\(\)\n<\/untrusted-hunk>/)
      assert.notInclude(prompt, "<untrusted-diff>")
      assert.include(prompt, "- <file-path>src/cart.ts</file-path> (modified)")
    }))

  it.effect("below the pull request shows what was said there, our open findings, and a part of the diff", () =>
    Effect.gen(function*() {
      const talk = [said("ada", "@nominal first?"), said("nominal", "First."), said("bob", "@nominal and this?")]
      const world = Scene.world({ discussions: [...thread, ...talk], answers: [answering("So.")] })
      const { diffHunk: _1, filePath: _2, ...below } = mention
      const event = PullRequestEvent.cases.Comment.make({ ...below, kind: "issue_comment", body: "@nominal and this?" })
      yield* ask(world, new Job({ ...Scene.mentionJob, prompt: "and this?", event }))
      const prompt = promptOf(world)
      for (
        const text of ["@nominal first?", "First.", "Below all.", "The total is zero.", "let count = items.length"]
      ) {
        assert.include(prompt, text)
      }
      assert.notInclude(prompt, "Are you sure?")
      assert.strictEqual(prompt.split("and this?").length, 2)
    }))

  it.effect("begins its transcript with what is known of the pull request", () =>
    Effect.gen(function*() {
      const world = Scene.world({ discussions: thread, answers: [answering("So.")] })
      const events: Array<TranscriptEvent> = []
      const listen = (event: TranscriptEvent) => Effect.sync(() => void events.push(event))
      const job = jobOf("why?", { threadId: "5" })
      yield* Effect.provideService(ask(world, job), Transcript, listen)
      const [began] = events
      assert.strictEqual(events.length, 1)
      assert.deepInclude(began, { _tag: "Began", job, discussions: thread })
    }))

  it.effect("is answered by what the model wrote where it handed in nothing", () =>
    Effect.gen(function*() {
      const world = Scene.world({ answers: [Scene.writes("Because of the caller.")] })
      assert.strictEqual((yield* ask(world, jobOf("why?")))._tag, "Answered")
      assert.deepStrictEqual(world.replies, ["Because of the caller."])
    }))

  it.effect("is answered by the answerer, with its own prompt, and waits for its model service", () =>
    Effect.gen(function*() {
      const answerer = { provider: "openai", model: "small", maxTurns: 2, systemPrompt: "Be brief." }
      const settings = { ...Scene.settings, answerer }
      const world = Scene.world({ settings, answers: [answering("So.")] })
      yield* ask(world, jobOf("why?"))
      assert.deepStrictEqual(world.tasks.map(({ settings, system }) => [settings, system]), [[answerer, "Be brief."]])
      const overloaded = new LlmError({ provider: "openai", reason: "overloaded", message: "529" })
      const away = Scene.world({ settings, answers: [() => Effect.fail(overloaded)] })
      assert.deepInclude(yield* ask(away, jobOf("why?")), {
        _tag: "Postponed",
        service: ServiceName.make("model:openai")
      })
    }))

  it.effect("of an older server is answered by the reviewer in a few turns", () =>
    Effect.gen(function*() {
      for (const [maxTurns, turns] of [[0, 6], [4, 4], [8, 6]] as const) {
        const reviewer = { ...Scene.settings.reviewer, maxTurns }
        const older = Struct.omit({ ...Scene.settings, reviewer }, ["answerer"])
        const world = Scene.world({ settings: older, answers: [answering("So.")] })
        yield* ask(world, jobOf("why?"))
        assert.deepStrictEqual(world.tasks[0]?.settings, { ...reviewer, maxTurns: turns })
      }
    }))

  it.effect("of a run that lost its lease is not answered, and on a dry run nothing is posted", () =>
    Effect.gen(function*() {
      const lost = Scene.world({ answers: [answering("So.")] })
      let asked = 0
      const wanted = Effect.sync(() => ++asked === 1)
      assert.strictEqual((yield* Effect.provideService(ask(lost, jobOf("why?")), RunStillWanted, wanted))._tag, "Lost")
      const dry = Scene.world({ answers: [answering("So.")], settings: { ...Scene.settings, dryRun: true } })
      assert.strictEqual((yield* ask(dry, jobOf("why?")))._tag, "Answered")
      assert.deepStrictEqual([lost.replies, dry.replies], [[], []])
    }))

  it.effect("fails where the model says nothing, and waits for a forge that is away", () =>
    Effect.gen(function*() {
      const silent = Scene.world({ answers: [Scene.writes(" ")] })
      assert.deepInclude(yield* ask(silent, jobOf("why?")), { _tag: "Failed", retryable: false })
      const away = new ForgeError({ operation: "GitHub.reply", reason: new Unavailable({ message: "502" }) })
      const waiting = Scene.world({ answers: [answering("So.")], reply: Effect.fail(away) })
      assert.strictEqual((yield* ask(waiting, jobOf("why?")))._tag, "Postponed")
    }))

  it.effect("is asked once more where a push has taken the head away meanwhile", () =>
    Effect.gen(function*() {
      const gone = new WorkspaceError({ message: "gone", reason: "missing" })
      const world = Scene.world({
        pullRequests: [Scene.pullRequest(), Scene.pullRequest({ headSha: Scene.nextSha })],
        checkout: ({ headSha }) => headSha === Scene.headSha ? Effect.fail(gone) : Effect.void,
        answers: [answering("So.")]
      })
      assert.strictEqual((yield* ask(world, jobOf("why?")))._tag, "Answered")
      assert.deepStrictEqual(world.checkouts.map(({ headSha }) => headSha), [Scene.headSha, Scene.nextSha])
    }))
})

describe("a reply to a finding", () => {
  const reply = jobOf("this is intended because the caller holds the lock", { threadId: "5" })

  it.effect("may withdraw it: that is said, its thread is resolved and it stays dismissed", () =>
    Effect.gen(function*() {
      const world = Scene.world({ discussions: thread, answers: [answering("The caller does.", { withdraw: true })] })
      yield* ask(world, reply)
      assert.include(promptOf(world), "It is a reply to your finding.")
      assert.deepStrictEqual(world.replies, ["I withdraw this finding.\n\nThe caller does."])
      assert.deepStrictEqual(world.facts, [{ dismissed: finding }])
      assert.include(world.calls, "resolve")
    }))

  it.effect("may withdraw it where somebody has edited its marker away, too", () =>
    Effect.gen(function*() {
      const [first, ...others] = thread
      const body = first?.body.replace(marker, "") ?? ""
      const discussions = [said("nominal", body, { ...onLine, own: true }), ...others]
      const world = Scene.world({ discussions, answers: [answering("The caller does.", { withdraw: true })] })
      yield* ask(world, reply)
      assert.deepStrictEqual(world.replies, ["I withdraw this finding.\n\nThe caller does."])
      const [{ dismissed } = {}] = world.facts
      const known = ({ own }: Pick<Discussion, "own">) => own === true
      assert.deepStrictEqual(ledgerOf(discussions, known).map(({ fingerprint }) => fingerprint), [dismissed])
    }))

  it.effect("leaves it where the model stays with it", () =>
    Effect.gen(function*() {
      const world = Scene.world({
        discussions: thread,
        answers: [answering("It does not: line 4.", { withdraw: false })]
      })
      yield* ask(world, reply)
      assert.deepStrictEqual([world.replies, world.facts], [["It does not: line 4."], []])
      assert.notInclude(world.calls, "resolve")
    }))

  it.effect("asks a person to resolve the thread where our account may not", () =>
    Effect.gen(function*() {
      const forbidden = new ForgeError({ operation: "GitHub.resolveThread", reason: new Forbidden({ message: "403" }) })
      const world = Scene.world({
        discussions: thread,
        resolve: Effect.fail(forbidden),
        answers: [answering("Right.", { withdraw: true })]
      })
      yield* ask(world, reply)
      assert.match(world.replies.join(), /I withdraw this finding.*please resolve this one yourself/s)
      assert.deepStrictEqual(world.facts, [{ dismissed: finding }])
    }))

  it.effect("withdraws nothing in a thread that a person began, whoever copied a marker into it", () =>
    Effect.gen(function*() {
      const copied = [said("mallory", `Look: ${marker}`, onLine)]
      const world = Scene.world({ discussions: copied, answers: [answering("Right.", { withdraw: true })] })
      yield* ask(world, reply)
      assert.deepStrictEqual([world.replies, world.facts], [["Right."], []])
      const [withdrawing, plain] = yield* Effect.forEach([thread, copied], (discussions) => {
        const one = Scene.world({ discussions, answers: [answering("Right.")] })
        return Effect.map(
          ask(one, reply),
          () => JSON.stringify(one.tasks[0]?.submission.input.ast).includes("withdraw")
        )
      })
      assert.deepStrictEqual([withdrawing, plain], [true, false])
    }))
})
