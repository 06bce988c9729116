import { assert, describe, it } from "@effect/vitest"
import { commandOf } from "@nominal-code/domain/command/CommandParser"
import { Failure } from "@nominal-code/domain/job/Failure"
import { JobQueue, Settlement } from "@nominal-code/jobs/JobQueue"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import { QueueAdmin } from "@nominal-code/jobs/QueueAdmin"
import { now } from "@nominal-code/testing/GitHubState"
import { Effect, Option, type Scope } from "effect"
import { type Changes, gitHub, gitLab, markerOf, round } from "./ReconcileScene.ts"

const hoursAgo = (hours: number) => now() - hours * 3_600_000
const files = [{ message: "Add refunds", files: { "a.txt": "one\ntwo\n" } }] as const

/** An open pull request of a forge, on which people write while no delivery arrives. */
interface CommentScene {
  server(changes?: Changes): ReturnType<Effect.Success<typeof gitHub>["server"]>
  /** Writes below the pull request, or in a thread of its diff. */
  write(author: string, body: string, place?: "below" | "in the diff"): Effect.Effect<unknown, unknown>
  /** Reacts to what was written last, as the bot. */
  readonly react: Effect.Effect<void>
  /** Answers in the thread that was written in last, as the bot. */
  readonly answer: Effect.Effect<unknown, unknown>
  /** Changes what was written last below the pull request. */
  edit(body: string): void
  /** Makes everything that was written look so old. */
  age(hours: number): void
  readonly requests: ReadonlyArray<unknown>
  readonly violations: ReadonlyArray<unknown>
}

const onGitHub: Effect.Effect<CommentScene, unknown, Scope.Scope> = Effect.gen(function*() {
  const world = yield* gitHub
  const repository = world.state.repository("acme/shop")
  if (repository === undefined) return yield* Effect.die("no repository")
  const pull = yield* world.openPullRequest({ repository, commits: files })
  const { issueComments, reactions, reviewComments } = world.state
  return {
    ...world,
    write: (author, body, place = "below") =>
      place === "below"
        ? world.comment(pull, author, body)
        : world.reviewComment(pull, author, { path: "a.txt", line: 2, body }),
    react: Effect.sync(() => {
      const below = issueComments.at(-1)
      const subject = below === undefined ? `review-comment:${reviewComments.at(-1)?.id}` : `issue-comment:${below.id}`
      reactions.push({ id: 1, subject, content: "eyes", author: world.account("nominalbot"), createdAt: now() })
    }),
    answer: Effect.suspend(() => {
      const [last] = reviewComments.slice(-1)
      return last === undefined
        ? Effect.die("no thread")
        : world.reply(last, "nominalbot", `Yes.\n\n${markerOf("a".repeat(40))}`)
    }),
    edit: (body) => Object.assign(issueComments.at(-1) ?? {}, { body, editedAt: now() + 60_000 }),
    age: (hours) => {
      for (const one of [pull, ...issueComments, ...reviewComments]) {
        Object.assign(one, { createdAt: hoursAgo(hours), updatedAt: hoursAgo(hours) })
      }
    }
  }
})

const onGitLab: Effect.Effect<CommentScene, unknown, Scope.Scope> = Effect.gen(function*() {
  const world = yield* gitLab
  const [project] = world.state.projects
  if (project === undefined) return yield* Effect.die("no project")
  const request = yield* world.openRequest({ project, commits: files })
  const [version] = request.versions
  if (version === undefined) return yield* Effect.die("no version")
  const { awards, discussions, notes } = world.state
  const position = {
    base_sha: version.base,
    start_sha: version.start,
    head_sha: version.head,
    position_type: "text",
    old_path: "a.txt",
    new_path: "a.txt",
    new_line: 2
  } as const
  return {
    ...world,
    write: (author, body, place = "below") =>
      place === "below" ? world.comment(request, author, body) : world.discuss(request, author, body, position),
    react: Effect.sync(() => {
      awards.push({ id: 1, subject: `note:${notes.at(-1)?.id}`, name: "eyes", author: world.account("nominalbot") })
    }),
    answer: Effect.suspend(() => {
      const [last] = discussions.slice(-1)
      return last === undefined
        ? Effect.die("no thread")
        : world.reply(last, "nominalbot", `Yes.\n\n${markerOf("a".repeat(40))}`)
    }),
    edit: (body) => Object.assign(notes.at(-1) ?? {}, { body, editedAt: now() + 60_000 }),
    age: (hours) => {
      for (const one of [request, ...notes]) {
        Object.assign(one, { createdAt: hoursAgo(hours), updatedAt: hoursAgo(hours) })
      }
    }
  }
})

