/**
 * The API report: every export of the library with its type, as one checked-in file, so that a change of the public
 * API shows in a review. `node ci/apiReport.ts` compares it with the code; with `--write` it brings it up to date.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { argv } from "node:process"
import { writeDeclarations } from "./declarations.ts"

const file = new URL("../docs/api.d.ts", import.meta.url)

/** The report as the code is now. */
const report = async (): Promise<string> => {
  const directory = mkdtempSync(join(tmpdir(), "nominal-api-"))
  try {
    await writeDeclarations(directory)
    return readFileSync(join(directory, "index.d.ts"), "utf8").replace(/\/\/# sourceMappingURL=.*\n?$/, "")
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The types that exported ones name and that are not exported: whoever implements a service could not write them. */
const unexported = (types: string): ReadonlyArray<string> => {
  const namesIn = (list: string) => list.split(",").map((name) => /^(?:type )?([\w$]+)/.exec(name.trim())?.[1] ?? "")
  const lists = Array.from(types.matchAll(/^ *export \{([^}]+)\}/gm), ([, list = ""]) => namesIn(list)).flat()
  const marked = Array.from(types.matchAll(/^export (?:declare )?\w+ ([\w$]+)/gm), ([, name = ""]) => name)
  const exported = new Set([...lists, ...marked])
  return Array.from(types.matchAll(/^(?:declare )?(?:class|type|interface) ([\w$]+)/gm), ([, name = ""]) => name)
    .filter((name) => !exported.has(name))
}

const now = await report()
const missing = unexported(now)
if (missing.length > 0) {
  process.stderr.write(`packages/cli/src/index.ts has to export what its exports name: ${missing.join(", ")}\n`)
  process.exitCode = 1
}
if (argv.includes("--write")) {
  writeFileSync(file, now)
} else if (readFileSync(file, "utf8") !== now) {
  process.stderr.write("docs/api.d.ts is not the library's API any more: run `make api` and read its difference\n")
  process.exitCode = 1
}
