import { assert, it } from "@effect/vitest"
import type { Commit } from "@nominal-code/testing/GitHubGit"
import { refsOf } from "@nominal-code/testing/GitLabState"
import { submitReview, type SubmittedComment, turns } from "@nominal-code/testing/ScriptedModel"
import { Clock, Duration, Effect, type Scope } from "effect"
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as GitLabJourney from "./GitLabJourney.ts"
import { bot, make } from "./Journey.ts"

/** Our posts on a pull request. */
interface OwnPostsShown {
  readonly summaries: ReadonlyArray<string>
  /** The first comment of each thread of ours, with our replies. */
  readonly threads: ReadonlyArray<{
    readonly line: number
    readonly body: string
    readonly resolved: boolean
    readonly replies: ReadonlyArray<string>
  }>
}

/** A pull request on one of the forges, whose model says what it is told and answers for nothing else. */
interface Stage {
  readonly head: () => string
  readonly push: (commit: Commit, answer: object) => Effect.Effect<void, unknown>
  readonly reply: (line: number, body: string) => Effect.Effect<unknown, unknown>
  /** Changes the text of our comment on a line, as somebody who may do so; deletes it if there is none left. */
  readonly edit: (line: number, change: (body: string) => string) => void
  /** Somebody says something below the pull request. */
  readonly say: (body: string) => Effect.Effect<unknown, unknown>
  readonly posted: () => OwnPostsShown
}

const path = "src/shop.ts"
const lines = (changes: Readonly<Record<number, string>>, above: ReadonlyArray<string> = []) =>
  [...above, ...Array.from({ length: 60 }, (_, at) => changes[at + 1] ?? `export const v${at + 1} = ${at + 1}`)]
    .join("\n") + "\n"
const commit = (message: string, text: string): Commit => ({ message, files: { [path]: text } })

const found = (line: number, body: string, more: Partial<SubmittedComment> = {}): SubmittedComment => ({
  path,
  line,
  body,
  severity: "medium",
  confidence: "high",
  category: "bug",
  ...more
})
const review = (comments: ReadonlyArray<SubmittedComment>, more: object = {}) => {
  const { input, name } = submitReview("Looked at all of it.", comments)
  return { name, input: { ...input, ...more } }
}

const begun = commit("Begin", lines({}))
const first = { 10: "save(order)", 20: "const cents = price * 100", 30: "if (paid = true) ship(order)" }
const opened = [
  found(10, "The promise that `save` returns is never awaited, so its errors vanish."),
  found(20, "Multiplying the price as a float loses cents."),
  found(30, "This assigns `paid` instead of comparing it, so every order is shipped.", { severity: "high" })
]
const above = ["// one", "// two", "// three", "// four", "// five"]

/** A clock of `serve` that is two days ahead after each silence. */
const laterClock = Effect.gen(function*() {
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "nominal-clock-"))),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
  )
  const file = join(directory, "ahead")
  let days = 0
  const silence = Effect.sync(() => {
    writeFileSync(`${file}.new`, String(Duration.toMillis(Duration.days(days))))
    renameSync(`${file}.new`, file)
    days += 2
  })
  yield* silence
  /** Proves that a job was received by a clock that is ahead by the silences so far. */
  const holds = ({ receivedAt }: { readonly receivedAt: number }) =>
    Effect.map(
      Clock.currentTimeMillis,
      (now) => assert.isAbove(receivedAt - now, Duration.toMillis(Duration.days(days - 2)) - 3_600_000)
    )
  const loaded = new URL("./LaterClock.ts", import.meta.url).href
  return { holds, silence, env: { CLOCK_AHEAD: file, NODE_OPTIONS: `--import=${loaded}` } }
})

