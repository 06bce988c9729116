import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import * as Git from "../src/Git.ts"
import { type LocalChanges, resolveChanges, type ResolvedChanges } from "../src/LocalChanges.ts"

/** A repository in which a merge has left a conflict in `page.ts`. */
const conflicted = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "changes-" })
  const root = `${directory}/repositories`
  const repository = `${root}/clone`
  const git = (...args: ReadonlyArray<string>) =>
    spawnSync("git", ["-C", repository, "-c", "user.name=a", "-c", "user.email=a@b", ...args], { encoding: "utf8" })
  const commit = (text: string) =>
    Effect.tap(fs.writeFileString(`${repository}/page.ts`, text), () =>
      Effect.sync(() => {
        git("add", ".")
        git("commit", "-qm", text)
      }))
  yield* fs.makeDirectory(repository, { recursive: true })
  git("init", "-q", "-b", "main")
  yield* commit("one")
  git("checkout", "-qb", "feature")
  yield* commit("two")
  git("checkout", "-q", "main")
  yield* commit("three")
  assert.strictEqual(git("merge", "feature").status, 1)
  const gitLayer = Git.layer({ baseDir: `${directory}/base` })
  const changes = (head: string, more: Partial<LocalChanges> = {}) =>
    Effect.provide(resolveChanges({ repository, base: "HEAD", head, ...more }), gitLayer)
  return { changes, git, repository, root }
})

type Repository = Effect.Success<typeof conflicted>

