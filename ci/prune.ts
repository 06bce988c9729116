/**
 * Deletes what some packages bring and nothing of ours reads: a fifth of what `npm ci` writes. `make install` runs it. The
 * packages may hold them in a later version, too: what is not there is not missed.
 */
import { globSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const modules = fileURLToPath(new URL("../node_modules", import.meta.url))
const { version } = JSON.parse(readFileSync(join(modules, "typescript/package.json"), "utf8"))

const unread = [
  // C headers of Node, for add-ons.
  "node-*/include",
  // Linters, and compilers for other versions of TypeScript than the one that `effect-tsgo` chooses.
  "@effect/tsgo-*/artifacts/oxlint*",
  "@effect/tsgo-*/artifacts/typescript/*",
  "@effect/tsgo-*/lib/tsc",
  // ripgrep for other systems.
  "@anthropic-ai/claude-code/vendor/ripgrep/*-{darwin,linux,win32}",
  // Images for Claude Code, which gets none; add-ons for another runtime than Node.
  "@img/sharp-*",
  "bare-*/prebuilds"
]

/** Parts of the above that are read. */
const read = [
  join("artifacts/typescript", version),
  join("vendor/ripgrep", `${process.arch}-${process.platform}`)
]

for (const found of globSync(unread, { cwd: modules })) {
  if (!read.some((part) => found.endsWith(part))) rmSync(join(modules, found), { recursive: true, force: true })
}