const comments = Effect.map(
  round(),
  ({ missed }) => missed.flatMap(({ event, from }) => event._tag === "Comment" ? [`${from}: ${event.body}`] : [])
)

for (const [forge, talk] of [["GitHub", onGitHub], ["GitLab", onGitLab]] as const) {
  describe(`what was said on ${forge} while no delivery arrived`, () => {
    it.live("is taken once, in the order in which it was said, if it asks something of the bot and its author may ask", () =>
      Effect.gen(function*() {
        const world = yield* talk
        yield* world.write("mara", "@nominalbot review")
        yield* world.write("mara", "This looks odd to me.")
        yield* world.write("mallory", "@nominalbot explain this")
        yield* world.write("nominalbot", `@nominalbot pause\n\n${markerOf("a".repeat(40))}`)
        yield* world.write("mara", "@nominalbot why two lines?", "in the diff")
        yield* Effect.gen(function*() {
          const expected = ["comment: @nominalbot review", "comment: @nominalbot why two lines?"]
          assert.deepStrictEqual((yield* comments).toSorted(), expected)
          assert.deepStrictEqual(yield* comments, [])
          const jobs = yield* JobRecords.use(({ list }) => list({ limit: 10 }))
          const found = jobs.flatMap(({ job }) => Option.toArray(job)).filter(({ event }) => event._tag === "Comment")
          assert.deepStrictEqual(found.map((job) => commandOf(job)._tag).toSorted(), ["Ask", "Review"])
          const places = found.map(({ event }) =>
            event._tag === "Comment" ? [event.filePath, event.line, event.side, event.author].join(" ") : ""
          )
          assert.include(places, "a.txt 2 RIGHT mara")
        }).pipe(Effect.provide(world.server()))
        assert.deepStrictEqual(world.violations, [])
      }).pipe(Effect.scoped))

    it.live("and has a job already, cancelled or answered, is left alone, and so is what is older than the window", () =>
      Effect.gen(function*() {
        const world = yield* talk
        yield* world.write("mara", "@nominalbot help")
        yield* Effect.gen(function*() {
          assert.lengthOf(yield* comments, 1)
          const { settle, take } = yield* JobQueue
          const { cancel } = yield* QueueAdmin
          const job = (yield* JobRecords.use(({ list }) => list({ limit: 10 }))).find(({ kind }) =>
            kind !== "pr_opened"
          )
          if (job === undefined) return assert.fail("no job")
          yield* cancel(job.id)
          assert.deepStrictEqual(yield* comments, [])
          yield* QueueAdmin.use(({ retry }) => retry(job.id))
          yield* settle(
            Option.getOrThrow(yield* take(job.lane)),
            Settlement.cases.Done.make({ outcome: { _tag: "Answered", command: "help" } })
          )
          assert.deepStrictEqual(yield* comments, [])
        }).pipe(Effect.provide(world.server()))
        world.age(25)
        assert.deepStrictEqual(yield* Effect.provide(comments, world.server()), [])
      }).pipe(Effect.scoped))

    it.live("and has our reaction, or our answer in its thread, is left alone, though no job of it is known", () =>
      Effect.gen(function*() {
        const world = yield* talk
        const found = Effect.suspend(() => Effect.provide(comments, world.server()))
        yield* world.write("mara", "@nominalbot help", "in the diff")
        assert.lengthOf(yield* found, 1)
        yield* world.answer
        assert.deepStrictEqual(yield* found, [])
        yield* world.write("mara", "@nominalbot help")
        assert.lengthOf(yield* found, 1)
        yield* world.react
        assert.deepStrictEqual(yield* found, [])
      }).pipe(Effect.scoped))

    it.live("and was edited to ask something is left alone", () =>
      Effect.gen(function*() {
        const world = yield* talk
        yield* world.write("mara", "Fine by me.")
        world.edit("@nominalbot help")
        assert.deepStrictEqual(yield* Effect.provide(comments, world.server()), [])
        assert.deepStrictEqual(world.violations, [])
      }).pipe(Effect.scoped))

    it.live("and whose job was refused as unsigned is taken again, once, as is the head", () =>
      Effect.gen(function*() {
        const world = yield* talk
        yield* world.write("mara", "@nominalbot help")
        world.age(1)
        yield* Effect.gen(function*() {
          const froms = Effect.map(round(), ({ missed }) => missed.map(({ from }) => from).toSorted())
          assert.deepStrictEqual(yield* froms, ["comment", "head"])
          yield* world.react
          const jobs = yield* JobRecords.use(({ list }) => list({ limit: 10 }))
          const failure = Failure.cases.Unsigned.make({ detail: "" })
          // A second time by a server that has not got the key yet.
          for (const { lane } of [...jobs, ...jobs]) {
            const lease = yield* JobQueue.use(({ take }) => take(lane))
            yield* JobQueue.use(({ settle }) =>
              settle(Option.getOrThrow(lease), Settlement.cases.Park.make({ failure }))
            )
            assert.lengthOf(yield* froms, 1)
            assert.deepStrictEqual(yield* froms, [])
          }
          const waiting = yield* JobRecords.use(({ list }) => list({ state: "waiting", limit: 10 }))
          assert.deepStrictEqual(waiting.map(({ id }) => id).toSorted(), jobs.map(({ id }) => id).toSorted())
        }).pipe(Effect.provide(world.server()))
      }).pipe(Effect.scoped))

    it.live("is not read again while the pull request does not change", () =>
      Effect.gen(function*() {
        const world = yield* talk
        yield* world.write("mara", "@nominalbot help")
        world.age(1)
        yield* Effect.gen(function*() {
          assert.lengthOf(yield* comments, 1)
          const before = world.requests.length
          assert.deepStrictEqual(yield* comments, [])
          assert.lengthOf(world.requests.slice(before), 1)
        }).pipe(Effect.provide(world.server()))
      }).pipe(Effect.scoped))

    it.live("by a flood is taken once, as far as its pull request may hold it", () =>
      Effect.gen(function*() {
        const world = yield* talk
        for (let index = 0; index < 40; index++) yield* world.write("mara", `@nominalbot explain ${index}`)
        yield* Effect.gen(function*() {
          assert.deepStrictEqual(
            yield* comments,
            Array.from({ length: 20 }, (_, index) => `comment: @nominalbot explain ${20 + index}`)
          )
          assert.deepStrictEqual(yield* comments, [])
        }).pipe(Effect.provide(world.server()))
      }).pipe(Effect.scoped))
  })
}