it.live("what is staged is refused while a merge has conflicts, with what to do; what is on the disk is not", () =>
  Effect.gen(function*() {
    const { changes } = yield* conflicted
    assert.strictEqual(
      (yield* Effect.flip(changes("staged"))).message,
      "a merge has left conflicts in page.ts: resolve them and git add the files, or leave out --staged"
    )
    assert.strictEqual((yield* changes("worktree")).title, "Uncommitted changes")
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.live("what git cannot take of the disk is named, with what to do", () =>
  Effect.gen(function*() {
    const { changes, repository } = yield* conflicted
    spawnSync("git", ["init", "-q", `${repository}/vendored`])
    assert.match(
      (yield* Effect.flip(changes("worktree"))).message,
      /^git add exited with 128: 'vendored\/' does not have a commit checked out: leave it out by a line in \.gitignore, or/
    )
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.live("a patch is committed on top of its base, and one that does not apply is refused with what to do", () =>
  Effect.gen(function*() {
    const { changes } = yield* conflicted
    const patch = "--- a/page.ts\n+++ b/page.ts\n@@ -1 +1 @@\n-two\n\\ No newline at end of file\n+four\n"
    const resolved = yield* changes("patch", { base: "feature", patch })
    assert.strictEqual(shown(resolved), "four\n")
    const { message, reason } = yield* Effect.flip(changes("patch", { base: "main", patch }))
    assert.strictEqual(reason, "refused")
    assert.match(message, /^the patch does not apply to main \(.*page\.ts.*\): name the commit .* by --base$/)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

for (const [command, ...args] of [["commit -a", "-a"], ["commit FILE", "page.ts"]] as const) {
  it.live(`what is staged is what git commits, in a hook of git ${command}`, () =>
    Effect.gen(function*() {
      const { changes, git, repository } = yield* conflicted
      git("reset", "-q", "--hard")
      writeFileSync(`${repository}/page.ts`, "staged")
      git("add", ".")
      writeFileSync(`${repository}/page.ts`, "committed")
      // git removes the hook's index with the hook.
      const hook =
        `#!/bin/sh\ncp "$GIT_INDEX_FILE" "$GIT_INDEX_FILE.kept"\nprintf %s "$GIT_INDEX_FILE.kept" > .git/told\nexit 1\n`
      writeFileSync(`${repository}/.git/hooks/pre-commit`, hook, { mode: 0o755 })
      assert.strictEqual(git("commit", "-m", "four", ...args).status, 1)
      const told = readFileSync(`${repository}/.git/told`, "utf8")
      assert.strictEqual(shown(yield* changes("staged", { indexFile: told })), "committed")
      // Of git commit alone, the file is the usual one, by its path from the root.
      assert.strictEqual(shown(yield* changes("staged", { indexFile: ".git/index" })), "staged")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
}

it.live("an index that is no file is refused, where git would take it for an index of nothing", () =>
  Effect.gen(function*() {
    const { changes, git, repository } = yield* conflicted
    git("reset", "-q", "--hard")
    for (const indexFile of [".git/absent", ".git/refs"]) {
      const { message, reason } = yield* Effect.flip(changes("staged", { indexFile }))
      assert.deepStrictEqual([reason, message], [
        "refused",
        `the index ${repository}/${indexFile} (GIT_INDEX_FILE) is no file: outside of a hook, unset the variable`
      ])
    }
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.live("what is not committed in a repository without a commit is compared with nothing", () =>
  Effect.gen(function*() {
    const { changes, git, repository, root } = yield* conflicted
    const compared = ({ baseSha, headSha, repository }: ResolvedChanges) =>
      spawnSync("git", [`--git-dir=${repository}/.git`, "diff", "--numstat", `${baseSha}...${headSha}`], {
        encoding: "utf8"
      }).stdout
    for (const format of ["sha1", "sha256"]) {
      const fresh = `${repository}/../${format}`
      git("init", "-q", `--object-format=${format}`, fresh)
      writeFileSync(`${fresh}/page.ts`, "one\n")
      assert.strictEqual(compared(yield* changes("staged", { repository: fresh })), "")
      git("-C", fresh, "add", ".")
      writeFileSync(`${fresh}/page.ts`, "one\ntwo\n")
      const before = filesBelow(root)
      assert.strictEqual(compared(yield* changes("staged", { repository: fresh })), "1\t0\tpage.ts\n")
      assert.strictEqual(compared(yield* changes("worktree", { repository: fresh })), "2\t0\tpage.ts\n")
      assert.deepStrictEqual(filesBelow(root), before)
    }
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.live("a HEAD whose commit is not there is refused, and no repository without a commit", () =>
  Effect.gen(function*() {
    const { changes, repository } = yield* conflicted
    writeFileSync(`${repository}/.git/refs/heads/main`, `${"1".repeat(40)}\n`)
    const { message } = yield* Effect.flip(changes("worktree"))
    assert.strictEqual(message, "HEAD is a commit that the repository does not have")
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

/** Every file below a directory, with its time and size. git itself tells by the time of a shared index that it is read. */
const filesBelow = (directory: string): ReadonlyArray<string> =>
  readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => {
    const { mtimeMs, size } = statSync(`${entry.parentPath}/${entry.name}`)
    return `${entry.parentPath}/${entry.name} ${size} ${entry.name.startsWith("sharedindex.") ? "" : mtimeMs}`
  }).sort()

/** The page at a commit, as a reader sees it who knows the directory alone. */
const shown = ({ headSha, repository }: ResolvedChanges): string =>
  spawnSync("git", [`--git-dir=${repository}/.git`, "show", `${headSha}:page.ts`], { encoding: "utf8" }).stdout

for (
  const [what, prepare] of [
    ["a clone", (repository) => repository],
    ["a linked work tree", (repository, git) => {
      git("worktree", "add", "-q", "--detach", `${repository}/../linked`)
      return `${repository}/../linked`
    }],
    ["a clone that borrows its objects by a relative path", (repository, git) => {
      git("clone", "-q", "-s", repository, `${repository}/../borrower`)
      writeFileSync(
        `${repository}/../borrower/.git/objects/info/alternates`,
        "../../../clone/.git/objects\n"
      )
      return `${repository}/../borrower`
    }],
    ["a submodule", (repository, git) => {
      spawnSync("git", ["init", "-q", `${repository}/../super`])
      git("-C", "../super", "-c", "protocol.file.allow=always", "submodule", "add", "-q", repository, "module")
      return `${repository}/../super/module`
    }],
    ["a shallow clone with a split index", (repository, git) => {
      git("clone", "-q", "--depth=1", `file://${repository}`, `${repository}/../shallow`)
      git("-C", "../shallow", "config", "core.splitIndex", "true")
      git("-C", "../shallow", "update-index", "--split-index")
      return `${repository}/../shallow`
    }]
  ] satisfies ReadonlyArray<readonly [string, (repository: string, git: Repository["git"]) => string]>
) {
  it.live(`uncommitted changes leave git's files of ${what} alone, and can be read until the scope ends`, () =>
    Effect.gen(function*() {
      const { changes, git, root, repository } = yield* conflicted
      git("reset", "-q", "--hard")
      const work = prepare(repository, git)
      writeFileSync(`${work}/page.ts`, "staged")
      git("-C", work, "add", ".")
      writeFileSync(`${work}/page.ts`, "new")
      // Another command that is at work, or was killed, is not in the way.
      writeFileSync(
        git("-C", work, "rev-parse", "--path-format=absolute", "--git-path", "index.lock").stdout.trim(),
        ""
      )
      const before = filesBelow(root)
      const reviewed = (head: string) =>
        Effect.scoped(Effect.map(changes(head, { repository: work }), (resolved) => {
          assert.strictEqual(shown(resolved), head === "staged" ? "staged" : "new")
          assert.isTrue(existsSync(resolved.repository))
          return resolved.repository
        }))
      for (const head of ["worktree", "staged"]) {
        assert.isFalse(existsSync(yield* reviewed(head)))
        assert.deepStrictEqual(filesBelow(root), before)
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
}
