/**
 * Check of the doc comments: the first sentence says what the thing is, so it does not begin with a word that asks.
 * `node ci/docComments.ts` lists those that do.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))

/** A doc comment or a module's comment at the start of a line, up to and with its first word. */
const asking = /^[ \t]*\/\*\*?(?:[ \t]*\n[ \t]*\*)?[ \t]*(What|Whether|How|Which|Who|Whose|Where|When|Why)\b.*/gm

const sources = ["packages", "test", "ci"].flatMap((directory) =>
  readdirSync(join(root, directory), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.includes("node_modules"))
    .map((path) => `${directory}/${path}`)
)

const found = sources.toSorted().flatMap((path) => {
  const text = readFileSync(join(root, path), "utf8")
  return [...text.matchAll(asking)].map(({ 0: comment, index }) =>
    `${path}:${text.slice(0, index).split("\n").length}: ${comment.split("\n").at(-1)?.trim()}`
  )
})

if (found.length > 0) {
  process.stderr.write(
    `${found.join("\n")}\nA doc comment begins with what the thing is, not with a question (CONTRIBUTING.md, Style).\n`
  )
  process.exitCode = 1
}