it.live("an internal note on GitLab is no question: its answer would be public", () =>
  Effect.gen(function*() {
    const world = yield* gitLab
    const [request] = world.open(1)
    if (request === undefined) return assert.fail("no merge request")
    const note = yield* world.comment(request, "mara", "@nominalbot help")
    const found = Effect.suspend(() => Effect.provide(comments, world.server()))
    assert.lengthOf(yield* found, 1)
    Object.assign(note ?? {}, { internal: true })
    assert.deepStrictEqual(yield* found, [])
  }).pipe(Effect.scoped))

/** A merge request on an emulated GitLab, with so many notes of others, and one that asks something of the bot. */
const talked = Effect.fnUntraced(function*(notes: number) {
  const world = yield* gitLab
  const [request] = world.open(1)
  if (request === undefined) return yield* Effect.die("no merge request")
  for (let index = 0; index < notes; index++) yield* world.comment(request, "ada", "Mentioned in a private project.")
  const asked = yield* world.comment(request, "mara", "@nominalbot help")
  return { ...world, asked, request, search: Effect.provide(comments, world.server()) }
})

it.live("a comment on GitLab is found behind notes that the bot may not see", () =>
  Effect.gen(function*() {
    const { search, state } = yield* talked(220)
    state.discussions.slice(0, 210).forEach((discussion) => Object.assign(discussion, { hidden: true }))
    assert.deepStrictEqual(yield* search, ["comment: @nominalbot help"])
  }).pipe(Effect.scoped))

it.live("eyes on a comment are found behind many emoji of others", () =>
  Effect.gen(function*() {
    const { account, asked, requests, search, state } = yield* talked(0)
    const award = (name: string, author: string) =>
      state.awards.push({ id: state.nextId(), subject: `note:${asked?.id}`, name, author: account(author) })
    for (let index = 0; index < 250; index++) award(`thumbs_${index}`, "ada")
    award("eyes", "nominalbot")
    assert.deepStrictEqual(yield* search, [])
    assert.lengthOf(requests.filter(({ operation }) => operation.endsWith("/award_emoji")), 3)
  }).pipe(Effect.scoped))
