import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Option, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as CatFile from "../src/CatFile.ts"
import * as Git from "../src/Git.ts"

/** Objects of a repository whose git does not answer, and the number of its processes. */
const silent = Effect.gen(function*() {
  const processes = { started: 0 }
  const git = Git.Git.of({
    run: () => Effect.die("a command of its own"),
    consume: () => Effect.die("a command of its own"),
    open: () =>
      Effect.sync(() => {
        processes.started++
        return { say: () => Effect.void, answers: () => Effect.never }
      })
  })
  const objects = yield* Effect.provideService(CatFile.make("repository"), Git.Git, git)
  const names = Array.from({ length: 100 }, (_, index) => `${index}`.padStart(40, "0"))
  const asking = Effect.all([
    ...names.map((name) => Effect.exit(objects.contents(name, 100))),
    Effect.exit(objects.sizes(names))
  ], { concurrency: "unbounded" })
  return { asking, processes }
})

const messages = (exits: ReadonlyArray<Exit.Exit<unknown, Git.GitError>>) =>
  new Set(exits.map((exit) => Option.getOrUndefined(Exit.findErrorOption(exit))?.message))

it.effect("questions end with the scope of the objects, without another process", () =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const { asking, processes } = yield* Scope.provide(silent, scope)
    const fiber = yield* Effect.forkChild(asking)
    yield* TestClock.adjust("1 second")
    yield* Scope.close(scope, Exit.void)
    assert.deepStrictEqual(
      messages(yield* Fiber.join(fiber)),
      new Set(["git cat-file was ended with what it was asked for."])
    )
    assert.deepStrictEqual(messages(yield* asking).size, 1)
    assert.strictEqual(processes.started, 1)
  }))

it.effect("a git that does not answer costs what is asked together a minute, not each question", () =>
  Effect.gen(function*() {
    const { asking, processes } = yield* silent
    const fiber = yield* Effect.forkChild(asking)
    // Two portions of questions, and the sizes.
    for (let minute = 0; minute < 3; minute++) yield* TestClock.adjust("1 minute")
    assert.deepStrictEqual(messages(yield* Fiber.join(fiber)), new Set(["git cat-file took longer than 60 s"]))
    assert.strictEqual(processes.started, 3)
  }))

/** Objects whose first git hangs after one answer, also when it is ended. */
const firstHangs = Effect.gen(function*() {
  const processes: Array<string> = []
  const release = yield* Deferred.make<void>()
  const git = Git.Git.of({
    run: () => Effect.die("a command of its own"),
    consume: () => Effect.die("a command of its own"),
    open: () =>
      Effect.gen(function*() {
        const number = processes.push("runs")
        yield* Effect.addFinalizer(() =>
          Effect.suspend(() => {
            processes[number - 1] = "is ending"
            return number === 1 ? Deferred.await(release) : Effect.void
          })
        )
        const said: Array<string> = []
        return {
          say: (request) => Effect.sync(() => void said.push(...request.split("\n"))),
          answers: (count, bodyOf, take) =>
            Effect.suspend(() => {
              for (const request of said.splice(0, number === 1 ? 1 : count)) {
                const line = `${request.split(" ")[1]} blob 3`
                bodyOf(line)
                take(line, Buffer.from("abc\n"))
              }
              return number === 1 ? Effect.never : Effect.void
            })
        }
      })
  })
  const objects = yield* Effect.provideService(CatFile.make("repository"), Git.Git, git)
  yield* Effect.addFinalizer(() => Deferred.succeed(release, undefined))
  return { objects, processes }
})

const name = (number: number) => `${number}`.padStart(40, "0")

it.effect("a question is asked of a new process at once where nobody waits for the one that hangs", () =>
  Effect.gen(function*() {
    const { objects, processes } = yield* firstHangs
    const asking = [1, 2, 3].map((number) => objects.contents(name(number), 100))
    const [answered, ...hanging] = yield* Effect.forEach(asking, (one) => Effect.forkChild(one))
    yield* TestClock.adjust("1 second")
    const answer = Option.some(Buffer.from("abc"))
    assert.deepStrictEqual(answered && (yield* Fiber.join(answered)), answer)
    const [left, last] = hanging
    if (left !== undefined) yield* Fiber.interrupt(left)
    const next = yield* Effect.forkChild(objects.contents(name(4), 100))
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(processes, ["runs"], "while one of its callers waits")
    if (last !== undefined) yield* Fiber.interrupt(last)
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(processes, ["is ending", "runs"])
    assert.deepStrictEqual(yield* Fiber.join(next), answer)
  }))
