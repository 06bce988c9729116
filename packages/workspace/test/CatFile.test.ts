import { assert, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, Scope } from "effect"
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
