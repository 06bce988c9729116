import { assert, it } from "@effect/vitest"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import type { FileKind } from "@nominal-code/domain/file/FileKind"
import { countsOf, FileCoverage, missedIn } from "@nominal-code/domain/review/Coverage"

const fileOf = (path: string, seen: FileCoverage["seen"], kind: FileKind = "source") =>
  new FileCoverage({ path: RepoPath.make(path), kind, seen })

it("files that people wrote and that were looked at in part or not at all are missed; generated and named ones are not", () => {
  const files = [
    fileOf("full.ts", "full"),
    fileOf("part.ts", "part"),
    fileOf("none.md", "none", "docs"),
    fileOf("named.png", "name"),
    fileOf("package-lock.json", "none", "generated")
  ]
  assert.deepStrictEqual(missedIn(files).map(({ path }) => String(path)), ["part.ts", "none.md"])
  assert.deepStrictEqual(countsOf(files), {
    full: 1,
    part: 1,
    name: 1,
    none: 2,
    missed: [RepoPath.make("part.ts"), RepoPath.make("none.md")]
  })
})

it("the counts name fifty missed files at most", () => {
  const { missed, none } = countsOf(Array.from({ length: 60 }, (_, at) => fileOf(`src/${at}.ts`, "none")))
  assert.deepStrictEqual([none, missed.length, missed[0]], [60, 50, RepoPath.make("src/0.ts")])
})
