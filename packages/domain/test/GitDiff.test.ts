import { assert, it } from "@effect/vitest"
import { parseGitDiff } from "@nominal-code/domain/diff/GitDiff"
import { Effect, Schema } from "effect"
import { type RawChange, Seed, steps } from "./GitHistory.ts"

const statusOf = ({ sameContent, status }: RawChange): string => {
  const names: Record<string, string> = { A: "added", D: "removed", R: "renamed", C: "copied", T: "changed" }
  return names[status] ?? (sameContent ? "changed" : "modified")
}

it.effect.prop("says of every file what git says of it, in git's order", [Seed], ([seed]) =>
  Effect.gen(function*() {
    for (const { diff, rawChanges } of yield* steps(seed)) {
      assert.deepStrictEqual(
        parseGitDiff(diff()).map(({ path, previousPath, status }) => ({ path, previousPath, status })),
        rawChanges().map((change) => ({
          path: change.path,
          previousPath: change.previousPath,
          status: statusOf(change)
        }))
      )
    }
  }), { arbitrary: { runs: 6, maxShrinks: 0 } })

it.effect.prop("never throws, whatever the text", [Schema.Array(Schema.Literals([
  "diff --git a/x b/x",
  "diff --git \"a/x",
  "diff --git ",
  "diff --git a/../x b/../x",
  "--- a/",
  "+++ ",
  "+++ \"b/\\",
  "@@ -1,9 +1,9 @@",
  "@@ -0,0 +1 @@",
  "rename from /etc/passwd",
  "rename to ",
  "+x",
  "-x",
  "\\ No newline at end of file",
  "GIT binary patch",
  ""
]))], ([lines]) =>
  Effect.sync(() => {
    for (const { path } of parseGitDiff(lines.join("\n"))) assert.notInclude(path, "..")
  }))

const parsed = (...lines: ReadonlyArray<string>): ReadonlyArray<object> =>
  parseGitDiff(lines.join("\n")).map((file) => ({ ...file }))

it("reads an added, a removed and an edited file", () => {
  assert.deepStrictEqual(
    parsed(
      "diff --git a/new.ts b/new.ts",
      "new file mode 100644",
      "index 0000000..1111111",
      "--- /dev/null",
      "+++ b/new.ts",
      "@@ -0,0 +1 @@",
      "+one",
      "diff --git a/old.ts b/old.ts",
      "deleted file mode 100644",
      "index 1111111..0000000",
      "--- a/old.ts",
      "+++ /dev/null",
      "@@ -1 +0,0 @@",
      "-one",
      "\\ No newline at end of file",
      "diff --git a/x.ts b/x.ts",
      "index 1111111..2222222 100644",
      "--- a/x.ts",
      "+++ b/x.ts",
      "@@ -1,2 +1,2 @@ function x() {",
      " same\r",
      "-two\r",
      "+2\r",
      ""
    ),
    [
      { path: "new.ts", status: "added", patch: "@@ -0,0 +1 @@\n+one" },
      { path: "old.ts", status: "removed", patch: "@@ -1 +0,0 @@\n-one\n\\ No newline at end of file" },
      { path: "x.ts", status: "modified", patch: "@@ -1,2 +1,2 @@ function x() {\n same\r\n-two\r\n+2\r" }
    ]
  )
})

it("takes no line of a file for a header", () => {
  const patch = [
    "@@ -1,4 +1,4 @@",
    "--- a/other.ts",
    "-diff --git a/other.ts b/other.ts",
    "+++ b/other.ts",
    "+@@ -1 +1 @@",
    " rename to other.ts",
    " @@ -7 +7 @@"
  ]
  assert.deepStrictEqual(
    parsed(
      "diff --git a/x.patch b/x.patch",
      "index 1111111..2222222 100644",
      "--- a/x.patch",
      "+++ b/x.patch",
      ...patch,
      ""
    ),
    [{ path: "x.patch", status: "modified", patch: patch.join("\n") }]
  )
})

it("has no patch for binary files, mode changes, submodules and empty files", () => {
  assert.deepStrictEqual(
    parsed(
      "diff --git a/my logo.png b/my logo.png",
      "index 1111111..2222222 100644",
      "Binary files a/my logo.png and b/my logo.png differ",
      "diff --git a/data.bin b/data.bin",
      "new file mode 100644",
      "index 0000000..1111111",
      "GIT binary patch",
      "literal 3",
      "KcmZQzWMT#Y01f~L",
      "",
      "literal 0",
      "HcmV?d00001",
      "",
      "diff --git a/run me.sh b/run me.sh",
      "old mode 100644",
      "new mode 100755",
      "diff --git a/vendor/lib b/vendor/lib",
      "index 1111111..2222222 160000",
      "--- a/vendor/lib",
      "+++ b/vendor/lib",
      "@@ -1 +1 @@",
      "-Subproject commit 1111111111111111111111111111111111111111",
      "+Subproject commit 2222222222222222222222222222222222222222",
      "diff --git a/empty b/empty",
      "new file mode 100644",
      "index 0000000..e69de29"
    ),
    [
      { path: "my logo.png", status: "modified" },
      { path: "data.bin", status: "added" },
      { path: "run me.sh", status: "changed" },
      { path: "vendor/lib", status: "modified" },
      { path: "empty", status: "added" }
    ]
  )
})

it("follows renames and copies, quoted or with spaces", () => {
  assert.deepStrictEqual(
    parsed(
      "diff --git \"a/a/\\303\\251.txt\" b/plain name.txt",
      "similarity index 100%",
      "rename from \"a/\\303\\251.txt\"",
      "rename to plain name.txt",
      "diff --git a/one.ts b/two.ts",
      "similarity index 90%",
      "copy from one.ts",
      "copy to two.ts",
      "index 1111111..2222222 100644",
      "--- a/one.ts",
      "+++ b/two.ts",
      "@@ -1 +1 @@",
      "-a",
      "+b"
    ),
    [
      { path: "plain name.txt", previousPath: "a/é.txt", status: "renamed" },
      { path: "two.ts", previousPath: "one.ts", status: "copied", patch: "@@ -1 +1 @@\n-a\n+b" }
    ]
  )
})

it("makes one file of a path that became something else", () => {
  assert.deepStrictEqual(
    parsed(
      "diff --git a/link b/link",
      "deleted file mode 120000",
      "index 1111111..0000000",
      "--- a/link",
      "+++ /dev/null",
      "@@ -1 +0,0 @@",
      "-target",
      "\\ No newline at end of file",
      "diff --git a/link b/link",
      "new file mode 100644",
      "index 0000000..2222222",
      "--- /dev/null",
      "+++ b/link",
      "@@ -0,0 +1 @@",
      "+text"
    ),
    [{
      path: "link",
      status: "changed",
      patch: "@@ -1 +0,0 @@\n-target\n\\ No newline at end of file\n@@ -0,0 +1 @@\n+text"
    }]
  )
})

it("keeps apart 3,000 files", () => {
  const one = (number: number) =>
    `diff --git a/f${number} b/f${number}\nindex 1..2 100644\n--- a/f${number}\n+++ b/f${number}\n@@ -1 +1 @@\n-a\n+b\n`
  const files = parseGitDiff(Array.from({ length: 3000 }, (_, number) => one(number)).join(""))
  assert.strictEqual(files.length, 3000)
  assert.strictEqual(files[2999]?.path, "f2999")
})
