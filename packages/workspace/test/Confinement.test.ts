import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem, Path } from "effect"
import { execFileSync } from "node:child_process"
import { linkSync } from "node:fs"
import * as Confinement from "../src/Confinement.ts"
import { services } from "./Fixture.ts"

const gitNames = [".git", ".GIT", ".Git", ".gIt", ".git ", ".git.", ".git..", ".git . .", "git~1", "GIT~1", "git~2"]
const gitTricks = [
  ".g\u200cit",
  "\u200b.git",
  ".git\ufeff",
  ".gi\u00adt",
  "\uff0egit",
  ".\uff47it",
  ".git::$INDEX_ALLOCATION"
]

const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const parent = yield* fs.realPath(yield* fs.makeTempDirectoryScoped({ prefix: "confinement-" }))
  const root = path.join(parent, "tree")
  yield* fs.makeDirectory(path.join(root, "src", "deep"), { recursive: true })
  yield* fs.makeDirectory(path.join(root, ".git"))
  yield* fs.makeDirectory(path.join(parent, "tree-other"))
  yield* fs.writeFileString(path.join(parent, "secret"), "secret")
  yield* fs.writeFileString(path.join(parent, "tree-other", "secret"), "secret")
  yield* fs.writeFileString(path.join(root, ".git", "config"), "secret")
  // They are all there: it is by its name that none of them is found.
  for (const name of [...gitNames, ...gitTricks]) {
    for (const inside of [path.join(name, "config"), path.join("src", name, "HEAD")]) {
      yield* fs.makeDirectory(path.dirname(path.join(root, inside)), { recursive: true })
      yield* fs.writeFileString(path.join(root, inside), "secret")
    }
  }
  for (const name of ["a.ts", "src/b.ts", ".gitignore", ".github", "git", "x.git", "-rf", "a b", "..a", "...", "ü"]) {
    yield* fs.writeFileString(path.join(root, name), "text")
  }
  yield* fs.symlink("/etc/passwd", path.join(root, "passwd"))
  yield* fs.symlink("/", path.join(root, "slash"))
  yield* fs.symlink("..", path.join(root, "up"))
  yield* fs.symlink("../secret", path.join(root, "src", "relative"))
  yield* fs.symlink("/proc/self", path.join(root, "self"))
  yield* fs.symlink(".git/config", path.join(root, "innocent"))
  yield* fs.symlink("loop", path.join(root, "loop"))
  yield* fs.symlink("src/b.ts", path.join(root, "inside"))
  linkSync(path.join(root, "a.ts"), path.join(root, "hardlink"))
  execFileSync("mkfifo", [path.join(root, "pipe")])
  return { parent, root }
})

const traversals = ["..", "../..", "src/../..", "./..", "src/deep/../../..", "..//..", "././..", "a.ts/../.."]
const targets = ["", "/secret", "/tree-other/secret", "/../etc/passwd", "/tree/../secret", "/."]
const absolutes = [
  "/",
  "/etc/passwd",
  "/etc/shadow",
  "/proc/self/environ",
  "/proc/1/environ",
  "/proc/self/root/etc/passwd",
  "/proc/self/cwd/package.json",
  "/proc/self/fd/0",
  "/proc/thread-self/environ",
  "/proc/../etc/passwd",
  "/dev/stdin",
  "/dev/zero",
  "/dev/random",
  "/dev/fd/0",
  "/sys/kernel",
  "/root/.ssh/id_rsa",
  "/var/run/secrets/kubernetes.io/serviceaccount/token",
  "//etc/passwd",
  "///etc///passwd",
  "/./etc/passwd",
  "/tmp",
  "/home"
]
const links = [
  "passwd",
  "slash",
  "slash/etc/passwd",
  "slash/proc/self/environ",
  "up",
  "up/secret",
  "up/tree-other/secret",
  "src/relative",
  "self/environ",
  "self/root/etc/passwd",
  "loop",
  "innocent",
  "./passwd",
  "src/../passwd",
  "src/deep/../../slash/etc/passwd"
]
const special = ["\0", "a.ts\0", "a.ts\0.png", "../\0", "\0/etc/passwd", "\ud800", "a\udfffb", "x".repeat(5000), "pipe"]
const disguises = [
  "\uff0e\uff0e/secret",
  "..\uff0fsecret",
  "\u2025/secret",
  "..\u2215secret",
  "..\\secret",
  "..\\..\\etc\\passwd",
  "%2e%2e/secret",
  "..%2fsecret",
  "%2e%2e%2fsecret",
  "..%c0%afsecret",
  "..;/secret",
  "~",
  "~/.ssh/id_rsa",
  "~root/.ssh/id_rsa",
  "$HOME/.ssh/id_rsa",
  "${HOME}",
  "$(cat /etc/passwd)",
  "`id`",
  "a.ts; cat /etc/passwd",
  "a.ts|id",
  "a.ts\n/etc/passwd",
  "file:///etc/passwd",
  "file:/etc/passwd",
  "http://169.254.169.254/",
  "\\\\host\\share",
  "C:\\Windows",
  "C:/Windows",
  "\\\\?\\C:\\",
  "/\u202e/dwssap/cte",
  "..\u202e/secret",
  "\u202e..",
  ".. /secret",
  "../ secret",
  " ../secret",
  "\t../secret",
  "..\r/secret",
  "-",
  "--",
  "-rf/..",
  "*",
  "src/*",
  "[a-z].ts",
  "a.ts/x",
  "A.TS",
  "SRC/b.ts",
  "src",
  "."
]

