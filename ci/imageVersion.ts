/**
 * Version of our image where a user would run it from: manifests, templates, instructions. `node ci/imageVersion.ts` names
 * the files that have another one than `packages/cli/package.json`; with `--write` it puts that one in.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { argv } from "node:process"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const { version } = JSON.parse(readFileSync(join(root, "packages/cli/package.json"), "utf8"))

const files = [
  ...globSync(["deploy/**/*", "ci/templates/*"], { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => join(parentPath, name)),
  join(root, "SECURITY.md")
]

/** Our image with its tag; in the overlay of a production, that of a registry of its own. */
const image = /(?<=\b(?:ghcr\.io\/gauthierdmn|your-registry\.com)\/nominal-code:)[\w.-]+|(?<=^IMAGE_TAG \?= ).+/gm

const stale = files.filter((file) => {
  const text = readFileSync(file, "utf8")
  const written = text.replaceAll(image, version)
  if (written === text) return false
  if (argv.includes("--write")) writeFileSync(file, written)
  return true
})

if (stale.length > 0 && !argv.includes("--write")) {
  process.stderr.write(
    `${stale.join("\n")}\nName the image by version ${version}: \`node ci/imageVersion.ts --write\`\n`
  )
  process.exitCode = 1
}
