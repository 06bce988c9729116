import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import * as Git from "@nominal-code/workspace/Git"
import { Effect, FileSystem, Layer, Option, Runtime } from "effect"
import { execFileSync } from "node:child_process"
import { type TargetFlags, targetOf } from "../src/review/ReviewTarget.ts"

const nothing: TargetFlags = { base: Option.none(), staged: false, range: Option.none() }
const ofBase = (base: string): TargetFlags => ({ ...nothing, base: Option.some(base) })
const ofRange = (range: string): TargetFlags => ({ ...nothing, range: Option.some(range) })

/** A repository with a commit on `main`, one on `feature`, and a branch that is called like what is not committed. */
const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.realPath(yield* fs.makeTempDirectoryScoped({ prefix: "target-" }))
  const git = (...args: ReadonlyArray<string>) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd: directory, encoding: "utf8" })
      .trim()
  git("init", "-q", "-b", "main")
  return { directory, fs, git }
})

const withCommits = Effect.tap(make, ({ directory, fs, git }) =>
  Effect.gen(function*() {
    yield* fs.makeDirectory(`${directory}/src/deep`, { recursive: true })
    yield* fs.writeFileString(`${directory}/src/a.ts`, "1\n")
    git("add", ".")
    git("commit", "-qm", "one")
    git("branch", "staged")
    git("checkout", "-qb", "feature")
    git("commit", "-qm", "two", "--allow-empty")
  }))

const refusal = (flags: TargetFlags, start: string) =>
  Effect.map(Effect.flip(targetOf(flags, start)), ({ message }) => message)

const gitInTemporary = Layer.unwrap(
  Effect.map(
    Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "git-" })),
    (baseDir) => Git.layer({ baseDir })
  )
)

layer(Layer.provideMerge(gitInTemporary, NodeServices.layer), { excludeTestServices: true })(
  "the changes to review",
  (it) => {
    it.effect("are what is not committed, what is staged, a branch's, or a range's", () =>
      Effect.gen(function*() {
        const { directory: repository } = yield* withCommits
        const cases: ReadonlyArray<readonly [flags: TargetFlags, base: string, head: string]> = [
          [nothing, "HEAD", "worktree"],
          [{ ...nothing, staged: true }, "HEAD", "staged"],
          [ofBase("main"), "main", "HEAD"],
          [ofRange("main..feature"), "main", "feature"],
          [ofRange("main...feature"), "main", "feature"],
          [ofRange("main.."), "main", "HEAD"],
          [ofRange("..main"), "HEAD", "main"]
        ]
        for (const [flags, base, head] of cases) {
          assert.deepStrictEqual(yield* targetOf(flags, repository), { repository, base, head })
        }
      }))

    it.effect("are found from a directory inside the repository, and its root is what is reviewed", () =>
      Effect.gen(function*() {
        const { directory } = yield* withCommits
        assert.strictEqual((yield* targetOf(nothing, `${directory}/src/deep`)).repository, directory)
      }))

    it.effect("of a branch that is called staged are that branch's, not what is staged", () =>
      Effect.gen(function*() {
        const { directory, git } = yield* withCommits
        assert.strictEqual((yield* targetOf(ofRange("main..staged"), directory)).head, git("rev-parse", "staged"))
      }))

    it.effect("are one choice: two are wrong usage, and so is a range that is none", () =>
      Effect.gen(function*() {
        const { directory } = yield* withCommits
        for (const flags of [{ ...ofBase("main"), staged: true }, { ...ofBase("main"), range: Option.some("a..b") }]) {
          const error = yield* Effect.flip(targetOf(flags, directory))
          assert.strictEqual(error.message, "choose one of --staged, --base and a commit range")
          assert.strictEqual(Runtime.errorExitCode in error ? error[Runtime.errorExitCode] : 1, 2)
        }
        for (const range of ["main", "..", "..."]) {
          assert.match(
            yield* refusal(ofRange(range), directory),
            /^"[^"]+" is no commit range and no pull request: write main\.\.feature, or owner/
          )
        }
      }))

    it.effect("that are not there are named, with what to do", () =>
      Effect.gen(function*() {
        const { directory, fs, git } = yield* withCommits
        assert.strictEqual(
          yield* refusal(ofBase("mian"), directory),
          "the repository has no branch, tag or commit \"mian\": fetch it, or correct the name"
        )
        git("clone", "-q", "--depth", "1", `file://${directory}`, "shallow")
        assert.strictEqual(
          yield* refusal(ofRange("HEAD~1..HEAD"), `${directory}/shallow`),
          "the repository has no branch, tag or commit \"HEAD~1\": the clone is shallow: git fetch --unshallow brings the " +
            "rest, or correct the name"
        )
        assert.strictEqual(
          yield* refusal(ofBase("main"), `${directory}/shallow`),
          "the repository has no branch, tag or commit \"main\": the clone is shallow: git fetch --unshallow origin " +
            "main:main brings it, or correct the name"
        )
        git("-C", "shallow", "fetch", "-q", "--unshallow", "origin", "main:main")
        assert.strictEqual((yield* targetOf(ofBase("main"), `${directory}/shallow`)).base, "main")
        git("clone", "-q", directory, "whole")
        assert.strictEqual(
          yield* refusal(ofBase("main"), `${directory}/whole`),
          "the repository has no branch, tag or commit \"main\", but origin/main: write that"
        )
        assert.match(yield* refusal(ofBase(""), directory), /^the name of a commit is empty: write a branch/)
        const elsewhere = yield* fs.makeTempDirectoryScoped()
        assert.strictEqual(
          yield* refusal(nothing, elsewhere),
          `${elsewhere} is not in a git repository: run this where your changes are`
        )
        git("clone", "-q", "--bare", directory, "bare.git")
        assert.strictEqual(
          yield* refusal(nothing, `${directory}/bare.git/refs`),
          `${directory}/bare.git is a bare repository, which has no working tree: run this in a clone of it`
        )
        assert.strictEqual(
          yield* refusal(nothing, `${directory}/.git`),
          `${directory}/.git is what git keeps of a repository: run this in ${directory}`
        )
      }))

    it.effect("of a repository without a commit are what is staged, or in the working directory", () =>
      Effect.gen(function*() {
        const { directory: repository } = yield* make
        for (const [flags, head] of [[nothing, "worktree"], [{ ...nothing, staged: true }, "staged"]] as const) {
          assert.deepStrictEqual(yield* targetOf(flags, repository), { repository, base: "HEAD", head })
        }
        assert.strictEqual(
          yield* refusal(ofRange("HEAD.."), repository),
          "the repository has no commit yet: leave out --base, the range or - to review what is not committed, or make " +
            "the first one"
        )
      }))

    it.effect("of a repository that git cannot read are refused in git's words, not as one without a commit", () =>
      Effect.gen(function*() {
        const { directory, fs, git } = yield* withCommits
        const moved = yield* fs.makeTempDirectoryScoped()
        yield* fs.writeFileString(`${moved}/.git`, "gitdir: /nowhere\n")
        assert.match(
          yield* refusal(nothing, moved),
          /not a git repository: '?\/nowhere'? \(.*\/\.git\): git status says more$/
        )
        const object = git("rev-parse", "HEAD").replace(/^../, (folder) => `${folder}/`)
        yield* fs.chmod(`${directory}/.git/objects/${object}`, 0o600)
        yield* fs.writeFileString(`${directory}/.git/objects/${object}`, "")
        assert.match(yield* refusal(nothing, directory), /^git rev-parse exited with 128: .*corrupt/)
      }))
  }
)
