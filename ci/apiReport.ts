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

const now = await report()
if (argv.includes("--write")) {
  writeFileSync(file, now)
} else if (readFileSync(file, "utf8") !== now) {
  process.stderr.write("docs/api.d.ts is not the library's API any more: run `make api` and read its difference\n")
  process.exitCode = 1
}
