import { assert, layer } from "@effect/vitest"
import { RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import { Effect, Exit, Fiber, Option } from "effect"
import { randomBytes } from "node:crypto"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import * as Checkout from "../src/Checkout.ts"
import * as Git from "../src/Git.ts"
import * as ObjectReader from "../src/ObjectReader.ts"
import * as Objects from "../src/Objects.ts"
import type { ToolContext } from "../src/tools/Reading.ts"
import { services } from "./Fixture.ts"
import * as ReadingFixture from "./ReadingFixture.ts"

const files = {
  "a.ts": "one\n",
  "dir/with blank/ü.ts": "two\n",
  "line\nbreak/x\n": "three\n",
  "link": { link: "a.ts" },
  "empty": "",
  "large": "x".repeat(1_000_000)
} as const

/** A reader of objects, and all that it says to its process. */
const listening = Effect.fnUntraced(function*({ gitDir, services }: ToolContext) {
  const said: Array<string> = []
  const git = Effect.map(Git.Git, (git) =>
    Git.Git.of({
      ...git,
      open: (...args) =>
        Effect.map(git.open(...args), (dialogue) => ({
          ...dialogue,
          say: (request) => Effect.suspend(() => (said.push(request), dialogue.say(request)))
        }))
    }))
  const objects = yield* ObjectReader.make(gitDir).pipe(
    Effect.provideServiceEffect(Git.Git, git),
    Effect.provide(services)
  )
  return { objects, said }
})

layer(services, { excludeTestServices: true })("ObjectReader", (it) => {
  it.effect("finds every file by its path, whatever it is called, and nothing else", () =>
    Effect.gen(function*() {
      const { reading, repository } = yield* ReadingFixture.make
      const head = repository.commit("head", files)
      const { objects } = yield* reading(head, head, head)
      for (const [path, content] of Object.entries(files)) {
        const found = yield* Objects.file(objects, head, RepoPath.make(path))
        assert.deepStrictEqual(found, typeof content === "string" ? Option.some(content) : Option.none(), path)
      }
      for (const path of ["dir", "a.ts/x", "nowhere", "dir/nowhere", "line", "ü.ts"]) {
        assert.deepStrictEqual(yield* Objects.file(objects, head, RepoPath.make(path)), Option.none(), path)
      }
      assert.deepStrictEqual(yield* Objects.filesIn(objects, head, RepoPath.make("dir/with blank/")), [
        RepoPath.make("dir/with blank/ü.ts")
      ])
    }))

  it.effect("asks one process for all files of a review, one question after the other", () =>
    Effect.gen(function*() {
      const { reading, repository } = yield* ReadingFixture.make
      const head = repository.commit("head", files)
      const { gitDir, services } = yield* reading(head, head, head)
      let started = 0
      const read = Effect.gen(function*() {
        const git = yield* Git.Git
        const counting = Git.Git.of({
          ...git,
          run: () => Effect.die("a command of its own"),
          open: (...args) => Effect.andThen(Effect.sync(() => started++), git.open(...args))
        })
        const objects = yield* Effect.provideService(ObjectReader.make(gitDir), Git.Git, counting)
        const all = Array.from({ length: 50 }, () => Objects.file(objects, head, RepoPath.make("large")))
        return yield* Effect.all(all, { concurrency: "unbounded" })
      })
      const found = yield* Effect.provide(read, services)
      assert.isTrue(found.every((text) => Option.contains(text, files.large)))
      assert.strictEqual(started, 1)
    }))

  it.effect("answers rightly after a question that was interrupted, one that was too large, and a killed process", () =>
    Effect.gen(function*() {
      const { reading, repository } = yield* ReadingFixture.make
      const head: Sha = repository.commit("head", files)
      const { objects } = yield* reading(head, head, head)
      const large = Option.getOrThrow(yield* objects.entry(head, RepoPath.make("large")))
      const small = Objects.file(objects, head, RepoPath.make("a.ts"))
      for (let turn = 0; turn < 10; turn++) {
        const fiber = yield* Effect.forkChild(objects.contents(large.id, 2_000_000), { startImmediately: true })
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* small, Option.some("one\n"))
      }
      const refused = yield* Effect.flip(objects.contents(large.id, 10))
      assert.strictEqual(refused.reason, "too-large")
      assert.deepStrictEqual(yield* small, Option.some("one\n"))
    }))

  it.effect("lists no directories that are larger together than all files that can be listed", () =>
    Effect.gen(function*() {
      const { reading, repository } = yield* ReadingFixture.make
      const blob = repository.gitWith("x", "hash-object", "-w", "--stdin")
      const tree = (entries: ReadonlyArray<string>) => repository.gitWith(entries.join("\n"), "mktree")
      const name = "x".repeat(200)
      const large = tree(Array.from({ length: 10_000 }, (_, at) => `100644 blob ${blob}\t${name}${at}`))
      const root = tree(Array.from({ length: 64 }, (_, at) => `040000 tree ${large}\t${at}`))
      const head = Sha.make(repository.git("commit-tree", root, "-m", "bomb"))
      const { gitDir, services } = yield* reading(head, head, head)
      let bytes = 0
      const counting = Effect.map(Git.Git, (git) =>
        Git.Git.of({
          ...git,
          open: (...args) =>
            Effect.map(git.open(...args), (dialogue) => ({
              ...dialogue,
              answers: (count, bodyOf, take) =>
                dialogue.answers(count, bodyOf, (line, body) => {
                  bytes += body.length
                  take(line, body)
                })
            }))
        }))
      const listed = Effect.flatMap(ObjectReader.make(gitDir), ({ files }) => files(head)).pipe(
        Effect.provideServiceEffect(Git.Git, counting)
      )
      const { message } = yield* Effect.flip(Effect.provide(listed, services))
      assert.strictEqual(message, "the commit has more than 500000 files")
      assert.isBelow(bytes, 70 * 1024 * 1024)
    }))

  it.effect("asks git for a directory once, whatever commits it is in, and for many at once", () =>
    Effect.gen(function*() {
      const { reading, repository } = yield* ReadingFixture.make
      const names = Array.from({ length: 40 }, (_, index) => `src/${index}/a.ts`)
      const base = repository.commit("base", Object.fromEntries(names.map((name) => [name, `${name}\n`])))
      const head = repository.commit("head", { "src/7/a.ts": "two\n" })
      const { objects, said } = yield* listening(yield* reading(head, base, head))
      const asked = (files: Effect.Effect<ReadonlyArray<unknown>, unknown>) =>
        Effect.map(files, ({ length }) => {
          const requests = said.splice(0).map((request) => request.split("contents ").length - 1)
          return { length, requests }
        })
      assert.deepStrictEqual(yield* asked(objects.files(base)), { length: 40, requests: [1, 1, 40] })
      assert.deepStrictEqual(yield* asked(objects.files(head)), { length: 40, requests: [1, 1, 1] })
      assert.deepStrictEqual(yield* asked(objects.files(head)), { length: 40, requests: [] })
    }))

  it.effect("asks for what is wanted at once by few requests", () =>
    Effect.gen(function*() {
      const { reading, repository } = yield* ReadingFixture.make
      const names = Array.from({ length: 40 }, (_, index) => RepoPath.make(`src/${index}.ts`))
      const head = repository.commit("head", Object.fromEntries(names.map((name) => [name, `${name}\n`])))
      const { objects, said } = yield* listening(yield* reading(head, head, head))
      const texts = yield* Effect.forEach(names, (name) => Objects.file(objects, head, name), { concurrency: 20 })
      assert.deepStrictEqual(texts, names.map((name) => Option.some(`${name}\n`)))
      // The two directories, and for each twenty files their sizes and their contents.
      assert.isAtMost(said.length, 8)
    }))

  it.effect("asks for nothing but the directories of changed files, whose small contents come with the diff", () =>
    Effect.gen(function*() {
      const { reading, repository } = yield* ReadingFixture.make
      const names = Array.from({ length: 40 }, (_, index) => RepoPath.make(`src/${index}.ts`))
      const texts = (text: string) => Object.fromEntries(names.map((name) => [name, `${name} ${text}\n`]))
      const base = repository.commit("base", { ...texts("before"), large: files.large, "gone.ts": "gone\n" })
      repository.commit("head", { ...texts("now"), large: `${files.large}\n`, "gone.ts": null })
      repository.git("update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},submodule`)
      repository.git("commit", "--quiet", "--amend", "--no-edit")
      const head = repository.head()
      const context = yield* reading(base, base, head)
      const { objects, said } = yield* listening(context)
      const checkout = yield* Checkout.open({ ...context, objects }, {
        redact: (text) => text,
        onGitError: () => Effect.die("a broken repository")
      })
      assert.strictEqual((yield* checkout.changedFiles).length, 43)
      // The sizes of all contents, and those of the small ones.
      assert.deepStrictEqual(said.splice(0).map((request) => request.split("\n").length - 2), [83, 81])
      for (const name of names) {
        assert.deepStrictEqual(yield* checkout.lines("LEFT", name), Option.some([`${name} before`]))
        assert.deepStrictEqual(yield* checkout.lines("RIGHT", name), Option.some([`${name} now`]))
      }
      assert.strictEqual(said.splice(0).length, 4)
      const large = yield* checkout.lines("RIGHT", RepoPath.make("large"))
      assert.deepStrictEqual(large, Option.some([files.large]))
      assert.strictEqual(said.length, 2)
    }))

  it.effect("answers the others where one of several questions has no answer", () =>
    Effect.gen(function*() {
      const { reading, repository } = yield* ReadingFixture.make
      const head = repository.commit("head", files)
      const { objects } = yield* reading(head, head, head)
      const idOf = (path: string) =>
        Effect.map(objects.entry(head, RepoPath.make(path)), (found) => Option.getOrThrow(found).id)
      const [small, large] = [yield* idOf("a.ts"), yield* idOf("large")]
      const asked = [
        objects.contents(small, 100),
        objects.contents("0".repeat(40), 100),
        objects.contents(large, 100),
        objects.contents(small, 100)
      ]
      const found = yield* Effect.forEach(asked, Effect.exit, { concurrency: "unbounded" })
      assert.deepStrictEqual(
        found.map(Exit.match({
          onFailure: () => "failed",
          onSuccess: Option.match({ onNone: () => "none", onSome: (bytes) => Buffer.from(bytes).toString() })
        })),
        ["one\n", "none", "failed", "one\n"]
      )
    }))

  it.effect("asks for the size of an object once", () =>
    Effect.gen(function*() {
      const { reading, repository } = yield* ReadingFixture.make
      const head = repository.commit("head", files)
      const { objects, said } = yield* listening(yield* reading(head, head, head))
      const ids = (yield* objects.files(head)).map(({ id }) => id)
      const sizes = yield* objects.sizes(ids)
      said.length = 0
      assert.deepStrictEqual(yield* objects.sizes(ids), sizes)
      assert.include(sizes, files.large.length)
      assert.deepStrictEqual(said, [])
    }))

  it.effect("says that the repository is corrupt when an object cannot be read, or ends too early", () =>
    Effect.gen(function*() {
      const { reading, repository } = yield* ReadingFixture.make
      const head = repository.commit("head", { "a.ts": "one\n", "b.ts": randomBytes(5_000).toString("hex") })
      const { gitDir, objects } = yield* reading(head, head, head)
      const damage = Effect.fnUntraced(function*(path: string, damaged: (bytes: Buffer) => string | Buffer) {
        const blob = repository.git("rev-parse", `${head}:${path}`)
        const loose = `${gitDir}/objects/${blob.slice(0, 2)}/${blob.slice(2)}`
        const bytes = readFileSync(loose)
        rmSync(loose)
        writeFileSync(loose, damaged(bytes))
        return yield* Effect.flip(Objects.file(objects, head, RepoPath.make(path)))
      })
      assert.strictEqual((yield* damage("b.ts", (bytes) => bytes.subarray(0, -5))).reason, "corrupt")
      assert.strictEqual((yield* damage("a.ts", () => "garbage")).reason, "corrupt")
    }))
})
