import { assert, layer } from "@effect/vitest"
import { rgPath } from "@vscode/ripgrep"
import { Context, Effect, FileSystem, Layer, Schema } from "effect"
import { spawnSync } from "node:child_process"
import { services } from "./Fixture.ts"
import { over } from "./ReadingFixture.ts"

/** Files with every kind of line end, and none at the last line. */
const files = {
  "a.ts": "ab a\nba\n\nA2 (b)\n22 a.b\nlast",
  "src/b.ts": "ab\r\n\r\nb a\r\naab\r\n",
  "src/deep/c.js": "é a\n界b\n  ab\t2\n-a- \n",
  "empty.ts": "",
  "lines.ts": "\n\n\na\n",
  ".hidden/d.md": "a_b ab_ 2a\nbbb\n",
  "b c.txt": "aaaa\na-a\nA\n"
}

/** The files as the tool reads them, and as ripgrep does on a disk. */
class BothSearches extends Context.Service<BothSearches, {
  readonly grep: (input: object) => Effect.Effect<ReadonlyArray<string>, unknown>
  readonly onDisk: (pattern: string) => { readonly fails: boolean; readonly lines: ReadonlyArray<string> }
}>()("nominal-code/workspace/test/Both") {}

const layerBoth = Layer.effect(
  BothSearches,
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "grep-test-" })
    for (const [file, text] of Object.entries(files)) {
      yield* fs.makeDirectory(`${directory}/${file}`.replace(/\/[^/]*$/, ""), { recursive: true })
      yield* fs.writeFileString(`${directory}/${file}`, text)
    }
    const { tool } = yield* over(files)
    const usual = [
      "--no-config",
      "--hidden",
      "--no-ignore",
      "--line-number",
      "--with-filename",
      "--crlf",
      "--color=never"
    ]
    return BothSearches.of({
      grep: (input) =>
        Effect.map(
          tool("Grep", input),
          (text) => text.startsWith("No matches found") ? [] : text.split("\n").toSorted()
        ),
      onDisk: (pattern) => {
        const { status, stdout } = spawnSync(rgPath, [...usual, "-e", pattern, "."], {
          cwd: directory,
          encoding: "utf8"
        })
        const lines = stdout.split("\n").filter((line) => line !== "")
        return {
          fails: status === 2,
          lines: lines.map((line) => line.replace(/^\.\//, "").replace(/\r$/, "")).toSorted()
        }
      }
    })
  })
)

const part = Schema.Literals([
  ..."abA2.^$*+?()|[]-é界 ",
  "\\b",
  "\\w",
  "\\d{2}",
  "[ab]",
  "[^a]",
  "(a|b)",
  "(?i)",
  "\\s",
  "^$",
  "\\.",
  "x{0}",
  "\\r",
  "\\p{Greek}"
])

layer(Layer.provideMerge(layerBoth, services), { excludeTestServices: true })("Grep beside ripgrep", (it) => {
  it.effect.prop(
    "finds the same lines of the same files, whatever is searched for",
    [Schema.Array(part).check(Schema.isMinLength(1), Schema.isMaxLength(5))],
    ([parts]) =>
      Effect.gen(function*() {
        const pattern = parts.join("")
        const { grep, onDisk } = yield* BothSearches
        const { fails, lines } = onDisk(pattern)
        if (fails) return assert.match(String(yield* Effect.flip(grep({ pattern }))), /grep error/, pattern)
        assert.deepStrictEqual(yield* grep({ pattern }), lines, pattern)
      }),
    { arbitrary: { runs: 60 } }
  )
})