layer(services, { excludeTestServices: true })("Confinement", (it) => {
  it.effect("finds no file outside the checkout by any of more than 150 strings", () =>
    Effect.gen(function*() {
      const { parent, root } = yield* make
      const strings = [
        ...traversals.flatMap((up) => targets.map((target) => up + target)),
        ...absolutes,
        ...absolutes.map((absolute) => `../../../../../../../..${absolute}`),
        ...links,
        ...special,
        ...disguises,
        parent,
        `${parent}/secret`,
        `${root}-other/secret`,
        `${root}/../secret`,
        `${root}/..`,
        `${root}/passwd`,
        `${root}/.git/config`,
        `${root}\0`,
        ""
      ]
      assert.isAbove(new Set(strings).size, 150)
      for (const given of strings) {
        const error = yield* Effect.flip(Confinement.real(root, "file_path", given, "File"))
        assert.strictEqual(error._tag, "ToolError", given)
        assert.notInclude(error.message, "\n", given)
      }
    }))

  it.effect("finds nothing in a directory whose name some file system takes for .git, although it is there", () =>
    Effect.gen(function*() {
      const { root } = yield* make
      for (const name of [...gitNames, ...gitTricks]) {
        for (const given of [name, `${name}/config`, `src/${name}/HEAD`, `${root}/${name}/config`]) {
          const error = yield* Effect.flip(Confinement.real(root, "file_path", given, "Either"))
          assert.include(error.message, "is inside a .git directory", given)
        }
      }
    }))

  it.effect("finds the files of the checkout, by whatever way they are named", () =>
    Effect.gen(function*() {
      const { root } = yield* make
      const accepted: ReadonlyArray<readonly [string, string]> = [
        ["a.ts", "a.ts"],
        ["./a.ts", "a.ts"],
        ["src/../a.ts", "a.ts"],
        ["src//b.ts", "src/b.ts"],
        ["a.ts/.", "a.ts"],
        [`${root}/src/b.ts`, "src/b.ts"],
        ["inside", "src/b.ts"],
        ["hardlink", "hardlink"],
        [".gitignore", ".gitignore"],
        [".github", ".github"],
        ["x.git", "x.git"],
        ["git", "git"],
        ["-rf", "-rf"],
        ["a b", "a b"],
        ["..a", "..a"],
        ["...", "..."],
        ["ü", "ü"]
      ]
      for (const [given, inside] of accepted) {
        const found = yield* Confinement.real(root, "file_path", given, "File")
        assert.deepStrictEqual([found.inside, found.absolute], [inside, `${root}/${inside}`], given)
      }
      assert.strictEqual((yield* Confinement.real(root, "path", ".", "Directory")).inside, "")
    }))

  it.effect("names the field and says what is accepted", () =>
    Effect.gen(function*() {
      const { root } = yield* make
      const message = (given: string) =>
        Effect.map(Effect.flip(Confinement.real(root, "file_path", given, "File")), (error) => error.message)
      assert.strictEqual(
        yield* message("../x"),
        "file_path: \"../x\" is outside the repository. Give a path relative to its root."
      )
      assert.strictEqual(yield* message("nope.ts"), "File not found: nope.ts")
      assert.strictEqual(yield* message("src"), "file_path: \"src\" is a directory. Use Glob to list its files.")
    }))
})
