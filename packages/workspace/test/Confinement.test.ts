import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Confinement from "../src/Confinement.ts"
import { services } from "./Fixture.ts"
import { over } from "./ReadingFixture.ts"

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

const names = [
  ".gitignore",
  ".github/x",
  "a.ts",
  "src/b.ts",
  "src/deep/c.ts",
  "git",
  "x.git",
  "-rf",
  "a b",
  "..a",
  "...",
  "ü"
]

const links = {
  passwd: { link: "/etc/passwd" },
  slash: { link: "/" },
  up: { link: ".." },
  "src/relative": { link: "../secret" },
  self: { link: "/proc/self" },
  innocent: { link: ".git/config" },
  loop: { link: "loop" },
  inside: { link: "src/b.ts" }
}

const make = Effect.gen(function*() {
  const { reading } = yield* over({ ...Object.fromEntries(names.map((name) => [name, "text"])), ...links })
  return reading
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
const throughLinks = [
  "passwd/x",
  "slash/etc/passwd",
  "slash/proc/self/environ",
  "up/secret",
  "self/environ",
  "self/root/etc/passwd",
  "loop/loop",
  "src/deep/../../slash/etc/passwd"
]
const special = ["\0", "a.ts\0", "a.ts\0.png", "../\0", "\0/etc/passwd", "\ud800", "a\udfffb", "x".repeat(5000)]
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
  it.effect("finds nothing but files of the commit by any of more than 150 strings", () =>
    Effect.gen(function*() {
      const reading = yield* make
      const strings = [
        ...traversals.flatMap((up) => targets.map((target) => up + target)),
        ...absolutes,
        ...absolutes.map((absolute) => `../../../../../../../..${absolute}`),
        ...throughLinks,
        ...special,
        ...disguises,
        ...gitNames,
        ...gitTricks.map((name) => `src/${name}/HEAD`),
        ""
      ]
      assert.isAbove(new Set(strings).size, 150)
      for (const given of strings) {
        const error = yield* Effect.flip(Confinement.locate(reading, "file_path", given, "File"))
        assert.strictEqual(error._tag, "ToolError", given)
        assert.notInclude(error.message, "\n", given)
      }
    }))

  it.effect("takes no name for a file that some file system takes for .git", () =>
    Effect.gen(function*() {
      for (const name of [...gitNames, ...gitTricks]) {
        for (const given of [name, `${name}/config`, `src/${name}/HEAD`]) {
          const error = yield* Effect.flip(Confinement.relative("file_path", given))
          assert.include(error.message, "is inside a .git directory", given)
        }
      }
    }))

  it.effect("finds the files of the commit, by whatever way they are named, and a link as the file that it is", () =>
    Effect.gen(function*() {
      const reading = yield* make
      const accepted: ReadonlyArray<readonly [string, string]> = [
        ...names.map((name) => [name, name] as const),
        ...Object.keys(links).map((name) => [name, name] as const),
        ["./a.ts", "a.ts"],
        ["src/../a.ts", "a.ts"],
        ["src//b.ts", "src/b.ts"],
        ["a.ts/.", "a.ts"]
      ]
      for (const [given, inside] of accepted) {
        const found = yield* Confinement.locate(reading, "file_path", given, "File")
        assert.strictEqual(found.inside, inside, given)
      }
      for (const root of [".", "./", "src/..", ""]) {
        assert.strictEqual((yield* Confinement.locate(reading, "path", root, "Directory")).inside, "", root)
      }
    }))

  it.effect("names the field and says what is accepted", () =>
    Effect.gen(function*() {
      const reading = yield* make
      const message = (given: string) =>
        Effect.map(Effect.flip(Confinement.locate(reading, "file_path", given, "File")), (error) => error.message)
      assert.strictEqual(
        yield* message("../x"),
        "file_path: \"../x\" is outside the repository. Give a path relative to its root."
      )
      assert.strictEqual(yield* message("nope.ts"), "File not found: nope.ts")
      assert.strictEqual(yield* message("src"), "file_path: \"src\" is a directory. Use Glob to list its files.")
    }))
})
