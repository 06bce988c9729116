/** Names each package of the lockfiles that is not fixed by a hash, or comes from another place than the registry. */
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

interface LockedPackage {
  readonly version?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly inBundle?: boolean
  readonly resolved?: string
}

/** Packages by their folders. */
export interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

const isHash = (text = ""): boolean => /^sha512-[A-Za-z0-9+/]{86}==$/.test(text)

/** Folders of the packages that are not fixed. Our own packages are folders, and links to them. */
export const loose = ({ packages }: Lockfile): ReadonlyArray<string> =>
  Object.entries(packages).flatMap(([path, { inBundle, integrity, link, resolved }]) => {
    if (link === true || !path.includes("node_modules/")) return []
    return resolved === undefined && (inBundle === true || isHash(integrity)) ? [] : [path]
  })

const read = (file: string): Lockfile => JSON.parse(readFileSync(file, "utf8"))

if (import.meta.main) {
  const root = fileURLToPath(new URL("..", import.meta.url))
  const files = globSync(["package-lock.json", "ci/tools/*/package-lock.json"], { cwd: root })
  const named = files.flatMap((file) => loose(read(join(root, file))).map((path) => `${file}: ${path}`))
  if (named.length > 0) {
    process.stderr.write(
      `${named.join("\n")}\nhas no SHA-512, or an address of its own: lock a version that has one for every platform\n`
    )
    process.exitCode = 1
  }
}