const gitHub: Effect.Effect<Stage, unknown, Scope.Scope> = Effect.gen(function*() {
  const clock = yield* laterClock
  const { deliver: _, emulator, ended, script, send, start } = yield* make({ env: clock.env })
  const serve = yield* start()
  const repository = yield* emulator.addRepository("acme/pushed-five-times", [begun])
  const pull = yield* emulator.openPullRequest({ repository, commits: [commit("Ship", lines(first))] })
  const { state } = emulator
  const ours = ({ author }: { readonly author: { readonly login: string } }) => author.login === bot
  const run = (event: Parameters<typeof send>[0]) => Effect.flatMap(send(event, serve), ended)
  script(pull, turns({ calls: [review(opened)] }))
  yield* run({ event: "pull_request", action: "opened", pull })
  return {
    head: () => pull.headSha,
    push: Effect.fnUntraced(function*(pushed, answer) {
      yield* clock.silence
      const before = yield* emulator.push(pull, [pushed])
      script(pull, turns({ calls: [review([], answer)] }))
      yield* clock.holds(yield* run({ event: "pull_request", action: "synchronize", pull, before }))
      assert.deepStrictEqual(emulator.violations, [])
    }),
    reply: (line, body) => {
      const comment = state.reviewCommentsOf(pull).find((one) => one.line === line)
      return comment === undefined ? Effect.fail("no such comment") : emulator.reply(comment, "mara", body)
    },
    edit: (line, change) => {
      for (const one of state.reviewCommentsOf(pull).filter((comment) => comment.line === line && ours(comment))) {
        one.body = change(one.body)
        if (one.body === "") state.remove(state.reviewComments, one)
      }
    },
    say: (body) => emulator.comment(pull, "mara", body),
    posted: () => ({
      summaries: [...state.reviews, ...state.issueComments].filter(({ author, body, pull: of }) =>
        of === pull && author.login === bot && body !== ""
      ).map(({ body }) => body),
      threads: state.reviewCommentsOf(pull).filter((one) => ours(one) && one.inReplyTo === undefined).map((one) => ({
        line: one.line,
        body: one.body,
        resolved: one.thread.resolvedBy !== undefined,
        replies: state.reviewCommentsOf(pull).filter((reply) =>
          reply.thread === one.thread && reply !== one && ours(reply)
        )
          .map(({ body }) => body)
      }))
    })
  } satisfies Stage
})

const gitLab: Effect.Effect<Stage, unknown, Scope.Scope> = Effect.gen(function*() {
  const clock = yield* laterClock
  const { gitlab, run, script, written } = yield* GitLabJourney.make(clock.env)
  const project = yield* gitlab.addProject("acme/backend/pushed-five-times", [begun])
  project.members.set(gitlab.account(bot), 30)
  const request = yield* gitlab.openRequest({ project, commits: [commit("Ship", lines(first))] })
  script(request, turns({ calls: [review(opened)] }))
  yield* run({ event: "merge_request", action: "open", request })
  const placed = () => gitlab.state.discussions.filter((one) => one.request === request && one.position !== undefined)
  return {
    head: () => refsOf(request).head,
    push: Effect.fnUntraced(function*(pushed, answer) {
      yield* clock.silence
      const oldrev = yield* gitlab.push(request, [pushed])
      script(request, turns({ calls: [review([], answer)] }))
      yield* clock.holds(yield* run({ event: "merge_request", action: "update", request, oldrev }))
      assert.deepStrictEqual(gitlab.violations, [])
    }),
    reply: (line, body) => {
      const discussion = placed().find(({ position }) => position?.new_line === line)
      return discussion === undefined
        ? Effect.fail("no such note")
        : Effect.sync(() => gitlab.state.addNote(discussion, gitlab.account("mara"), body))
    },
    edit: (line, change) => {
      for (const discussion of placed().filter(({ position }) => position?.new_line === line)) {
        for (const note of gitlab.state.notesOf(discussion).filter(({ author }) => author.username === bot)) {
          note.body = change(note.body)
          if (note.body === "") gitlab.state.remove(gitlab.state.notes, note)
        }
        if (gitlab.state.notesOf(discussion).length === 0) gitlab.state.remove(gitlab.state.discussions, discussion)
      }
    },
    say: (body) => gitlab.comment(request, "mara", body),
    posted: () => ({
      summaries: written(request).filter(({ discussion }) => discussion.position === undefined).map(({ body }) => body),
      threads: placed().map((discussion) => {
        const [one, ...replies] = gitlab.state.notesOf(discussion)
        return {
          line: discussion.position?.new_line ?? 0,
          body: one?.body ?? "",
          resolved: discussion.resolvedBy !== undefined,
          replies: replies.filter(({ author }) => author.username === bot).map(({ body }) => body)
        }
      })
    })
  } satisfies Stage
})

const headlines = ({ summaries }: OwnPostsShown) => summaries.map((body) => body.split("\n", 1)[0])

const stages = [["GitHub", gitHub], ["GitLab", gitLab]] as const

