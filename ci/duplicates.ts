/**
 * Check that no two places share ten lines: who mends one of them forgets the other. Imports and blank lines do not
 * count. `node ci/duplicates.ts` lists the pairs.
 */
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))

const least = 10

interface Line {
  readonly number: number
  readonly text: string
}

const importing = /^import\s[^]*?from\s+"[^"]*"(?:\s+with\s*\{[^}]*\})?$/gm

/** Lines of a file that count. */
const linesOf = (file: string): ReadonlyArray<Line> =>
  readFileSync(join(root, file), "utf8")
    .replaceAll(importing, (statement) => statement.replaceAll(/[^\n]/g, ""))
    .split("\n")
    .map((line, index) => ({ number: index + 1, text: line.trim() }))
    .filter(({ text }) => text !== "")

const places = new Map<string, string>()
const pairs: Array<string> = []
for (
  const file of globSync(["packages/*/{src,test}/**/*.ts", "test/**/*.ts", "ci/*.ts", "docs/examples/*.ts"]).sort()
) {
  const lines = linesOf(file)
  // After a pair is found, what it shares beyond ten lines is no other pair.
  let from = 0
  for (const [index, { number }] of lines.entries()) {
    if (index < from || index + least > lines.length) continue
    const shared = lines.slice(index, index + least).map(({ text }) => text).join("\n")
    const first = places.get(shared)
    if (first === undefined) places.set(shared, `${file}:${number}`)
    else {
      pairs.push(`${file}:${number} repeats ${least} lines or more of ${first}`)
      from = index + least
    }
  }
}

if (pairs.length > 0) {
  process.stderr.write(`${pairs.join("\n")}\nGive what they share one home (CONTRIBUTING.md, Style).\n`)
  process.exitCode = 1
}