for (const [name, makeStage] of stages) {
  it.live(
    `${name}: each finding stands once over five pushes, two days apart, fixed ones are closed, and no news is no comment`,
    () =>
      Effect.gen(function*() {
        const { head, posted, push, reply } = yield* makeStage
        const at = (line: number) => posted().threads.find((thread) => thread.line === line)
        assert.deepStrictEqual(headlines(posted()), ["**3 new findings** — 🟠 High: 1 · 🟡 Medium: 2"])

        // Everything moves down, and is found again in other words, on other ranges.
        const again = [
          found(16, "Errors vanish: nothing awaits what save returned.", { start_line: 14 }),
          found(25, "A float loses cents when the price is multiplied.", { start_line: 24 }),
          found(36, "Assigning paid here ships every order; a comparison was meant.", {
            start_line: 35,
            severity: "high"
          })
        ]
        yield* push(commit("Say more", lines(first, above)), { comments: again })
        assert.deepStrictEqual(headlines(posted()), ["**3 still open (1 high)** — 🟠 High: 1 · 🟡 Medium: 2"])
        assert.deepStrictEqual(posted().threads.map(({ replies }) => replies), [[], [], []])
        assert.include(posted().summaries[0], `\`${head().slice(0, 7)}\``)

        // One is fixed, and the model does not say so.
        const second = { ...first, 10: "await save(order)" }
        yield* push(commit("Await it", lines(second, above)), { comments: again.slice(1) })
        assert.deepStrictEqual(headlines(posted()), ["**2 still open (1 high) · 1 fixed** — 🟠 High: 1 · 🟡 Medium: 1"])
        assert.deepInclude(at(10), { resolved: true })
        assert.include(at(10)?.replies.join(), head())

        // The same defect at a second place is news; somebody objects to the third finding, whose code changes.
        yield* reply(30, "No, this is on purpose.")
        const third = { ...second, 30: "if ((paid = true)) ship(order)", 50: "const tips = tip * 100" }
        const tips = found(55, "Multiplying the tip as a float loses cents.")
        yield* push(commit("Add tips", lines(third, above)), { comments: [...again.slice(1, 2), tips] })
        assert.deepStrictEqual(
          headlines(posted()).at(-1),
          "**1 new · 2 still open (1 high)** — 🟠 High: 1 · 🟡 Medium: 2"
        )
        assert.deepStrictEqual(posted().threads.map(({ line, resolved }) => [line, resolved]), [
          [10, true],
          [20, false],
          [30, false],
          [55, false]
        ])

        // One is fixed as the quoted code shows; of another the model says so, and nothing was touched.
        const fourth = { ...third, 20: "const cents = Math.round(price * 100)" }
        yield* push(commit("Round", lines(fourth, above)), {
          earlier: [
            { id: "E1", status: "fixed", quote: "const cents = Math.round(price * 100)" },
            { id: "E2", status: "fixed", quote: "if ((paid = true)) ship(order)" },
            { id: "E3", status: "fixed", quote: "const tips = tip * 100" },
            { id: "E9", status: "withdrawn", reason: "There is no such finding." }
          ]
        })
        assert.deepStrictEqual(
          headlines(posted()).at(-1),
          "**2 still open (1 high) · 1 fixed** — 🟠 High: 1 · 🟡 Medium: 1"
        )
        assert.include(at(20)?.replies.join(), `Fixed in ${head()}`)
        assert.deepStrictEqual(posted().threads.map(({ resolved }) => resolved), [true, true, false, false])
        assert.deepStrictEqual([posted().summaries.length, posted().threads.length], [2, 4])
      }).pipe(Effect.scoped)
  )
}

for (const [name, makeStage] of stages) {
  it.live(`${name}: a comment that lost its marker, or was copied, is not raised again; one that was deleted is`, () =>
    Effect.gen(function*() {
      const { edit, posted, push, reply, say } = yield* makeStage
      const bodyAt = (line: number) => posted().threads.find((thread) => thread.line === line)?.body ?? ""
      edit(10, (body) => `${body.replaceAll(/<!--[^]*?-->/g, "").trim()} (edited: is it?)`)
      assert.notInclude(bodyAt(10), "<!--")
      // Somebody's copy hides no finding of ours.
      yield* say(bodyAt(20))
      edit(20, () => "")
      yield* reply(30, bodyAt(30))
      yield* say(bodyAt(30))
      yield* push(commit("Say more", lines({ ...first, 55: "// fifty-five" })), {
        comments: [
          found(10, "Errors vanish: nothing awaits what save returned."),
          found(20, "A float loses cents when the price is multiplied."),
          found(30, "Assigning paid here ships every order; a comparison was meant.", { severity: "high" })
        ]
      })
      assert.strictEqual(
        headlines(posted()).at(-1),
        "**1 new \u00b7 2 still open (1 high)** \u2014 \u{1F7E0} High: 1 \u00b7 \u{1F7E1} Medium: 2"
      )
      assert.deepStrictEqual(posted().threads.map(({ line }) => line).toSorted(), [10, 20, 30])
    }).pipe(Effect.scoped))
}
